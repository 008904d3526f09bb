"""Purchases as every aggregate over the order ledger counts them, and what models are fitted to.

The aggregates leave the database by COPY, which takes no parameters, so what they depend on is set
for the transaction before them.
"""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

# The index of each ledger gives its rows in the order the aggregates need; at the price the planner
# expects of a random page by default (spinning disks) it would sort them anew, in half again the
# time.
SET_AS_OF = """
SELECT
    set_config('succotash.as_of', :as_of, true),
    set_config('succotash.until', :until, true),
    set_config('succotash.time_zone', :time_zone, true),
    set_config('random_page_cost', '1.1', true)
"""

MOMENT = """
moment AS MATERIALIZED (
    SELECT
        CAST(current_setting('succotash.as_of') AS timestamptz) AS as_of,
        CAST(current_setting('succotash.until') AS timestamptz) AS until,
        current_setting('succotash.time_zone') AS zone
)
"""
# An order counts as of the moment asked for, one held out as of the end of the holdout; `refunded`
# is NULL where nothing was. An order refunded beyond its amount is no purchase, its net below 0.
PURCHASES = f"""
{MOMENT},
refunds AS (
    SELECT
        customer_id, refund_of AS order_id, sum(amount) AS amount,
        sum(amount) FILTER (WHERE ordered_at <= (SELECT as_of FROM moment)) AS amount_as_of
    FROM orders
    WHERE refund_of IS NOT NULL AND ordered_at <= (SELECT until FROM moment)
    GROUP BY customer_id, refund_of
),
netted AS (
    SELECT
        customer_id, ordered_at, original.amount,
        ordered_at > (SELECT as_of FROM moment) AS held_out,
        CASE
            WHEN ordered_at > (SELECT as_of FROM moment) THEN refunds.amount
            ELSE refunds.amount_as_of
        END AS refunded
    FROM orders AS original LEFT JOIN refunds USING (customer_id, order_id)
    WHERE refund_of IS NULL AND ordered_at <= (SELECT until FROM moment)
),
settled AS NOT MATERIALIZED (
    SELECT
        customer_id, ordered_at, held_out, amount + coalesce(refunded, 0) AS net,
        CAST(ordered_at AT TIME ZONE (SELECT zone FROM moment) AS date) AS day,
        refunded IS NULL OR amount + refunded > 0 AS is_purchase
    FROM netted
),
purchases AS (
    SELECT customer_id, ordered_at, held_out, net, day FROM settled WHERE is_purchase
)
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
