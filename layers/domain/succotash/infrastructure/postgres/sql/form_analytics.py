"""Statements that count submissions and leads."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

# Leads first seen in the range, of one source and of one form where these are asked for.
IS_NEW_LEAD = """
    first_submission_at >= coalesce(CAST(:start AS timestamptz), '-infinity')
        AND first_submission_at < coalesce(CAST(:end AS timestamptz), 'infinity')
        AND (CAST(:source AS text) IS NULL OR source = :source)
        AND (
            CAST(:form_id AS text) IS NULL
            OR EXISTS (
                SELECT
                FROM form_submissions AS own
                WHERE own.lead_id = leads.lead_id AND own.form_id = :form_id
            )
        )
"""
FORM_ANALYTICS = f"""
WITH submitted AS (
    SELECT state, source, form_id, count(*) AS n
    FROM form_submissions
    WHERE submitted_at >= coalesce(CAST(:start AS timestamptz), '-infinity')
        AND submitted_at < coalesce(CAST(:end AS timestamptz), 'infinity')
        AND (CAST(:form_id AS text) IS NULL OR form_id = :form_id)
        AND (CAST(:source AS text) IS NULL OR source = :source)
    GROUP BY state, source, form_id
),
found AS (
    SELECT status, score.total, coalesce(score.is_hot, false) AS is_hot
    FROM leads LEFT JOIN lead_scores AS score USING (lead_id)
    WHERE {IS_NEW_LEAD}
)
SELECT
    (SELECT jsonb_object_agg(state, n) FROM (
        SELECT state, sum(n) AS n FROM submitted GROUP BY state) AS by_state),
    (SELECT jsonb_object_agg(source, n) FROM (
        SELECT source, sum(n) AS n FROM submitted GROUP BY source) AS by_source),
    (SELECT jsonb_object_agg(form_id, n) FROM (
        SELECT form_id, sum(n) AS n FROM submitted GROUP BY form_id) AS by_form),
    (SELECT jsonb_object_agg(status, n) FROM (
        SELECT status, count(*) AS n FROM found GROUP BY status) AS by_status),
    (SELECT count(*) FROM found WHERE is_hot),
    (SELECT CAST(avg(total) AS double precision) FROM found)
"""

CONVERSION_FUNNEL = f"""
WITH found AS (
    SELECT lead_id, status
    FROM leads
    WHERE {IS_NEW_LEAD}
),
furthest AS (
    SELECT max(array_position(CAST(:stages AS text[]), change.status)) AS stage
    FROM found JOIN lead_status_changes AS change USING (lead_id)
    GROUP BY lead_id
)
SELECT
    stage,
    (SELECT count(*) FROM furthest WHERE furthest.stage >= stages.stage),
    (SELECT count(*) FROM found WHERE status = 'closed_lost')
FROM generate_series(1, cardinality(CAST(:stages AS text[]))) AS stages (stage)
ORDER BY stage
"""
