-- name: delete_cohorts
DELETE FROM cohorts WHERE run_id = :run_id;

-- name: build_cohorts
INSERT INTO cohorts (run_id, cohort_id, starts_on, customers, revenue, average_ltv, currency)
WITH settled AS (
    SELECT
        customer_id,
        net
    FROM purchases
    UNION ALL
    SELECT
        customer_id,
        net
    FROM over_refunds
),

bought AS (
    SELECT
        customer_id,
        exact_sum(net) AS revenue
    FROM settled
    GROUP BY customer_id
)

SELECT
    value.run_id,
    value.cohort_id,
    value.cohort_id || '-01' AS starts_on,
    count(*) AS customers,
    coalesce(exact_sum(bought.revenue), 0) AS revenue,
    mean(exact_sum(value.predicted_clv), count(*)) AS average_ltv,
    min(value.currency) AS currency
FROM customer_ltv AS value
LEFT JOIN bought ON value.customer_id = bought.customer_id
WHERE value.run_id = :run_id
GROUP BY value.run_id, value.cohort_id;

-- name: build_cohort_periods
-- An order that arrived late, or was refunded beyond its amount, may lie before the month in which
-- its customer was valued: it counts in that month.
INSERT INTO cohort_periods (run_id, cohort_id, period, active_customers, revenue)
WITH settled AS (
    SELECT
        customer_id,
        customer_id AS buyer,
        day,
        net
    FROM purchases
    UNION ALL
    SELECT
        customer_id,
        NULL AS buyer,
        day,
        net
    FROM over_refunds
),

bought AS (
    SELECT
        value.cohort_id,
        settled.buyer,
        settled.net,
        max(
            0, month_number(settled.day) - month_number(unixepoch(cohort.starts_on) / 86400)
        ) AS period
    FROM customer_ltv AS value
    INNER JOIN cohorts AS cohort
        ON value.run_id = cohort.run_id AND value.cohort_id = cohort.cohort_id
    INNER JOIN settled ON value.customer_id = settled.customer_id
    WHERE value.run_id = :run_id
)

SELECT
    :run_id AS run_id,
    cohort_id,
    period,
    count(DISTINCT buyer) AS active_customers,
    exact_sum(net) AS revenue
FROM bought
GROUP BY cohort_id, period;

-- name: delete_rollups
DELETE FROM ltv_rollups WHERE run_id = :run_id;

-- name: build_rollups
INSERT INTO ltv_rollups (
    run_id,
    first_purchase_day,
    cohort_id,
    segment_id,
    source,
    campaign,
    customers,
    revenue,
    predicted_clv,
    residual_value
)
WITH tied AS (
    SELECT
        value.customer_id,
        value.first_purchase_at,
        leads.lead_id,
        leads.source,
        leads.campaign,
        leads.first_submission_at
    FROM customer_ltv AS value
    INNER JOIN customers ON value.customer_id = customers.customer_id
    INNER JOIN leads ON customers.lead_id = leads.lead_id
    WHERE value.run_id = :run_id
),

submitted AS (
    SELECT
        tied.customer_id,
        submission.source,
        substr(
            coalesce(
                nullif(submission.attribution ->> '$.utm_campaign', ''),
                nullif(submission.attribution ->> '$.campaign_id', '')
            ),
            1,
            100
        ) AS campaign,
        row_number() OVER (
            PARTITION BY tied.customer_id
            ORDER BY submission.submitted_at DESC, submission.submission_id DESC
        ) AS place
    FROM tied
    INNER JOIN form_submissions AS submission
        ON
            tied.lead_id = submission.lead_id
            AND submission.state = 'accepted'
            AND tied.first_purchase_at >= submission.submitted_at
),

-- The last accepted submission up to the first purchase; a lead from before whose submissions are
-- deleted by now brings its own source, which is that of its first one.
origins AS (
    SELECT
        customer_id,
        source,
        campaign
    FROM submitted
    WHERE place = 1
    UNION ALL
    SELECT
        tied.customer_id,
        tied.source,
        tied.campaign
    FROM tied
    WHERE
        tied.first_submission_at <= tied.first_purchase_at
        AND NOT EXISTS (
            SELECT 1 FROM submitted WHERE tied.customer_id = submitted.customer_id
        )
),

valued AS (
    SELECT
        value.run_id,
        value.segment_id,
        value.actual_clv,
        value.predicted_clv,
        value.residual_value,
        origins.campaign,
        local_day(value.first_purchase_at, :time_zone) AS first_purchase_day,
        coalesce(origins.source, :unknown_source) AS source
    FROM customer_ltv AS value
    LEFT JOIN origins ON value.customer_id = origins.customer_id
    WHERE value.run_id = :run_id
)

SELECT
    run_id,
    first_purchase_day,
    strftime('%Y-%m', first_purchase_day * 86400, 'unixepoch') AS cohort_id,
    segment_id,
    source,
    campaign,
    count(*) AS customers,
    exact_sum(actual_clv) AS revenue,
    exact_sum(predicted_clv) AS predicted_clv,
    exact_sum(residual_value) AS residual_value
FROM valued
GROUP BY run_id, first_purchase_day, segment_id, source, campaign;

-- name: save_cohort
INSERT INTO cohorts (run_id, cohort_id, starts_on, customers, revenue, average_ltv, currency)
VALUES (:run_id, :cohort_id, :starts_on, :customers, :revenue, :average_ltv, :currency)
ON CONFLICT (run_id, cohort_id) DO UPDATE SET
    starts_on = excluded.starts_on,
    customers = excluded.customers,
    revenue = excluded.revenue,
    average_ltv = excluded.average_ltv,
    currency = excluded.currency;

-- name: delete_cohort_periods
DELETE FROM cohort_periods
WHERE run_id = :run_id AND cohort_id = :cohort_id;

-- name: save_cohort_period
INSERT INTO cohort_periods (run_id, cohort_id, period, active_customers, revenue)
VALUES (:run_id, :cohort_id, :period, :active_customers, :revenue);

-- name: find_cohorts
-- One row per period, at least one per cohort.
WITH ${label}

SELECT
    cohort.run_id,
    cohort.cohort_id,
    cohort.starts_on,
    cohort.customers,
    cohort.revenue,
    cohort.average_ltv,
    cohort.currency,
    period.period,
    period.active_customers,
    period.revenue AS period_revenue,
    ${label_columns}
FROM label
LEFT JOIN cohorts AS cohort
    ON
        label.run_id = cohort.run_id
        AND (:cohort_id IS NULL OR cohort.cohort_id = :cohort_id)
LEFT JOIN cohort_periods AS period
    ON cohort.run_id = period.run_id AND cohort.cohort_id = period.cohort_id
WINDOW place AS (ORDER BY cohort.starts_on ASC, cohort.cohort_id ASC, period.period ASC)
ORDER BY cohort.starts_on ASC, cohort.cohort_id ASC, period.period ASC;

-- part: sums
sum(customers) AS customers,
exact_sum(revenue) AS revenue,
exact_sum(predicted_clv) AS predicted_clv,
exact_sum(residual_value) AS residual_value

-- name: find_ltv_analytics
-- The total is the first row.
WITH ${label},

chosen AS (
    SELECT
        segment_id,
        cohort_id,
        source,
        campaign,
        customers,
        revenue,
        predicted_clv,
        residual_value
    FROM ltv_rollups
    WHERE
        run_id = ${current_run}
        AND (:start IS NULL OR first_purchase_day >= :start)
        AND (:end IS NULL OR first_purchase_day <= :end)
),

grouped AS (
    SELECT
        'total' AS dimension,
        NULL AS name,
        ${sums}
    FROM chosen
    UNION ALL
    SELECT
        'segment' AS dimension,
        segment_id AS name,
        ${sums}
    FROM chosen
    GROUP BY segment_id
    UNION ALL
    SELECT
        'cohort' AS dimension,
        cohort_id AS name,
        ${sums}
    FROM chosen
    GROUP BY cohort_id
    UNION ALL
    SELECT
        'source' AS dimension,
        source AS name,
        ${sums}
    FROM chosen
    GROUP BY source
    UNION ALL
    SELECT
        'campaign' AS dimension,
        campaign AS name,
        ${sums}
    FROM chosen
    GROUP BY campaign
)

SELECT
    label.run_id,
    grouped.dimension,
    grouped.name,
    ${label_columns},
    coalesce(grouped.customers, 0) AS customers,
    coalesce(grouped.revenue, 0) AS revenue,
    coalesce(grouped.predicted_clv, 0) AS predicted_clv,
    coalesce(grouped.residual_value, 0) AS residual_value,
    CASE
        WHEN grouped.dimension = 'total'
            THEN (SELECT run.backtest FROM scoring_runs AS run WHERE run.run_id = label.run_id)
    END AS backtest
FROM label
CROSS JOIN grouped
WINDOW place AS (ORDER BY grouped.dimension = 'total' DESC)
ORDER BY grouped.dimension = 'total' DESC;
