-- name: save_customer_ltv
WITH ${joined_run},

saved AS (
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
    SELECT
        run_id,
        cast(:customer_id AS text) AS customer_id,
        0.0001 * cast(:actual_clv AS bigint) AS actual_clv,
        0.0001 * cast(:residual_value AS bigint) AS residual_value,
        0.0001 * cast(:average_order_value AS bigint) AS average_order_value,
        cast(:currency AS text) AS currency,
        cast(:order_count AS integer) AS order_count,
        cast(:frequency AS integer) AS frequency,
        cast(:lifetime_months AS double precision) AS lifetime_months,
        cast(:probability_alive AS double precision) AS probability_alive,
        cast(:expected_purchases_30 AS double precision) AS expected_purchases_30,
        cast(:expected_purchases_90 AS double precision) AS expected_purchases_90,
        cast(:expected_purchases_365 AS double precision) AS expected_purchases_365,
        cast(:segment_id AS text) AS segment_id,
        cast(:cohort_id AS text) AS cohort_id,
        cast(:first_purchase_at AS timestamptz) AS first_purchase_at,
        cast(:last_purchase_at AS timestamptz) AS last_purchase_at,
        0.0001 * cast(:residual_low AS bigint) AS residual_low,
        0.0001 * cast(:residual_high AS bigint) AS residual_high,
        0.0001 * cast(:residual_median AS bigint) AS residual_median,
        cast(:probability_of_no_purchase AS double precision) AS probability_of_no_purchase
    FROM run
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
        probability_of_no_purchase = excluded.probability_of_no_purchase
)

SELECT run_id FROM run;

-- name: clear_customer_values
WITH ${named_run},

gone AS (
    DELETE FROM customer_ltv${shard} WHERE run_id = (SELECT run_id FROM run)
)

SELECT run_id FROM run;

-- name: copy_customer_values
COPY customer_ltv${shard} (
    run_id,
    currency,
    customer_id,
    actual_clv,
    residual_value,
    average_order_value,
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
) FROM STDIN;

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

-- part: by_value
predicted_clv <= cast(:predicted_clv AS numeric)
AND (
    predicted_clv < cast(:predicted_clv AS numeric)
    OR customer_id > cast(:id AS text)
)
ORDER BY predicted_clv DESC, customer_id ASC
LIMIT cast(:limit AS bigint)

-- name: get_customer_ltv
${customer_ltv}
WHERE run_id = ${current_run} AND customer_id = ${meant};

-- name: find_customers
${customer_ltv}
WHERE
    run_id = ${current_run}
    AND ${by_value};

-- name: find_customers_of_segment
${customer_ltv}
WHERE
    run_id = ${current_run}
    AND segment_id = :segment_id
    AND ${by_value};

-- name: find_customers_of_cohort
${customer_ltv}
WHERE
    run_id = ${current_run}
    AND cohort_id = :cohort_id
    AND ${by_value};

-- name: find_customers_of_segment_and_cohort
${customer_ltv}
WHERE
    run_id = ${current_run}
    AND segment_id = :segment_id
    AND cohort_id = :cohort_id
    AND ${by_value};
