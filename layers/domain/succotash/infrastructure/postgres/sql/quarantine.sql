-- name: open_digests
-- A second one waits for the row and finds that it reaches as far.
WITH due AS (
    SELECT form_id
    FROM forms
    WHERE
        digest
        AND notify <> '[]'
        AND NOT EXISTS (
            SELECT
            FROM quarantine_digests AS made
            WHERE made.form_id = forms.form_id AND made.until >= cast(:until AS timestamptz)
        )
),

opened AS (
    INSERT INTO quarantine_digests AS former (form_id, until)
    SELECT
        form_id,
        cast(:until AS timestamptz) AS until
    FROM due
    ORDER BY form_id
    ON CONFLICT (form_id) DO UPDATE SET since = former.until, until = excluded.until
    WHERE former.until < excluded.until
    RETURNING form_id, since, until
),

counted AS (
    SELECT
        form_id,
        since,
        until,
        (
            SELECT count(*)
            FROM form_submissions AS held
            WHERE
                held.form_id = opened.form_id
                AND held.state = 'quarantined'
                AND coalesce(held.waited_until, held.submitted_at)
                >= coalesce(opened.since, '-infinity')
                AND coalesce(held.waited_until, held.submitted_at) < opened.until
        ) AS held
    FROM opened
)

SELECT
    form_id,
    since,
    until,
    held
FROM counted
WHERE held > 0
ORDER BY form_id;

-- name: get_quarantined
${submission}
WHERE
    form_id = :form_id
    AND state = 'quarantined'
    AND coalesce(waited_until, submitted_at)
    >= coalesce(cast(:since AS timestamptz), '-infinity')
    AND coalesce(waited_until, submitted_at) < cast(:until AS timestamptz)
ORDER BY coalesce(waited_until, submitted_at) DESC, submission_id DESC
LIMIT cast(:limit AS bigint);

-- name: end_challenges
WITH waiting AS MATERIALIZED (
    SELECT submission_id
    FROM form_submissions
    WHERE
        state = 'quarantined'
        AND spam_reasons = cast(:awaiting AS jsonb)
        AND coalesce(waited_until, submitted_at) < cast(:before AS timestamptz)
    ORDER BY coalesce(waited_until, submitted_at), submission_id
    LIMIT cast(:limit AS bigint)
    FOR UPDATE SKIP LOCKED
),

ended AS (
    UPDATE form_submissions
    SET spam_reasons = cast(:unchecked AS jsonb)
    FROM waiting
    WHERE form_submissions.submission_id = waiting.submission_id
    RETURNING form_submissions.*
)

SELECT
    submission_id,
    form_id,
    answers,
    submitted_at,
    fingerprint,
    attribution,
    source,
    canonical_email,
    lead_id,
    user_agent,
    state,
    duplicate_of,
    spam_reasons,
    text_digest,
    consent,
    waited_until,
    host(ip_address) AS ip_address
FROM ended
ORDER BY coalesce(waited_until, submitted_at), submission_id;
