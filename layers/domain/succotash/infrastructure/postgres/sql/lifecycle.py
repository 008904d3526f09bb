"""Who came, stayed, came back and went, period by period, as a scoring run keeps it."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.infrastructure.postgres.sql.purchases import PURCHASES
from succotash.infrastructure.postgres.sql.runs import CURRENT_RUN, NAMED_RUN

CLEAR_LIFECYCLE = f"""
WITH {NAMED_RUN},
gone AS (
    DELETE FROM lifecycle_counts
    WHERE run_id = (SELECT run_id FROM run)
        AND (CAST(:shard AS integer) IS NULL OR shard = CAST(:shard AS integer))
)
SELECT run_id FROM run
"""
# As `count_lifecycle` of the domain counts. Presence before the period in front of the
# first one shown matters only to who is new, which the first day says.
BUILD_LIFECYCLE = f"""
WITH {PURCHASES},
days AS (
    SELECT customer_id, day FROM purchases
    UNION
    SELECT customer_id, CAST(occurred_at AT TIME ZONE (SELECT zone FROM moment) AS date)
    FROM activity_events
    WHERE occurred_at <= (SELECT as_of FROM moment)
),
lives AS MATERIALIZED (
    SELECT
        dense_rank() OVER (ORDER BY customer_id) AS customer, day,
        min(day) OVER (PARTITION BY customer_id) AS first_day
    FROM days
),
spans AS (
    SELECT period, before, first, last
    FROM jsonb_to_recordset(CAST(:spans AS jsonb)) AS item (
        period text, before date, first date, last date
    )
),
present AS (
    SELECT DISTINCT
        period, customer, CAST(date_trunc(period, CAST(day AS timestamp)) AS date) AS starts_on,
        CAST(date_trunc(period, CAST(first_day AS timestamp)) AS date) AS born
    FROM lives JOIN spans ON day >= before
),
moves AS (
    SELECT
        period, starts_on, born,
        lag(starts_on) OVER life AS earlier, lead(starts_on) OVER life AS later,
        CAST(starts_on - CAST('1 ' || period AS interval) AS date) AS period_before,
        CAST(starts_on + CAST('1 ' || period AS interval) AS date) AS period_after
    FROM present
    WINDOW life AS (PARTITION BY period, customer ORDER BY starts_on)
),
counts AS (
    SELECT
        period, starts_on, count(*) FILTER (WHERE starts_on = born) AS arrived,
        count(*) FILTER (WHERE earlier = period_before) AS returned,
        count(*) FILTER (
            WHERE starts_on > born AND earlier IS DISTINCT FROM period_before
        ) AS resurrected,
        0 AS dormant
    FROM moves
    GROUP BY period, starts_on
    UNION ALL
    SELECT period, period_after, 0, 0, 0, count(*)
    FROM moves
    WHERE later IS DISTINCT FROM period_after
    GROUP BY period, period_after
)
INSERT INTO lifecycle_counts (
    run_id, shard, period, starts_on, arrived, returned, resurrected, dormant
)
SELECT
    CAST(:run_id AS text), coalesce(CAST(:shard AS integer), 0), period, starts_on,
    sum(arrived), sum(returned), sum(resurrected), sum(dormant)
FROM counts JOIN spans USING (period)
WHERE starts_on BETWEEN first AND last
GROUP BY period, starts_on
"""
GET_LIFECYCLE = f"""
SELECT
    starts_on, CAST(sum(arrived) AS bigint), CAST(sum(returned) AS bigint),
    CAST(sum(resurrected) AS bigint), CAST(sum(dormant) AS bigint)
FROM lifecycle_counts
WHERE run_id = {CURRENT_RUN} AND period = :period
GROUP BY starts_on
ORDER BY starts_on
"""
