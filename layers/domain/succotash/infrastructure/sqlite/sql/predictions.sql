-- name: delete_predictions
DELETE FROM churn_predictions
WHERE run_id = :run_id AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard);

-- name: save_prediction
INSERT INTO churn_predictions (
    run_id,
    customer_id,
    churn_probability,
    probability_alive,
    risk_level,
    risk_score,
    horizon_days,
    last_seen_on,
    predicted_churn_date,
    reasons,
    engagement_score,
    likely_inactive_since,
    return_probability,
    value_at_risk,
    value_at_risk_currency
)
VALUES (
    :run_id,
    :customer_id,
    :churn_probability,
    :probability_alive,
    :risk_level,
    :risk_score,
    :horizon_days,
    :last_seen_on,
    :predicted_churn_date,
    :reasons,
    :engagement_score,
    :likely_inactive_since,
    :return_probability,
    :value_at_risk,
    :currency
)
ON CONFLICT (run_id, customer_id) DO UPDATE SET
    churn_probability = excluded.churn_probability,
    probability_alive = excluded.probability_alive,
    risk_level = excluded.risk_level,
    risk_score = excluded.risk_score,
    horizon_days = excluded.horizon_days,
    last_seen_on = excluded.last_seen_on,
    predicted_churn_date = excluded.predicted_churn_date,
    reasons = excluded.reasons,
    engagement_score = excluded.engagement_score,
    likely_inactive_since = excluded.likely_inactive_since,
    return_probability = excluded.return_probability,
    value_at_risk = excluded.value_at_risk,
    value_at_risk_currency = excluded.value_at_risk_currency;

-- part: prediction
SELECT
    customer_id,
    churn_probability,
    probability_alive,
    risk_level,
    risk_score,
    horizon_days,
    last_seen_on,
    predicted_churn_date,
    reasons,
    engagement_score,
    likely_inactive_since,
    return_probability,
    value_at_risk,
    value_at_risk_currency,
    run_id
FROM churn_predictions

-- name: get_prediction
${prediction}
WHERE run_id = ${current_run} AND customer_id = ${meant};

-- name: find_predictions
${prediction}
WHERE
    run_id = ${current_run}
    AND (:risk IS NULL OR risk_level = :risk)
    AND (
        :after_units IS NULL
        OR value_at_risk < :after_units
        OR (value_at_risk = :after_units AND customer_id > :after_id)
    )
ORDER BY value_at_risk DESC, customer_id ASC
LIMIT :limit;
