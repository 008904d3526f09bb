-- name: clear_rollups
WITH ${named_run},

rollups AS (
    DELETE FROM ltv_rollups WHERE run_id = (SELECT run_id FROM run)
),

cohorts_gone AS (
    DELETE FROM cohorts WHERE run_id = (SELECT run_id FROM run)
)

SELECT run_id FROM run;

-- name: build_rollups
-- A customer is credited to the last accepted submission up to the first purchase; a lead from
-- before whose submissions are deleted by now brings its own source, that of its first one.
-- All joins are by keys, since statistics know nothing yet of a run that has just written its rows.
WITH credited AS (
    SELECT DISTINCT ON (value.customer_id)
        value.first_purchase_at,
        value.segment_id,
        value.actual_clv,
        value.predicted_clv,
        value.residual_value,
        CASE
            WHEN submission.submission_id IS NOT NULL THEN submission.source
            WHEN lead.first_submission_at <= value.first_purchase_at THEN lead.source
            ELSE :unknown_source
        END AS origin,
        CASE
            WHEN submission.submission_id IS NOT NULL
                THEN left(
                    coalesce(
                        nullif(submission.attribution ->> 'utm_campaign', ''),
                        nullif(submission.attribution ->> 'campaign_id', '')
                    ),
                    100
                )
            WHEN lead.first_submission_at <= value.first_purchase_at THEN lead.campaign
        END AS campaign
    FROM customer_ltv AS value
    LEFT JOIN customers AS customer ON value.customer_id = customer.customer_id
    LEFT JOIN leads AS lead ON customer.lead_id = lead.lead_id
    LEFT JOIN form_submissions AS submission
        ON
            lead.lead_id = submission.lead_id
            AND submission.state = 'accepted'
            AND value.first_purchase_at >= submission.submitted_at
    WHERE value.run_id = :run_id
    ORDER BY
        value.customer_id ASC,
        submission.submitted_at DESC NULLS LAST,
        submission.submission_id DESC NULLS LAST
)

INSERT INTO ltv_rollups (
    run_id,
    first_purchase_day,
    segment_id,
    source,
    campaign,
    customers,
    revenue,
    predicted_clv,
    residual_value
)
SELECT
    cast(:run_id AS text) AS run_id,
    cast(first_purchase_at AT TIME ZONE cast(:time_zone AS text) AS date) AS day,
    segment_id,
    origin,
    campaign,
    count(*) AS customers,
    sum(actual_clv) AS revenue,
    sum(predicted_clv) AS predicted_clv,
    sum(residual_value) AS residual_value
FROM credited
GROUP BY day, segment_id, origin, campaign;

-- part: valued_periods
-- An order that arrived late, or was refunded beyond its amount, may lie before the month in which
-- its customer was valued: it counts in that month.
${settled},

valued AS MATERIALIZED (
    SELECT
        customer_id,
        cohort_id,
        12 * cast(left(cohort_id, 4) AS integer) + cast(right(cohort_id, 2) AS integer) AS month
    FROM customer_ltv${shard}
    WHERE run_id = :run_id
),

active AS (
    SELECT
        valued.cohort_id,
        valued.customer_id,
        greatest(
            cast(
                12 * extract(YEAR FROM settled.day) + extract(MONTH FROM settled.day) AS integer
            ) - valued.month,
            0
        ) AS period,
        bool_or(settled.is_purchase) AS is_active,
        sum(settled.net) AS revenue
    FROM valued
    INNER JOIN settled ON valued.customer_id = settled.customer_id
    WHERE settled.is_purchase OR settled.net < 0
    GROUP BY valued.cohort_id, valued.customer_id, period
),

periods AS MATERIALIZED (
    SELECT
        cohort_id,
        period,
        count(*) FILTER (WHERE is_active) AS active_customers,
        sum(revenue) AS revenue
    FROM active
    GROUP BY cohort_id, period
)

-- name: clear_cohort_part
WITH ${named_run},

gone AS (
    DELETE FROM cohort_parts
    WHERE run_id = (SELECT run_id FROM run) AND shard = cast(:shard AS smallint)
)

SELECT run_id FROM run;

-- name: build_cohort_part
WITH ${valued_periods}

INSERT INTO cohort_parts (run_id, shard, cohort_id, period, active_customers, revenue)
SELECT
    cast(:run_id AS text) AS run_id,
    cast(:shard AS smallint) AS shard,
    cohort_id,
    period,
    active_customers,
    revenue
FROM periods;

-- part: merged_periods
periods AS MATERIALIZED (
    SELECT
        cohort_id,
        period,
        sum(active_customers) AS active_customers,
        sum(revenue) AS revenue
    FROM cohort_parts
    WHERE run_id = :run_id
    GROUP BY cohort_id, period
)

-- part: cohorts_made
-- The mean is rounded half to even, as the domain rounds: of `units` ten-thousandths shared by
-- `customers`, `whole` each and `rest` over.
sizes AS (
    SELECT
        cohort_id,
        count(*) AS customers,
        min(currency) AS currency,
        trunc(10000 * sum(predicted_clv)) AS units
    FROM customer_ltv
    WHERE run_id = :run_id
    GROUP BY cohort_id
),

shares AS (
    SELECT
        *,
        floor(units / customers) AS whole,
        units - customers * floor(units / customers) AS rest
    FROM sizes
),

earned AS (
    SELECT
        cohort_id,
        sum(revenue) AS revenue
    FROM periods
    GROUP BY cohort_id
),

made AS (
    INSERT INTO cohorts (run_id, cohort_id, starts_on, customers, revenue, average_ltv, currency)
    SELECT
        :run_id AS run_id,
        shares.cohort_id,
        cast(shares.cohort_id || '-01' AS date) AS starts_on,
        shares.customers,
        coalesce(earned.revenue, 0) AS revenue,
        0.0001 * (
            shares.whole
            + CASE
                WHEN
                    2 * shares.rest > shares.customers
                    OR (2 * shares.rest = shares.customers AND shares.whole % 2 <> 0)
                    THEN 1
                ELSE 0
            END
        ) AS average_ltv,
        shares.currency
    FROM shares
    LEFT JOIN earned ON shares.cohort_id = earned.cohort_id
)

INSERT INTO cohort_periods (run_id, cohort_id, period, active_customers, revenue)
SELECT
    :run_id AS run_id,
    cohort_id,
    period,
    active_customers,
    revenue
FROM periods

-- name: build_cohorts
WITH ${valued_periods},

${cohorts_made};

-- name: merge_cohorts
WITH ${merged_periods},

${cohorts_made};

-- name: save_cohort
WITH ${joined_run},

given AS (
    SELECT
        item.period,
        item.active_customers,
        item.revenue
    FROM jsonb_to_recordset(cast(:periods AS jsonb)) AS item (
        period integer, active_customers integer, revenue numeric
    )
),

saved AS (
    INSERT INTO cohorts (run_id, cohort_id, starts_on, customers, revenue, average_ltv, currency)
    SELECT
        run_id,
        cast(:cohort_id AS text) AS cohort_id,
        cast(:starts_on AS date) AS starts_on,
        cast(:customers AS integer) AS customers,
        cast(:revenue AS bigint) * 0.0001 AS revenue,
        cast(:average_ltv AS bigint) * 0.0001 AS average_ltv,
        cast(:currency AS text) AS currency
    FROM run
    ON CONFLICT (run_id, cohort_id) DO UPDATE SET
        starts_on = excluded.starts_on,
        customers = excluded.customers,
        revenue = excluded.revenue,
        average_ltv = excluded.average_ltv,
        currency = excluded.currency
),

gone AS (
    DELETE FROM cohort_periods
    WHERE
        run_id = (SELECT run.run_id FROM run)
        AND cohort_id = :cohort_id
        AND period NOT IN (SELECT given.period FROM given)
),

saved_periods AS (
    INSERT INTO cohort_periods (run_id, cohort_id, period, active_customers, revenue)
    SELECT
        run.run_id,
        cast(:cohort_id AS text) AS cohort_id,
        given.period,
        given.active_customers,
        given.revenue
    FROM run
    CROSS JOIN given
    ON CONFLICT (run_id, cohort_id, period) DO UPDATE SET
        active_customers = excluded.active_customers,
        revenue = excluded.revenue
)

SELECT run_id FROM run;

-- name: find_cohorts
-- One row per period, at least one per cohort: JSON would turn exact amounts into floats.
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
        AND (cast(:cohort_id AS text) IS NULL OR cohort.cohort_id = cast(:cohort_id AS text))
LEFT JOIN cohort_periods AS period
    ON cohort.run_id = period.run_id AND cohort.cohort_id = period.cohort_id
WINDOW place AS (ORDER BY cohort.starts_on ASC, cohort.cohort_id ASC, period.period ASC)
ORDER BY cohort.starts_on ASC, cohort.cohort_id ASC, period.period ASC;

-- name: find_ltv_analytics
-- The grouping's bits say by what a row is grouped; the total is the first row.
WITH ${label},

chosen AS (
    SELECT
        segment_id,
        source,
        campaign,
        customers,
        revenue,
        predicted_clv,
        residual_value,
        to_char(first_purchase_day, 'YYYY-MM') AS cohort_id
    FROM ltv_rollups
    WHERE
        run_id = ${current_run}
        AND first_purchase_day >= coalesce(cast(:start AS date), '-infinity')
        AND first_purchase_day <= coalesce(cast(:end AS date), 'infinity')
),

grouped AS (
    SELECT
        cast(coalesce(sum(customers), 0) AS bigint) AS customers,
        grouping(segment_id, cohort_id, source, campaign) AS bits,
        coalesce(segment_id, cohort_id, source, campaign) AS name,
        coalesce(sum(revenue), 0) AS revenue,
        coalesce(sum(predicted_clv), 0) AS predicted_clv,
        coalesce(sum(residual_value), 0) AS residual_value
    FROM chosen
    GROUP BY GROUPING SETS ((), (segment_id), (cohort_id), (source), (campaign))
)

SELECT
    label.run_id,
    grouped.name,
    grouped.customers,
    grouped.revenue,
    grouped.predicted_clv,
    grouped.residual_value,
    ${label_columns},
    CASE grouped.bits
        WHEN 15 THEN 'total'
        WHEN 7 THEN 'segment'
        WHEN 11 THEN 'cohort'
        WHEN 13 THEN 'source'
        ELSE 'campaign'
    END AS dimension,
    CASE
        WHEN grouped.bits = 15
            THEN (SELECT run.backtest FROM scoring_runs AS run WHERE run.run_id = label.run_id)
    END AS backtest
FROM label
CROSS JOIN grouped
WINDOW place AS (ORDER BY grouped.bits DESC)
ORDER BY grouped.bits DESC;
