-- name: get_retention_analytics
WITH risks AS (
    SELECT
        risk_level,
        count(*) AS customers,
        sum(churn_probability) AS churn_probability
    FROM churn_predictions
    WHERE run_id = :run_id
    GROUP BY risk_level
),

segments AS (
    SELECT
        segment,
        count(*) AS customers,
        sum(engagement_score) AS engagement_score
    FROM user_engagement_profiles
    WHERE run_id = :run_id
    GROUP BY segment
),

at_risk AS (
    SELECT
        exact_sum(value_at_risk) AS amount,
        min(value_at_risk_currency) AS currency,
        max(value_at_risk_currency) AS other_currency
    FROM churn_predictions
    WHERE run_id = :run_id AND risk_level = 'high'
)

SELECT
    at_risk.amount,
    at_risk.currency,
    at_risk.other_currency,
    :run_id AS run_id,
    (
        SELECT json_group_object(risks.risk_level, risks.customers) FROM risks
    ) AS by_risk_level,
    (
        SELECT json_group_object(segments.segment, segments.customers) FROM segments
    ) AS by_segment,
    (
        SELECT sum(risks.churn_probability) / sum(risks.customers) FROM risks
    ) AS average_churn_probability,
    (
        SELECT cast(sum(segments.engagement_score) AS REAL) / sum(segments.customers)
        FROM segments
    ) AS average_engagement_score
FROM at_risk;
