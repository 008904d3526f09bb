-- part: month_lock
-- A month without costs has no row that could be locked.
SELECT
    pg_advisory_xact_lock(
        hashtextextended(
            'acquisition costs of ' || to_char(cast(:month AS date), 'YYYY-MM'), 0
        )
    ) AS locked

-- name: lock_month
${month_lock};

-- name: save_costs
WITH month_lock AS MATERIALIZED (
    ${month_lock}
),

given AS (
    SELECT
        item.source,
        item.units,
        item.currency
    FROM jsonb_to_recordset(cast(:costs AS jsonb)) AS item (
        source text, units bigint, currency text
    )
),

gone AS (
    DELETE FROM acquisition_costs
    USING month_lock
    WHERE
        acquisition_costs.month = cast(:month AS date)
        AND acquisition_costs.source NOT IN (SELECT given.source FROM given)
)

INSERT INTO acquisition_costs (source, month, amount, currency)
SELECT
    given.source,
    cast(:month AS date) AS month,
    given.units * 0.0001 AS amount,
    given.currency
FROM given
CROSS JOIN month_lock
ORDER BY given.source
ON CONFLICT (month, source) DO UPDATE SET
    amount = excluded.amount,
    currency = excluded.currency;

-- name: find_costs
SELECT
    source,
    month,
    amount,
    currency
FROM acquisition_costs
WHERE
    month >= coalesce(cast(:start AS date), '-infinity')
    AND month <= coalesce(cast(:end AS date), 'infinity')
ORDER BY month DESC, source ASC;

-- name: find_source_values
WITH ${label},

valued AS (
    SELECT
        source,
        cast(date_trunc('month', cast(first_purchase_day AS timestamp)) AS date) AS month,
        sum(customers) AS customers,
        sum(revenue) AS revenue,
        sum(predicted_clv) AS predicted_clv,
        sum(residual_value) AS residual_value
    FROM ltv_rollups
    WHERE
        run_id = ${current_run}
        AND first_purchase_day >= coalesce(cast(:start AS date), '-infinity')
        AND first_purchase_day < coalesce(cast(:until AS date), 'infinity')
    GROUP BY source, month
),

costs AS (
    SELECT
        source,
        month,
        amount
    FROM acquisition_costs
    WHERE
        currency = cast(:currency AS text)
        AND month >= coalesce(cast(:start AS date), '-infinity')
        AND month < coalesce(cast(:until AS date), 'infinity')
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
        cast(sum(customers) AS bigint) AS customers,
        cast(
            coalesce(sum(customers) FILTER (WHERE amount IS NOT NULL), 0) AS bigint
        ) AS paid_customers,
        sum(revenue) AS revenue,
        sum(predicted_clv) AS predicted_clv,
        sum(residual_value) AS residual_value,
        coalesce(sum(revenue) FILTER (WHERE amount IS NOT NULL), 0) AS paid_revenue,
        coalesce(sum(predicted_clv) FILTER (WHERE amount IS NOT NULL), 0) AS paid_predicted_clv,
        coalesce(sum(residual_value) FILTER (WHERE amount IS NOT NULL), 0) AS paid_residual_value,
        sum(amount) AS cost
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
