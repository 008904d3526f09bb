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

-- part: customer_ltv
SELECT
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
    run_id,
    residual_low,
    residual_high,
    residual_median,
    probability_of_no_purchase
FROM customer_ltv

-- name: get_customer_ltv
${customer_ltv}
WHERE run_id = ${current_run} AND customer_id = ${meant};

-- name: find_customers
${customer_ltv}
WHERE
    run_id = ${current_run}
    AND (:segment_id IS NULL OR segment_id = :segment_id)
    AND (:cohort_id IS NULL OR cohort_id = :cohort_id)
    AND (
        :after_value IS NULL
        OR predicted_clv < :after_value
        OR (predicted_clv = :after_value AND customer_id > :after_id)
    )
ORDER BY predicted_clv DESC, customer_id ASC
LIMIT :limit;
