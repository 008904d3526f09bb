"""Statements about leads as a whole: scores, histories, days, exports."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.infrastructure.postgres.sql.form_analytics import IS_NEW_LEAD
from succotash.infrastructure.postgres.sql.lead_records import LEAD, SCORED_LEAD
from succotash.infrastructure.postgres.sql.submissions import SUBMISSION

LOCK_LEADS_TO_SCORE = f"""
{LEAD}
WHERE lead_id > CAST(:after AS text)
    AND NOT EXISTS (
        SELECT
        FROM lead_scores AS score
        WHERE score.lead_id = leads.lead_id
            AND score.rules_version = CAST(:rules_version AS integer)
            AND score.scored_at >= CAST(:as_of AS timestamptz)
    )
ORDER BY lead_id
LIMIT CAST(:limit AS bigint)
FOR NO KEY UPDATE
"""

LEAD_IS_THERE = "SELECT lead_id FROM leads WHERE lead_id = :lead_id"
STATUS_CHANGES_OF_LEAD = """
SELECT status, changed_at
FROM lead_status_changes
WHERE lead_id = :lead_id
ORDER BY change_id
"""
SUBMISSIONS_OF_LEAD = f"""
{SUBMISSION}
WHERE lead_id = :lead_id
ORDER BY submitted_at DESC, submission_id DESC
LIMIT CAST(:limit AS bigint)
"""

DAILY_COUNTS = f"""
WITH submitted AS (
    SELECT
        CAST(submitted_at AT TIME ZONE CAST(:time_zone AS text) AS date) AS day,
        count(*) AS n,
        count(*) FILTER (WHERE state = 'accepted') AS accepted
    FROM form_submissions
    WHERE submitted_at >= CAST(:start AS timestamptz)
        AND submitted_at < CAST(:end AS timestamptz)
        AND (CAST(:form_id AS text) IS NULL OR form_id = :form_id)
        AND (CAST(:source AS text) IS NULL OR source = :source)
    GROUP BY day
),
found AS (
    SELECT
        CAST(first_submission_at AT TIME ZONE CAST(:time_zone AS text) AS date) AS day,
        count(*) AS n
    FROM leads
    WHERE {IS_NEW_LEAD}
    GROUP BY day
)
SELECT
    day, coalesce(submitted.n, 0), coalesce(submitted.accepted, 0), coalesce(found.n, 0)
FROM submitted FULL JOIN found USING (day)
ORDER BY day
"""

LEADS_BY_ID = f"""
{SCORED_LEAD}
WHERE lead_id > CAST(:after AS text)
    AND (CAST(:status AS text) IS NULL OR status = :status)
    AND (CAST(:source AS text) IS NULL OR source = :source)
    AND (CAST(:min_score AS integer) IS NULL OR total >= CAST(:min_score AS integer))
ORDER BY lead_id
LIMIT CAST(:limit AS bigint)
"""
SUBMISSIONS_BY_TIME = f"""
{SUBMISSION}
WHERE form_id = :form_id
    AND (CAST(:state AS text) IS NULL OR state = :state)
    AND submitted_at >= coalesce(CAST(:start AS timestamptz), '-infinity')
    AND submitted_at < coalesce(CAST(:end AS timestamptz), 'infinity')
    AND (submitted_at, submission_id) > (CAST(:moment AS timestamptz), CAST(:id AS text))
ORDER BY submitted_at, submission_id
LIMIT CAST(:limit AS bigint)
"""
ANSWER_NAMES = """
SELECT DISTINCT name COLLATE "C" AS name
FROM form_submissions CROSS JOIN jsonb_object_keys(answers) AS name
WHERE form_id = :form_id
ORDER BY name
LIMIT CAST(:limit AS bigint)
"""
