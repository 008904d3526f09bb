-- name: delete_costs
DELETE FROM acquisition_costs WHERE month = :month;

-- name: save_cost
INSERT INTO acquisition_costs (source, month, amount, currency)
VALUES (:source, :month, :amount, :currency);

-- name: find_costs
SELECT
    source,
    month,
    amount,
    currency
FROM acquisition_costs
WHERE (:start IS NULL OR month >= :start) AND (:end IS NULL OR month <= :end)
ORDER BY month DESC, source ASC;

-- name: find_source_values
WITH ${label},

valued AS (
    SELECT
        source,
        cohort_id || '-01' AS month,
        sum(customers) AS customers,
        exact_sum(revenue) AS revenue,
        exact_sum(predicted_clv) AS predicted_clv,
        exact_sum(residual_value) AS residual_value
    FROM ltv_rollups
    WHERE
        run_id = ${current_run}
        AND (:start IS NULL OR cohort_id || '-01' >= :start)
        AND (:end IS NULL OR cohort_id || '-01' <= :end)
    GROUP BY source, cohort_id
),

costs AS (
    SELECT
        source,
        month,
        amount
    FROM acquisition_costs
    WHERE
        currency = :currency
        AND (:start IS NULL OR month >= :start)
        AND (:end IS NULL OR month <= :end)
),

found AS (
    SELECT
        costs.amount,
        coalesce(valued.source, costs.source) AS source,
        coalesce(valued.customers, 0) AS customers,
        coalesce(valued.revenue, 0) AS revenue,
        coalesce(valued.predicted_clv, 0) AS predicted_clv,
        coalesce(valued.residual_value, 0) AS residual_value
    FROM valued
    FULL JOIN costs ON valued.source = costs.source AND valued.month = costs.month
),

grouped AS (
    SELECT
        source,
        sum(customers) AS customers,
        exact_sum(revenue) AS revenue,
        exact_sum(predicted_clv) AS predicted_clv,
        exact_sum(residual_value) AS residual_value,
        coalesce(sum(customers) FILTER (WHERE amount IS NOT NULL), 0) AS paid_customers,
        coalesce(exact_sum(revenue) FILTER (WHERE amount IS NOT NULL), 0) AS paid_revenue,
        coalesce(
            exact_sum(predicted_clv) FILTER (WHERE amount IS NOT NULL), 0
        ) AS paid_predicted_clv,
        coalesce(
            exact_sum(residual_value) FILTER (WHERE amount IS NOT NULL), 0
        ) AS paid_residual_value,
        exact_sum(amount) AS cost
    FROM found
    GROUP BY source
)

SELECT
    grouped.source,
    grouped.customers,
    grouped.revenue,
    grouped.predicted_clv,
    grouped.residual_value,
    grouped.paid_customers,
    grouped.paid_revenue,
    grouped.paid_predicted_clv,
    grouped.paid_residual_value,
    grouped.cost,
    ${label_columns}
FROM label
LEFT JOIN grouped ON TRUE
WINDOW place AS (ORDER BY grouped.source ASC)
ORDER BY grouped.source ASC;
