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

-- part: risk_level
-- Looked up for each row: of a join, the planner scans all predictions of the run.
(
    SELECT prediction.risk_level
    FROM churn_predictions AS prediction
    WHERE value.run_id = prediction.run_id AND value.customer_id = prediction.customer_id
)

-- part: values_with_risk
SELECT
    ${value_columns},
    value.predicted_clv,
    ${risk_level} AS risk_level
FROM customer_ltv AS value

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

-- part: by_value
value.predicted_clv <= cast(:predicted_clv AS numeric)
AND (
    value.predicted_clv < cast(:predicted_clv AS numeric)
    OR value.customer_id > cast(:id AS text)
)
AND (cast(:risk AS text) IS NULL OR ${risk_level} = :risk)
ORDER BY value.predicted_clv DESC, value.customer_id ASC
LIMIT cast(:limit AS bigint)

-- name: find_values
WITH ${label},

found AS (
    ${values_with_risk}
    WHERE
        value.run_id = ${current_run}
        AND ${by_value}
)

${labelled_values};

-- name: find_values_of_segment
WITH ${label},

found AS (
    ${values_with_risk}
    WHERE
        value.run_id = ${current_run}
        AND value.segment_id = :segment_id
        AND ${by_value}
)

${labelled_values};

-- name: find_values_of_cohort
WITH ${label},

found AS (
    ${values_with_risk}
    WHERE
        value.run_id = ${current_run}
        AND value.cohort_id = :cohort_id
        AND ${by_value}
)

${labelled_values};

-- name: find_values_of_segment_and_cohort
WITH ${label},

found AS (
    ${values_with_risk}
    WHERE
        value.run_id = ${current_run}
        AND value.segment_id = :segment_id
        AND value.cohort_id = :cohort_id
        AND ${by_value}
)

${labelled_values};
