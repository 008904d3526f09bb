-- name: clear_lifecycle
WITH ${named_run},

deleted AS (
    DELETE FROM lifecycle_counts
    WHERE
        run_id = (SELECT run.run_id FROM run)
        AND (cast(:shard AS integer) IS NULL OR shard = cast(:shard AS integer))
)

SELECT run_id FROM run;

-- name: build_lifecycle
-- As `count_lifecycle` of the domain counts. Presence before the period in front of the
-- first one shown matters only to who is new, which the first day says.
WITH ${purchases},

days AS (
    SELECT
        customer_id,
        day
    FROM purchases
    UNION
    SELECT
        customer_id,
        cast(occurred_at AT TIME ZONE (SELECT moment.zone FROM moment) AS date) AS day
    FROM activity_events${shard}
    WHERE occurred_at <= (SELECT moment.as_of FROM moment)
),

lives AS MATERIALIZED (
    SELECT
        day,
        dense_rank() OVER (ORDER BY customer_id) AS customer,
        min(day) OVER (PARTITION BY customer_id) AS first_day
    FROM days
),

spans AS (
    SELECT
        item.period,
        item.before,
        item.first,
        item.last
    FROM jsonb_to_recordset(cast(:spans AS jsonb)) AS item (
        period text, before date, first date, last date
    )
),

present AS (
    SELECT DISTINCT
        spans.period,
        lives.customer,
        cast(date_trunc(spans.period, cast(lives.day AS timestamp)) AS date) AS starts_on,
        cast(date_trunc(spans.period, cast(lives.first_day AS timestamp)) AS date) AS born
    FROM lives
    INNER JOIN spans ON lives.day >= spans.before
),

moves AS (
    SELECT
        period,
        starts_on,
        born,
        cast(starts_on - cast('1 ' || period AS interval) AS date) AS period_before,
        cast(starts_on + cast('1 ' || period AS interval) AS date) AS period_after,
        lag(starts_on) OVER life AS earlier,
        lead(starts_on) OVER life AS later
    FROM present
    WINDOW life AS (PARTITION BY period, customer ORDER BY starts_on)
),

counts AS (
    SELECT
        period,
        starts_on,
        count(*) FILTER (WHERE starts_on = born) AS arrived,
        count(*) FILTER (WHERE earlier = period_before) AS returned,
        count(*) FILTER (
            WHERE starts_on > born AND earlier IS DISTINCT FROM period_before
        ) AS resurrected,
        0 AS dormant
    FROM moves
    GROUP BY period, starts_on
    UNION ALL
    SELECT
        period,
        period_after AS starts_on,
        0 AS arrived,
        0 AS returned,
        0 AS resurrected,
        count(*) AS dormant
    FROM moves
    WHERE later IS DISTINCT FROM period_after
    GROUP BY period, period_after
)

INSERT INTO lifecycle_counts (
    period, starts_on, run_id, shard, arrived, returned, resurrected, dormant
)
SELECT
    counts.period,
    counts.starts_on,
    cast(:run_id AS text) AS run_id,
    coalesce(cast(:shard AS integer), 0) AS shard,
    sum(counts.arrived) AS arrived,
    sum(counts.returned) AS returned,
    sum(counts.resurrected) AS resurrected,
    sum(counts.dormant) AS dormant
FROM counts
INNER JOIN spans ON counts.period = spans.period
WHERE counts.starts_on BETWEEN spans.first AND spans.last
GROUP BY counts.period, counts.starts_on;

-- name: find_lifecycle
WITH ${label},

counted AS (
    SELECT
        starts_on,
        cast(sum(arrived) AS bigint) AS arrived,
        cast(sum(returned) AS bigint) AS returned,
        cast(sum(resurrected) AS bigint) AS resurrected,
        cast(sum(dormant) AS bigint) AS dormant
    FROM lifecycle_counts
    WHERE run_id = ${current_run} AND period = :period
    GROUP BY starts_on
)

SELECT
    counted.starts_on,
    counted.arrived,
    counted.returned,
    counted.resurrected,
    counted.dormant,
    ${label_columns}
FROM label
LEFT JOIN counted ON TRUE
WINDOW place AS (ORDER BY counted.starts_on ASC)
ORDER BY counted.starts_on ASC;
