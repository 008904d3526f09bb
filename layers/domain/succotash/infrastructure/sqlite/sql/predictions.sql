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

-- part: prediction_columns
prediction.customer_id,
${prediction_results}

-- part: predictions_with_segment
SELECT
    ${prediction_columns},
    value.segment_id
FROM churn_predictions AS prediction
LEFT JOIN customer_ltv AS value
    ON prediction.run_id = value.run_id AND prediction.customer_id = value.customer_id

-- name: find_prediction
WITH ${label},

found AS (
    ${predictions_with_segment}
    WHERE prediction.run_id = ${current_run} AND prediction.customer_id = ${meant}
)

SELECT
    ${prediction_columns},
    prediction.segment_id,
    ${label_columns}
FROM label
CROSS JOIN found AS prediction
WINDOW place AS (ORDER BY prediction.customer_id ASC);

-- part: labelled_predictions
SELECT
    ${prediction_columns},
    prediction.segment_id,
    ${label_columns}
FROM label
LEFT JOIN found AS prediction ON TRUE
WINDOW place AS (ORDER BY prediction.value_at_risk DESC, prediction.customer_id ASC)
ORDER BY prediction.value_at_risk DESC, prediction.customer_id ASC

-- name: find_predictions
WITH ${label},

found AS (
    ${predictions_with_segment}
    WHERE
        prediction.run_id = ${current_run}
        AND (:risk IS NULL OR prediction.risk_level = :risk)
        AND (:segment_id IS NULL OR value.segment_id = :segment_id)
        AND (
            :after_units IS NULL
            OR prediction.value_at_risk < :after_units
            OR (
                prediction.value_at_risk = :after_units AND prediction.customer_id > :after_id
            )
        )
    ORDER BY prediction.value_at_risk DESC, prediction.customer_id ASC
    LIMIT :limit
)

${labelled_predictions};
