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

-- name: count_digest
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

-- name: end_challenges
UPDATE form_submissions SET spam_reasons = :unchecked
WHERE submission_id IN (
    SELECT waiting.submission_id
    FROM form_submissions AS waiting
    WHERE
        waiting.state = 'quarantined'
        AND waiting.spam_reasons = :awaiting
        AND coalesce(waiting.waited_until, waiting.submitted_at) < :before
    ORDER BY coalesce(waiting.waited_until, waiting.submitted_at), waiting.submission_id
    LIMIT :limit
)
RETURNING
    submission_id,
    form_id,
    answers,
    submitted_at,
    fingerprint,
    attribution,
    source,
    canonical_email,
    lead_id,
    ip_address,
    user_agent,
    state,
    duplicate_of,
    spam_reasons,
    text_digest,
    consent,
    waited_until;
