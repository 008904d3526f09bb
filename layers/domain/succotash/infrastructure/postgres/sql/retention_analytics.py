"""Statements about where all customers of a run stand."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.infrastructure.postgres.sql.runs import CURRENT_RUN

RETENTION_ANALYTICS = f"""
WITH run AS MATERIALIZED (
    SELECT coalesce(CAST(:run_id AS text), {CURRENT_RUN}) COLLATE "C" AS run_id
),
risks AS (
    SELECT risk_level, count(*) AS customers, sum(churn_probability) AS chances
    FROM churn_predictions
    WHERE run_id = (SELECT run_id FROM run)
    GROUP BY risk_level
),
segments AS (
    SELECT segment, count(*) AS customers, sum(engagement_score) AS engagement
    FROM user_engagement_profiles
    WHERE run_id = (SELECT run_id FROM run)
    GROUP BY segment
),
at_risk AS (
    SELECT sum(residual_value) AS amount, min(currency) AS currency, max(currency) AS other
    FROM churn_predictions JOIN customer_ltv USING (run_id, customer_id)
    WHERE run_id = (SELECT run_id FROM run) AND risk_level = 'high'
)
SELECT
    (SELECT run_id FROM run),
    (SELECT jsonb_object_agg(risk_level, customers) FROM risks),
    (SELECT jsonb_object_agg(segment, customers) FROM segments),
    (SELECT sum(chances) / sum(customers) FROM risks),
    (SELECT CAST(sum(engagement) / sum(customers) AS double precision) FROM segments),
    amount, currency, other
FROM at_risk
"""
