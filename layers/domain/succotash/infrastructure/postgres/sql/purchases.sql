-- name: copy_purchase_histories
-- Columns as in the adapter's parser.
COPY (
    WITH ${settled},

    dated AS (
        SELECT
            customer_id,
            ordered_at,
            net,
            day,
            is_purchase AND NOT held_out AS is_past,
            is_purchase AND held_out AS is_later,
            NOT is_purchase AND NOT held_out AS is_given_back,
            min(day) FILTER (WHERE is_purchase AND NOT held_out)
                OVER (PARTITION BY customer_id) AS first_day
        FROM settled
    ),

    today AS MATERIALIZED (
        SELECT cast(as_of AT TIME ZONE zone AS date) AS day
        FROM moment
    )

    SELECT
        customer_id,
        first_day - date '1970-01-01' AS first_day_number,
        count(DISTINCT day) FILTER (WHERE is_past) - 1 AS frequency,
        max(day) FILTER (WHERE is_past) - first_day AS recency,
        (SELECT today.day FROM today) - first_day AS age,
        count(DISTINCT day) FILTER (WHERE is_later) AS holdout,
        count(*) FILTER (WHERE is_past) AS orders,
        trunc(10000 * sum(net) FILTER (WHERE is_past)) AS revenue,
        trunc(10000 * coalesce(sum(net) FILTER (WHERE is_past AND day > first_day), 0))
            AS repeat_revenue,
        trunc(10000 * coalesce(sum(net) FILTER (WHERE is_later), 0)) AS holdout_revenue,
        trunc(10000 * coalesce(sum(net) FILTER (WHERE is_given_back), 0)) AS over_refunds,
        to_char(
            min(ordered_at) FILTER (WHERE is_past) AT TIME ZONE 'UTC',
            'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'
        ) AS first_purchase_at,
        to_char(
            max(ordered_at) FILTER (WHERE is_past) AT TIME ZONE 'UTC',
            'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'
        ) AS last_purchase_at
    FROM dated
    WHERE first_day IS NOT NULL
    GROUP BY customer_id, first_day
    ORDER BY customer_id
) TO STDOUT;

-- name: count_purchases_by_week
-- The ledger is read twice, which is quicker than keeping all purchases to read them twice.
WITH ${settled},

span AS MATERIALIZED (
    SELECT
        cut,
        weeks,
        cut + 7 * cast(:first AS integer) AS begins_on,
        cut + 7 * weeks AS ends_before
    FROM (
        SELECT
            cast(as_of AT TIME ZONE zone AS date) AS cut,
            least(
                cast(:stop AS integer),
                (
                    cast(until AT TIME ZONE zone AS date) - cast(as_of AT TIME ZONE zone AS date)
                ) / 7 + 1
            ) AS weeks
        FROM moment
    ) AS whole
),

later AS (
    SELECT
        customer_id,
        day,
        sum(net) AS revenue
    FROM settled
    WHERE
        is_purchase
        AND held_out
        AND day >= (SELECT span.begins_on FROM span)
        AND day < (SELECT span.ends_before FROM span)
    GROUP BY customer_id, day
),

known AS (
    SELECT DISTINCT customer_id
    FROM settled
    WHERE is_purchase AND NOT held_out
),

counted AS (
    SELECT
        (later.day - (SELECT span.cut FROM span)) / 7 AS week,
        count(*) AS purchases,
        sum(later.revenue) AS revenue
    FROM later
    INNER JOIN known ON later.customer_id = known.customer_id
    GROUP BY week
)

SELECT
    weeks.week,
    coalesce(counted.purchases, 0) AS purchases,
    trunc(10000 * coalesce(counted.revenue, 0)) AS revenue
FROM span
CROSS JOIN generate_series(cast(:first AS integer), span.weeks - 1) AS weeks (week)
LEFT JOIN counted ON weeks.week = counted.week
ORDER BY weeks.week;

-- name: get_currencies
SELECT DISTINCT currency
FROM orders
WHERE ordered_at <= cast(:as_of AS timestamptz);
