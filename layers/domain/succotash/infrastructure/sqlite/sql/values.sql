-- name: clear_customer_values
DELETE FROM customer_ltv
WHERE run_id = :run_id AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard);

-- name: save_customer_ltv
INSERT INTO customer_ltv (
    run_id,
    customer_id,
    actual_clv,
    residual_value,
    average_order_value,
    currency,
    order_count,
    frequency,
    lifetime_months,
    probability_alive,
    expected_purchases_30,
    expected_purchases_90,
    expected_purchases_365,
    segment_id,
    cohort_id,
    first_purchase_at,
    last_purchase_at,
    residual_low,
    residual_high,
    residual_median,
    probability_of_no_purchase
)
VALUES (
    :run_id,
    :customer_id,
    :actual_clv,
    :residual_value,
    :average_order_value,
    :currency,
    :order_count,
    :frequency,
    :lifetime_months,
    :probability_alive,
    :expected_purchases_30,
    :expected_purchases_90,
    :expected_purchases_365,
    :segment_id,
    :cohort_id,
    :first_purchase_at,
    :last_purchase_at,
    :residual_low,
    :residual_high,
    :residual_median,
    :probability_of_no_purchase
)
ON CONFLICT (run_id, customer_id) DO UPDATE SET
    actual_clv = excluded.actual_clv,
    residual_value = excluded.residual_value,
    average_order_value = excluded.average_order_value,
    currency = excluded.currency,
    order_count = excluded.order_count,
    frequency = excluded.frequency,
    lifetime_months = excluded.lifetime_months,
    probability_alive = excluded.probability_alive,
    expected_purchases_30 = excluded.expected_purchases_30,
    expected_purchases_90 = excluded.expected_purchases_90,
    expected_purchases_365 = excluded.expected_purchases_365,
    segment_id = excluded.segment_id,
    cohort_id = excluded.cohort_id,
    first_purchase_at = excluded.first_purchase_at,
    last_purchase_at = excluded.last_purchase_at,
    residual_low = excluded.residual_low,
    residual_high = excluded.residual_high,
    residual_median = excluded.residual_median,
    probability_of_no_purchase = excluded.probability_of_no_purchase;

-- part: value_columns
value.customer_id,
value.actual_clv,
value.residual_value,
value.average_order_value,
value.currency,
value.order_count,
value.frequency,
value.lifetime_months,
value.probability_alive,
value.expected_purchases_30,
value.expected_purchases_90,
value.expected_purchases_365,
value.segment_id,
value.cohort_id,
value.first_purchase_at,
value.last_purchase_at,
value.run_id,
value.residual_low,
value.residual_high,
value.residual_median,
value.probability_of_no_purchase

-- part: values_with_risk
SELECT
    ${value_columns},
    value.predicted_clv,
    prediction.risk_level
FROM customer_ltv AS value
LEFT JOIN churn_predictions AS prediction
    ON value.run_id = prediction.run_id AND value.customer_id = prediction.customer_id

-- name: find_value
WITH ${label},

found AS (
    ${values_with_risk}
    WHERE value.run_id = ${current_run} AND value.customer_id = ${meant}
)

SELECT
    ${value_columns},
    value.risk_level,
    ${label_columns}
FROM label
CROSS JOIN found AS value
WINDOW place AS (ORDER BY value.customer_id ASC);

-- part: labelled_values
SELECT
    ${value_columns},
    value.risk_level,
    ${label_columns}
FROM label
LEFT JOIN found AS value ON TRUE
WINDOW place AS (ORDER BY value.predicted_clv DESC, value.customer_id ASC)
ORDER BY value.predicted_clv DESC, value.customer_id ASC

-- name: find_values
WITH ${label},

found AS (
    ${values_with_risk}
    WHERE
        value.run_id = ${current_run}
        AND (:segment_id IS NULL OR value.segment_id = :segment_id)
        AND (:cohort_id IS NULL OR value.cohort_id = :cohort_id)
        AND (:risk IS NULL OR prediction.risk_level = :risk)
        AND (
            :after_value IS NULL
            OR value.predicted_clv < :after_value
            OR (value.predicted_clv = :after_value AND value.customer_id > :after_id)
        )
    ORDER BY value.predicted_clv DESC, value.customer_id ASC
    LIMIT :limit
)

${labelled_values};
