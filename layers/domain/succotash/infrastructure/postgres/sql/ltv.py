"""Statements of the value repository: orders, customers, values, cohorts, segments."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.domain.value.refunds import RefundWarning
from succotash.infrastructure.postgres.sql.purchases import PURCHASES
from succotash.infrastructure.postgres.sql.runs import CURRENT_RUN, JOINED_RUN, NAMED_RUN
from succotash.infrastructure.postgres.sql.sightings import MEANT, MEET_SEEN

# Keys are sorted, so that two batches with the same orders wait for each other in one direction
# only. An order that another transaction added meanwhile is neither added nor visible: its outcome
# is NULL, and JUDGE_ORDERS, which begins later, sees it.
RECORD_ORDERS = f"""
WITH given AS MATERIALIZED (
    SELECT
        place, customer_id, order_id, ordered_at, CAST(units * 0.0001 AS numeric(19, 4)) AS amount,
        currency, refund_of, email
    FROM json_to_recordset(CAST(:orders AS json)) AS item (
        place integer, customer_id text COLLATE "C", order_id text COLLATE "C",
        ordered_at timestamptz, units bigint, currency text COLLATE "C",
        refund_of text COLLATE "C", email text COLLATE "C"
    )
),
added AS (
    INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency, refund_of)
    SELECT customer_id, order_id, ordered_at, amount, currency, refund_of
    FROM given
    ORDER BY customer_id, order_id
    ON CONFLICT (customer_id, order_id) DO NOTHING
    RETURNING customer_id, order_id
),
judged AS MATERIALIZED (
    SELECT
        given.place, given.customer_id, given.ordered_at, given.email,
        CASE
            WHEN added.order_id IS NOT NULL THEN 'recorded'
            WHEN known.order_id IS NULL THEN NULL
            WHEN (known.ordered_at, known.amount, known.currency, known.refund_of)
                IS NOT DISTINCT FROM
                (given.ordered_at, given.amount, given.currency, given.refund_of)
                THEN 'unchanged'
            ELSE 'conflicting'
        END AS outcome
    FROM given
    LEFT JOIN added USING (customer_id, order_id)
    LEFT JOIN orders AS known USING (customer_id, order_id)
),
seen AS MATERIALIZED (
    SELECT
        customer_id, min(ordered_at) AS first_seen_at,
        (array_agg(email ORDER BY place) FILTER (WHERE email IS NOT NULL))[1] AS email
    FROM judged
    WHERE outcome IN ('recorded', 'unchanged')
    GROUP BY customer_id
),
{MEET_SEEN}
SELECT outcome FROM judged ORDER BY place
"""
JUDGE_ORDERS = """
SELECT
    CASE
        WHEN (known.ordered_at, known.amount, known.currency, known.refund_of)
            IS NOT DISTINCT FROM
            (given.ordered_at, CAST(given.units * 0.0001 AS numeric(19, 4)), given.currency,
                given.refund_of)
            THEN 'unchanged'
        ELSE 'conflicting'
    END
FROM json_to_recordset(CAST(:orders AS json)) AS given (
    place integer, customer_id text COLLATE "C", order_id text COLLATE "C",
    ordered_at timestamptz, units bigint, currency text COLLATE "C",
    refund_of text COLLATE "C"
)
JOIN orders AS known USING (customer_id, order_id)
ORDER BY place
"""

# Orders that come by the ten thousand: COPY into a table of the session's own, then statements
# about all of them. Locks and outcomes are those of RECORD_ORDERS.
MAKE_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_orders (
    place integer NOT NULL,
    customer_id text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    ordered_at timestamptz NOT NULL,
    amount numeric(19, 4) NOT NULL,
    currency text COLLATE "C" NOT NULL,
    refund_of text COLLATE "C",
    email text COLLATE "C"
) ON COMMIT DELETE ROWS
"""
# At the planner's default price of a random page, a few thousand looks into an index seem dearer
# than reading all of a large table.
PREFER_INDEXES = "SELECT set_config('random_page_cost', '1.1', true)"
CLEAR_STAGE = "DELETE FROM pg_temp.staged_orders"
STAGE_ORDERS = "COPY pg_temp.staged_orders FROM STDIN"
ADD_STAGED_ORDERS = """
WITH added AS (
    INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency, refund_of)
    SELECT customer_id, order_id, ordered_at, amount, currency, refund_of
    FROM pg_temp.staged_orders
    ORDER BY customer_id, order_id
    ON CONFLICT (customer_id, order_id) DO NOTHING
    RETURNING customer_id, order_id
)
SELECT place
FROM pg_temp.staged_orders AS given
WHERE NOT EXISTS (
    SELECT
    FROM added
    WHERE added.customer_id = given.customer_id AND added.order_id = given.order_id
)
ORDER BY place
"""
JUDGE_STAGED_ORDERS = """
SELECT
    place,
    CASE
        WHEN (known.ordered_at, known.amount, known.currency, known.refund_of)
            IS NOT DISTINCT FROM
            (given.ordered_at, given.amount, given.currency, given.refund_of)
            THEN 'unchanged'
        ELSE 'conflicting'
    END
FROM unnest(CAST(:places AS integer[])) AS named (place)
JOIN pg_temp.staged_orders AS given USING (place)
JOIN orders AS known USING (customer_id, order_id)
"""
UNSTAGE_ORDERS = """
DELETE FROM pg_temp.staged_orders AS given
USING unnest(CAST(:places AS integer[])) AS named (place)
WHERE given.place = named.place
"""
# Most of a large batch are known customers of whom nothing new is learned; an upsert would lock
# and rewrite each of them.
MEET_STAGED_CUSTOMERS = f"""
WITH sighted AS MATERIALIZED (
    SELECT
        customer_id, min(ordered_at) AS first_seen_at,
        (array_agg(email ORDER BY place) FILTER (WHERE email IS NOT NULL))[1] AS email
    FROM pg_temp.staged_orders
    GROUP BY customer_id
),
seen AS MATERIALIZED (
    SELECT customer_id, sighted.first_seen_at, sighted.email
    FROM sighted LEFT JOIN customers AS known USING (customer_id)
    WHERE known.first_seen_at IS NULL
        OR sighted.first_seen_at < known.first_seen_at
        OR (known.canonical_email IS NULL AND sighted.email IS NOT NULL)
        OR (known.lead_id IS NULL AND known.canonical_email = sighted.email)
),
{MEET_SEEN}
SELECT count(*) FROM seen
"""

# Lines that were warned of stand among the rejected ones, told by the code of their only violation.
# They outlive the import, because their count does.
_IS_WARNED = "(violations #>> '{{0,1}}' IN ({})) IS TRUE".format(
    ", ".join(f"'{each}'" for each in RefundWarning)
)
OPEN_IMPORT = f"""
INSERT INTO order_imports (import_id)
VALUES (:import_id)
ON CONFLICT (import_id) DO UPDATE SET import_id = excluded.import_id
RETURNING
    byte_offset, line, recorded, unchanged, conflicting, rejected, erased, is_finished,
    (
        SELECT count(*)
        FROM order_import_rejections AS told
        WHERE told.import_id = order_imports.import_id AND {_IS_WARNED}
    )
"""
SAVE_IMPORT = """
WITH rejected AS (
    INSERT INTO order_import_rejections (import_id, line, is_conflicting, violations)
    SELECT CAST(:import_id AS text), line, is_conflicting, violations
    FROM json_to_recordset(CAST(:rejections AS json)) AS given (
        line bigint, is_conflicting boolean, violations jsonb
    )
    WHERE EXISTS (SELECT FROM order_imports WHERE import_id = :import_id)
)
UPDATE order_imports
SET
    byte_offset = CAST(:byte_offset AS bigint),
    line = CAST(:line AS bigint),
    recorded = CAST(:recorded AS bigint),
    unchanged = CAST(:unchanged AS bigint),
    conflicting = CAST(:conflicting AS bigint),
    rejected = CAST(:rejected AS bigint),
    erased = CAST(:erased AS bigint)
WHERE import_id = :import_id
RETURNING import_id
"""
GET_REJECTED_LINES = f"""
SELECT line, violations, is_conflicting
FROM order_import_rejections
WHERE import_id = :import_id AND line > CAST(:after AS bigint) AND NOT {_IS_WARNED}
ORDER BY line
LIMIT CAST(:limit AS bigint)
"""
GET_WARNED_LINES = f"""
SELECT line, violations #>> '{{0,1}}'
FROM order_import_rejections
WHERE import_id = :import_id AND line > CAST(:after AS bigint) AND {_IS_WARNED}
ORDER BY line
LIMIT CAST(:limit AS bigint)
"""
FINISH_IMPORT = f"""
WITH forgotten AS (
    DELETE FROM order_import_rejections WHERE import_id = :import_id AND NOT {_IS_WARNED}
)
UPDATE order_imports SET is_finished = true WHERE import_id = :import_id RETURNING import_id
"""

# Columns as in the adapter's parser: numbers first, the id last.
PURCHASE_HISTORIES = f"""
COPY (
WITH {PURCHASES},
dated AS (
    SELECT
        customer_id, ordered_at, net, day, is_purchase AND NOT held_out AS is_past,
        is_purchase AND held_out AS is_later, NOT is_purchase AND NOT held_out AS is_given_back,
        min(day) FILTER (WHERE is_purchase AND NOT held_out)
            OVER (PARTITION BY customer_id) AS first_day
    FROM settled
),
today AS MATERIALIZED (
    SELECT CAST(as_of AT TIME ZONE zone AS date) AS day FROM moment
)
SELECT
    first_day - date '1970-01-01',
    count(DISTINCT day) FILTER (WHERE is_past) - 1,
    max(day) FILTER (WHERE is_past) - first_day,
    (SELECT day FROM today) - first_day,
    count(DISTINCT day) FILTER (WHERE is_later),
    count(*) FILTER (WHERE is_past),
    trunc(10000 * sum(net) FILTER (WHERE is_past)),
    trunc(10000 * coalesce(sum(net) FILTER (WHERE is_past AND day > first_day), 0)),
    trunc(10000 * coalesce(sum(net) FILTER (WHERE is_later), 0)),
    trunc(10000 * coalesce(sum(net) FILTER (WHERE is_given_back), 0)),
    to_char(
        min(ordered_at) FILTER (WHERE is_past) AT TIME ZONE 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'
    ),
    to_char(
        max(ordered_at) FILTER (WHERE is_past) AT TIME ZONE 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'
    ),
    customer_id
FROM dated
WHERE first_day IS NOT NULL
GROUP BY customer_id, first_day
ORDER BY customer_id
) TO STDOUT
"""
PURCHASES_BY_WEEK = f"""
WITH {PURCHASES},
span AS MATERIALIZED (
    SELECT
        CAST(as_of AT TIME ZONE zone AS date) AS cut, CAST(until AT TIME ZONE zone AS date) AS last
    FROM moment
),
later AS (
    SELECT DISTINCT customer_id, day FROM purchases WHERE held_out
),
known AS (
    SELECT DISTINCT customer_id FROM purchases WHERE NOT held_out
),
counted AS (
    SELECT (day - (SELECT cut FROM span)) / 7 AS week, count(*) AS purchases
    FROM later JOIN known USING (customer_id)
    GROUP BY week
)
SELECT weeks.week, coalesce(purchases, 0)
FROM span
CROSS JOIN generate_series(0, (last - cut) / 7) AS weeks (week)
LEFT JOIN counted ON counted.week = weeks.week
ORDER BY weeks.week
"""
CURRENCIES = """
SELECT DISTINCT currency FROM orders WHERE ordered_at <= CAST(:as_of AS timestamptz)
"""

_CUSTOMER = "SELECT customer_id, first_seen_at, canonical_email, lead_id FROM customers"
GET_CUSTOMER = f"{_CUSTOMER} WHERE customer_id = {MEANT}"
CUSTOMERS_BY_EMAIL = f"""
{_CUSTOMER}
WHERE canonical_email = :canonical_email
ORDER BY customer_id
"""
# A limit of NULL is none.
NEWEST_ORDERS = f"""
SELECT customer_id, order_id, ordered_at, amount, currency, refund_of
FROM orders
WHERE customer_id = {MEANT}
ORDER BY ordered_at DESC, order_id DESC
LIMIT CAST(:limit AS bigint)
"""
SAVE_CUSTOMER_LTV = f"""
WITH {JOINED_RUN},
saved AS (
    INSERT INTO customer_ltv (
        run_id, customer_id, actual_clv, residual_value, average_order_value, currency,
        order_count, frequency, lifetime_months, probability_alive, expected_purchases_30,
        expected_purchases_90, expected_purchases_365, segment_id, cohort_id, first_purchase_at,
        last_purchase_at, residual_low, residual_high
    )
    SELECT
        run_id, CAST(:customer_id AS text), CAST(:actual_clv AS bigint) * 0.0001,
        CAST(:residual_value AS bigint) * 0.0001, CAST(:average_order_value AS bigint) * 0.0001,
        CAST(:currency AS text), CAST(:order_count AS integer), CAST(:frequency AS integer),
        CAST(:lifetime_months AS double precision), CAST(:probability_alive AS double precision),
        CAST(:expected_purchases_30 AS double precision),
        CAST(:expected_purchases_90 AS double precision),
        CAST(:expected_purchases_365 AS double precision), CAST(:segment_id AS text),
        CAST(:cohort_id AS text), CAST(:first_purchase_at AS timestamptz),
        CAST(:last_purchase_at AS timestamptz), CAST(:residual_low AS bigint) * 0.0001,
        CAST(:residual_high AS bigint) * 0.0001
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
        residual_high = excluded.residual_high
)
SELECT run_id FROM run
"""
CLEAR_CUSTOMER_VALUES = f"""
WITH {NAMED_RUN},
gone AS (
    DELETE FROM customer_ltv WHERE run_id = (SELECT run_id FROM run)
)
SELECT run_id FROM run
"""
COPY_CUSTOMER_VALUES = """
COPY customer_ltv (
    run_id, currency, customer_id, actual_clv, residual_value, average_order_value, order_count,
    frequency, lifetime_months, probability_alive, expected_purchases_30, expected_purchases_90,
    expected_purchases_365, segment_id, cohort_id, first_purchase_at, last_purchase_at,
    residual_low, residual_high
) FROM STDIN
"""

_CUSTOMER_LTV = f"""
SELECT
    customer_id, actual_clv, residual_value, average_order_value, currency, order_count, frequency,
    lifetime_months, probability_alive, expected_purchases_30, expected_purchases_90,
    expected_purchases_365, segment_id, cohort_id, first_purchase_at, last_purchase_at, run_id,
    residual_low, residual_high
FROM customer_ltv
WHERE run_id = {CURRENT_RUN}
"""
_BY_VALUE = """
    AND predicted_clv <= CAST(:predicted_clv AS numeric)
    AND (predicted_clv < CAST(:predicted_clv AS numeric) OR customer_id > CAST(:id AS text))
ORDER BY predicted_clv DESC, customer_id
LIMIT CAST(:limit AS bigint)
"""
GET_CUSTOMER_LTV = f"{_CUSTOMER_LTV} AND customer_id = {MEANT}"
CUSTOMERS = f"{_CUSTOMER_LTV} {_BY_VALUE}"
CUSTOMERS_OF_SEGMENT = f"{_CUSTOMER_LTV} AND segment_id = :segment_id {_BY_VALUE}"
CUSTOMERS_OF_COHORT = f"{_CUSTOMER_LTV} AND cohort_id = :cohort_id {_BY_VALUE}"
CUSTOMERS_OF_BOTH = f"""
{_CUSTOMER_LTV} AND segment_id = :segment_id AND cohort_id = :cohort_id {_BY_VALUE}
"""

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

SAVE_LTV_SEGMENT = """
INSERT INTO ltv_segments (segment_id, name, description, lower_quantile, lower_bound, currency)
VALUES (
    :segment_id, :name, :description, CAST(:lower_quantile AS double precision),
    CAST(:lower_bound AS bigint) * 0.0001, CAST(:currency AS text)
)
ON CONFLICT (segment_id) DO UPDATE SET
    name = excluded.name,
    description = excluded.description,
    lower_quantile = excluded.lower_quantile,
    lower_bound = excluded.lower_bound,
    currency = excluded.currency
"""
SAVE_SEGMENT_BOUNDS = """
WITH given AS (
    SELECT segment_id, units * 0.0001 AS lower_bound, currency
    FROM jsonb_to_recordset(CAST(:bounds AS jsonb)) AS item (
        segment_id text COLLATE "C", units bigint, currency text COLLATE "C"
    )
),
unknown AS (
    SELECT count(*) AS segments
    FROM given
    WHERE NOT EXISTS (SELECT FROM ltv_segments WHERE segment_id = given.segment_id)
),
run AS (
    SELECT run_id FROM scoring_runs WHERE run_id = :run_id FOR KEY SHARE
),
usable AS (
    SELECT run_id FROM run WHERE (SELECT segments FROM unknown) = 0
),
gone AS (
    DELETE FROM ltv_segment_results
    WHERE run_id = (SELECT run_id FROM usable)
        AND segment_id NOT IN (SELECT segment_id FROM given)
),
saved AS (
    INSERT INTO ltv_segment_results (run_id, segment_id, lower_bound, currency)
    SELECT run_id, segment_id, lower_bound, currency
    FROM usable CROSS JOIN given
    ON CONFLICT (run_id, segment_id) DO UPDATE SET
        lower_bound = excluded.lower_bound,
        currency = excluded.currency
)
SELECT EXISTS (SELECT FROM run), segments FROM unknown
"""
# What a run found stands in its rollups; a run without them yet is counted row by row.
_SEGMENTS = f"""
WITH rollups AS (
    SELECT segment_id, sum(customers) AS customers, sum(predicted_clv) AS total_value
    FROM ltv_rollups
    WHERE run_id = {CURRENT_RUN}
    GROUP BY segment_id
),
found AS (
    SELECT segment_id, customers, total_value FROM rollups
    UNION ALL
    SELECT segment_id, count(*), sum(predicted_clv)
    FROM customer_ltv
    WHERE run_id = {CURRENT_RUN} AND NOT EXISTS (SELECT FROM rollups)
    GROUP BY segment_id
)
SELECT
    segment.segment_id, segment.name, segment.description, segment.lower_quantile,
    segment.lower_bound, segment.currency, result.run_id, result.lower_bound, result.currency,
    CAST(coalesce(found.customers, 0) AS bigint), coalesce(found.total_value, 0)
FROM ltv_segments AS segment
LEFT JOIN ltv_segment_results AS result
    ON result.segment_id = segment.segment_id AND result.run_id = {CURRENT_RUN}
LEFT JOIN found ON found.segment_id = segment.segment_id
"""
GET_LTV_SEGMENT = f"{_SEGMENTS} WHERE segment.segment_id = :segment_id"
GET_ALL_LTV_SEGMENTS = f"""
{_SEGMENTS}
ORDER BY segment.lower_quantile NULLS LAST, segment.lower_bound, segment.segment_id
"""

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
