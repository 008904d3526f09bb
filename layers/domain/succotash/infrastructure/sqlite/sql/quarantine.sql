-- name: open_digests
INSERT INTO quarantine_digests (form_id, until)
SELECT
    form_id,
    :until AS until
FROM forms
WHERE digest = 1 AND notify <> '[]'
ON CONFLICT (form_id) DO UPDATE SET since = until, until = excluded.until
WHERE until < excluded.until
RETURNING form_id, since, until;

-- part: held
form_id = :form_id
AND state = 'quarantined'
AND (:since IS NULL OR coalesce(waited_until, submitted_at) >= :since)
AND coalesce(waited_until, submitted_at) < :until

-- name: count_quarantined
SELECT
    :form_id AS form_id,
    :since AS since,
    :until AS until,
    count(*) AS held
FROM form_submissions
WHERE ${held};

-- name: get_quarantined
${submission}
WHERE ${held}
ORDER BY coalesce(waited_until, submitted_at) DESC, submission_id DESC
LIMIT :limit;
