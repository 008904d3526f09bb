"""Statements about digests of submissions in quarantine."""

from succotash.infrastructure.postgres.sql.submissions import SUBMISSION

# Whoever comes second waits for the row and finds that it reaches as far.
OPEN_DIGESTS = """
WITH due AS (
    SELECT form_id
    FROM forms
    WHERE digest
        AND notify <> '[]'
        AND NOT EXISTS (
            SELECT
            FROM quarantine_digests AS made
            WHERE made.form_id = forms.form_id AND made.until >= CAST(:until AS timestamptz)
        )
),
opened AS (
    INSERT INTO quarantine_digests AS former (form_id, until)
    SELECT form_id, CAST(:until AS timestamptz)
    FROM due
    ORDER BY form_id
    ON CONFLICT (form_id) DO UPDATE SET since = former.until, until = excluded.until
    WHERE former.until < excluded.until
    RETURNING form_id, since, until
),
counted AS (
    SELECT
        form_id, since, until,
        (
            SELECT count(*)
            FROM form_submissions AS held
            WHERE held.form_id = opened.form_id
                AND state = 'quarantined'
                AND coalesce(waited_until, submitted_at) >= coalesce(since, '-infinity')
                AND coalesce(waited_until, submitted_at) < until
        ) AS held
    FROM opened
)
SELECT form_id, since, until, held
FROM counted
WHERE held > 0
ORDER BY form_id
"""
GET_QUARANTINED = f"""
{SUBMISSION}
WHERE form_id = :form_id
    AND state = 'quarantined'
    AND coalesce(waited_until, submitted_at)
        >= coalesce(CAST(:since AS timestamptz), '-infinity')
    AND coalesce(waited_until, submitted_at) < CAST(:until AS timestamptz)
ORDER BY coalesce(waited_until, submitted_at) DESC, submission_id DESC
LIMIT CAST(:limit AS bigint)
"""
