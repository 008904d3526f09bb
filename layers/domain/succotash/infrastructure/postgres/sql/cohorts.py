"""Statements about cohorts, and what a run's customers are worth together."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.infrastructure.postgres.sql.purchases import PURCHASES
from succotash.infrastructure.postgres.sql.runs import CURRENT_RUN, JOINED_RUN, NAMED_RUN

CLEAR_ROLLUPS = f"""
WITH {NAMED_RUN},
rollups AS (
    DELETE FROM ltv_rollups WHERE run_id = (SELECT run_id FROM run)
),
cohorts_gone AS (
    DELETE FROM cohorts WHERE run_id = (SELECT run_id FROM run)
)
SELECT run_id FROM run
"""
BUILD_ROLLUPS = """
INSERT INTO ltv_rollups (
    run_id, first_purchase_day, segment_id, source, campaign, customers, revenue, predicted_clv,
    residual_value
)
SELECT
    value.run_id,
    CAST(value.first_purchase_at AT TIME ZONE CAST(:time_zone AS text) AS date) AS day,
    value.segment_id, coalesce(leads.source, :unknown_source) AS lead_source, leads.campaign,
    count(*), sum(value.actual_clv), sum(value.predicted_clv), sum(value.residual_value)
FROM customer_ltv AS value
LEFT JOIN customers USING (customer_id)
LEFT JOIN leads USING (lead_id)
WHERE value.run_id = :run_id
GROUP BY value.run_id, day, value.segment_id, lead_source, leads.campaign
"""
# An order that arrived late, or was refunded beyond its amount, may lie before the month in which
# its customer was valued: it counts in that month.
_COHORT_PERIODS = f"""
{PURCHASES},
valued AS MATERIALIZED (
    SELECT
        customer_id, cohort_id,
        12 * CAST(left(cohort_id, 4) AS integer) + CAST(right(cohort_id, 2) AS integer) AS month
    FROM customer_ltv
    WHERE run_id = :run_id
),
active AS (
    SELECT
        cohort_id, customer_id,
        greatest(
            CAST(12 * extract(year FROM day) + extract(month FROM day) AS integer) - month, 0
        ) AS period,
        bool_or(is_purchase) AS is_active, sum(net) AS revenue
    FROM valued JOIN settled USING (customer_id)
    WHERE is_purchase OR net < 0
    GROUP BY cohort_id, customer_id, period
),
periods AS MATERIALIZED (
    SELECT
        cohort_id, period, count(*) FILTER (WHERE is_active) AS active_customers,
        sum(revenue) AS revenue
    FROM active
    GROUP BY cohort_id, period
)
"""
CLEAR_COHORT_PART = f"""
WITH {NAMED_RUN},
gone AS (
    DELETE FROM cohort_parts
    WHERE run_id = (SELECT run_id FROM run) AND shard = CAST(:shard AS smallint)
)
SELECT run_id FROM run
"""
BUILD_COHORT_PART = f"""
WITH {_COHORT_PERIODS}
INSERT INTO cohort_parts (run_id, shard, cohort_id, period, active_customers, revenue)
SELECT CAST(:run_id AS text), CAST(:shard AS smallint), cohort_id, period, active_customers, revenue
FROM periods
"""
_MERGED_PERIODS = """
periods AS MATERIALIZED (
    SELECT
        cohort_id, period, sum(active_customers) AS active_customers, sum(revenue) AS revenue
    FROM cohort_parts
    WHERE run_id = :run_id
    GROUP BY cohort_id, period
),
gone AS (
    DELETE FROM cohort_parts WHERE run_id = :run_id
)
"""
# The mean is rounded half to even, as the domain rounds: of `units` ten-thousandths shared by
# `customers`, `whole` each and `rest` over.
_COHORTS_MADE = """
sizes AS (
    SELECT
        cohort_id, count(*) AS customers, min(currency) AS currency,
        trunc(10000 * sum(predicted_clv)) AS units
    FROM customer_ltv
    WHERE run_id = :run_id
    GROUP BY cohort_id
),
shares AS (
    SELECT
        *, floor(units / customers) AS whole,
        units - customers * floor(units / customers) AS rest
    FROM sizes
),
earned AS (
    SELECT cohort_id, sum(revenue) AS revenue FROM periods GROUP BY cohort_id
),
made AS (
    INSERT INTO cohorts (
        run_id, cohort_id, starts_on, customers, revenue, average_ltv, currency
    )
    SELECT
        :run_id, cohort_id, CAST(cohort_id || '-01' AS date), customers, coalesce(revenue, 0),
        0.0001 * (
            whole
            + CASE
                WHEN 2 * rest > customers OR (2 * rest = customers AND whole % 2 <> 0) THEN 1
                ELSE 0
            END
        ),
        currency
    FROM shares LEFT JOIN earned USING (cohort_id)
)
INSERT INTO cohort_periods (run_id, cohort_id, period, active_customers, revenue)
SELECT :run_id, cohort_id, period, active_customers, revenue
FROM periods
"""
BUILD_COHORTS = f"WITH {_COHORT_PERIODS}, {_COHORTS_MADE}"
MERGE_COHORTS = f"WITH {_MERGED_PERIODS}, {_COHORTS_MADE}"

SAVE_COHORT = f"""
WITH {JOINED_RUN},
given AS (
    SELECT period, active_customers, revenue
    FROM jsonb_to_recordset(CAST(:periods AS jsonb)) AS item (
        period integer, active_customers integer, revenue numeric
    )
),
saved AS (
    INSERT INTO cohorts (run_id, cohort_id, starts_on, customers, revenue, average_ltv, currency)
    SELECT
        run_id, CAST(:cohort_id AS text), CAST(:starts_on AS date), CAST(:customers AS integer),
        CAST(:revenue AS bigint) * 0.0001, CAST(:average_ltv AS bigint) * 0.0001,
        CAST(:currency AS text)
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
    WHERE run_id = (SELECT run_id FROM run)
        AND cohort_id = :cohort_id
        AND period NOT IN (SELECT period FROM given)
),
saved_periods AS (
    INSERT INTO cohort_periods (run_id, cohort_id, period, active_customers, revenue)
    SELECT run_id, CAST(:cohort_id AS text), period, active_customers, revenue
    FROM run CROSS JOIN given
    ON CONFLICT (run_id, cohort_id, period) DO UPDATE SET
        active_customers = excluded.active_customers,
        revenue = excluded.revenue
)
SELECT run_id FROM run
"""
# One row per period, at least one per cohort: JSON would turn exact amounts into floats.
_COHORTS = f"""
SELECT
    cohort.run_id, cohort.cohort_id, cohort.starts_on, cohort.customers, cohort.revenue,
    cohort.average_ltv, cohort.currency, period.period, period.active_customers, period.revenue
FROM cohorts AS cohort LEFT JOIN cohort_periods AS period USING (run_id, cohort_id)
WHERE cohort.run_id = {CURRENT_RUN}
"""
GET_COHORT = f"{_COHORTS} AND cohort.cohort_id = :cohort_id ORDER BY period.period"
GET_ALL_COHORTS = f"{_COHORTS} ORDER BY cohort.starts_on, cohort.cohort_id, period.period"

# The grouping's bits say by what a row is grouped; the row of 15 is the total.
LTV_ANALYTICS = f"""
WITH found AS (
    SELECT
        segment_id, to_char(first_purchase_day, 'YYYY-MM') AS cohort_id, source, campaign,
        customers, revenue, predicted_clv, residual_value
    FROM ltv_rollups
    WHERE run_id = {CURRENT_RUN}
        AND first_purchase_day >= coalesce(CAST(:start AS date), '-infinity')
        AND first_purchase_day <= coalesce(CAST(:end AS date), 'infinity')
)
SELECT
    {CURRENT_RUN}, CAST(grouping(segment_id, cohort_id, source, campaign) AS integer),
    coalesce(segment_id, cohort_id, source, campaign),
    CAST(coalesce(sum(customers), 0) AS bigint), coalesce(sum(revenue), 0),
    coalesce(sum(predicted_clv), 0), coalesce(sum(residual_value), 0)
FROM found
GROUP BY GROUPING SETS ((), (segment_id), (cohort_id), (source), (campaign))
"""
