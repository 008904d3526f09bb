-- name: clear_grid_parts
WITH ${named_run},

deleted AS (
    DELETE FROM grid_parts
    WHERE
        run_id = (SELECT run.run_id FROM run)
        AND (cast(:shard AS smallint) IS NULL OR shard = cast(:shard AS smallint))
)

SELECT run_id FROM run;

-- part: asked_at
-- When a known lead asked for the first time.
(
    SELECT min(submission.submitted_at) AS asked_at
    FROM form_submissions AS submission
    WHERE
        submission.lead_id = known.lead_id
        AND submission.state IN ('accepted', 'duplicate')
        AND submission.submitted_at <= (SELECT moment.as_of FROM moment)
)

-- part: other_customer_of_the_lead
-- Who comes after the run's moment ties no lead to a second customer between shards and finish.
(
    SELECT
    FROM customers AS other
    WHERE
        other.lead_id = known.lead_id
        AND other.customer_id <> known.customer_id
        AND other.first_seen_at <= (SELECT moment.as_of FROM moment)
)

-- name: find_shared_leads
WITH ${moment}

SELECT
    known.customer_id,
    known.lead_id
FROM customers AS known
WHERE
    known.lead_id IS NOT NULL
    AND known.first_seen_at <= (SELECT moment.as_of FROM moment)
    AND EXISTS ${other_customer_of_the_lead};

-- part: count_parts
-- On which days who joined when was active since, and on which the time before. Those who joined by
-- buying or by an event was active on that day; a lead was, where something came after the form.
-- Customers active in a period are counted on the first of their days in it, so that nobody has to
-- be told apart; and of those who are counted together, there are no more kinds than pairs of days.
-- 0001-01-01 was a Monday, with which weeks begin (ISO 8601). Rows go in in order, so that of two
-- who score the same shard one waits.
by_day AS (
    SELECT
        person,
        day,
        bool_or(bought) AS bought,
        bool_or(NOT bought) AS did,
        max(happened_at) AS latest,
        min(asked_at) AS asked_at
    FROM happened
    GROUP BY person, day
),

days AS MATERIALIZED (
    SELECT
        day,
        bought,
        latest,
        min(day) FILTER (WHERE bought) OVER whole AS first_bought,
        max(day) FILTER (WHERE bought) OVER whole AS last_bought,
        min(day) FILTER (WHERE did) OVER whole AS first_did,
        max(day) OVER whole AS last_day,
        min(asked_at) OVER whole AS asked_at,
        min(cast(asked_at AT TIME ZONE (SELECT moment.zone FROM moment) AS date))
            OVER whole AS asked_on,
        max(day) FILTER (WHERE bought) OVER earlier AS bought_before,
        max(day) OVER earlier AS day_before,
        max(latest) OVER earlier AS latest_before
    FROM by_day
    WINDOW
        whole AS (PARTITION BY person),
        earlier AS (
            PARTITION BY person ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )
),

lives AS (
    SELECT
        'purchase' AS origin,
        first_bought AS first_day,
        day,
        bought_before AS day_before,
        day = last_bought AS is_last
    FROM days
    WHERE bought
    UNION ALL
    SELECT
        'activity' AS origin,
        first_did AS first_day,
        day,
        CASE WHEN day_before >= first_did THEN day_before END AS day_before,
        day = last_day AS is_last
    FROM days
    WHERE day >= first_did
    UNION ALL
    SELECT
        'form' AS origin,
        asked_on AS first_day,
        day,
        CASE WHEN latest_before >= asked_at THEN day_before END AS day_before,
        day = last_day AS is_last
    FROM days
    WHERE latest >= asked_at AND day >= asked_on
),

counted AS MATERIALIZED (
    SELECT
        origin,
        first_day,
        day,
        count(*) FILTER (WHERE day IS DISTINCT FROM day_before) AS of_day,
        count(*) FILTER (
            WHERE
            day - (day - date '0001-01-01') % 7
            IS DISTINCT FROM day_before - (day_before - date '0001-01-01') % 7
        ) AS of_week,
        count(*) FILTER (
            WHERE
            cast(date_trunc('month', cast(day AS timestamp)) AS date)
            IS DISTINCT FROM cast(date_trunc('month', cast(day_before AS timestamp)) AS date)
        ) AS of_month,
        count(*) FILTER (
            WHERE
            width_bucket(day - first_day, cast(:bracket_starts AS integer[]))
            IS DISTINCT FROM
            width_bucket(day_before - first_day, cast(:bracket_starts AS integer[]))
        ) AS of_bracket,
        count(*) FILTER (WHERE is_last) AS lasts
    FROM lives
    GROUP BY origin, first_day, day
),

by_period AS (
    SELECT
        counted.origin,
        counted.lasts,
        periods.period,
        periods.length,
        CASE periods.period
            WHEN 'day' THEN counted.of_day
            WHEN 'week' THEN counted.of_week
            ELSE counted.of_month
        END AS members,
        CASE periods.period
            WHEN 'day' THEN counted.first_day
            WHEN 'week' THEN counted.first_day - (counted.first_day - date '0001-01-01') % 7
            ELSE cast(date_trunc('month', cast(counted.first_day AS timestamp)) AS date)
        END AS starts_on,
        CASE periods.period
            WHEN 'day' THEN counted.day - counted.first_day
            WHEN 'week'
                THEN (
                    counted.day - counted.first_day + (counted.first_day - date '0001-01-01') % 7
                ) / 7
            ELSE cast(
                12 * (extract(YEAR FROM counted.day) - extract(YEAR FROM counted.first_day))
                + extract(MONTH FROM counted.day) - extract(MONTH FROM counted.first_day)
                AS integer
            )
        END AS place
    FROM counted
    CROSS JOIN (
        VALUES
        ('day', cast(:day_length AS integer)),
        ('week', cast(:week_length AS integer)),
        ('month', cast(:month_length AS integer))
    ) AS periods (period, length)
),

placed AS (
    SELECT
        origin,
        period,
        'active' AS kind,
        starts_on,
        place,
        members
    FROM by_period
    WHERE members > 0 AND place <= length
    UNION ALL
    SELECT
        origin,
        period,
        'last' AS kind,
        starts_on,
        least(place, length) AS place,
        lasts AS members
    FROM by_period
    WHERE lasts > 0
    UNION ALL
    SELECT
        origin,
        'day' AS period,
        'bracket' AS kind,
        first_day AS starts_on,
        width_bucket(day - first_day, cast(:bracket_starts AS integer[])) - 1 AS place,
        of_bracket AS members
    FROM counted
    WHERE
        of_bracket > 0
        AND day - first_day <= (cast(:bracket_ends AS integer[]))[
            width_bucket(day - first_day, cast(:bracket_starts AS integer[]))
        ]
),

cells AS (
    SELECT
        origin,
        period,
        kind,
        starts_on,
        place,
        cast(sum(members) AS integer) AS members
    FROM placed
    GROUP BY origin, period, kind, starts_on, place
)

INSERT INTO grid_parts (
    origin, period, kind, cohort_starts_on, run_id, shard, places, members
)
SELECT
    origin,
    period,
    kind,
    starts_on AS cohort_starts_on,
    cast(:run_id AS text) AS run_id,
    cast(:shard AS smallint) AS shard,
    array_agg(place) AS places,
    array_agg(members) AS members
FROM cells
GROUP BY origin, period, kind, starts_on
ORDER BY origin, period, kind, starts_on

-- name: build_grid_parts
-- What happened to whom when, as `purchases` counts it, and when who is a lead asked: that goes
-- along with it instead of being joined to it, as the planner cannot know how many leads are
-- customers. A lead's other customers may be of other shards: who has any is counted when shards
-- are merged.
WITH ${purchases},

happened AS (
    SELECT
        customer_id AS person,
        ordered_at AS happened_at,
        day,
        TRUE AS bought,
        cast(NULL AS timestamptz) AS asked_at
    FROM purchases
    UNION ALL
    SELECT
        customer_id AS person,
        occurred_at AS happened_at,
        cast(occurred_at AT TIME ZONE (SELECT moment.zone FROM moment) AS date) AS day,
        FALSE AS bought,
        NULL AS asked_at
    FROM activity_events${shard}
    WHERE occurred_at <= (SELECT moment.as_of FROM moment)
    UNION ALL
    SELECT
        known.customer_id AS person,
        NULL AS happened_at,
        NULL AS day,
        NULL AS bought,
        form.asked_at
    FROM customers AS known
    CROSS JOIN LATERAL ${asked_at} AS form
    WHERE
        known.lead_id IS NOT NULL
        AND (
            cast(:shards AS integer) IS NULL
            OR satisfies_hash_partition(
                cast('orders' AS regclass),
                cast(:shards AS integer),
                cast(:shard AS integer),
                known.customer_id
            )
        )
        AND known.first_seen_at <= (SELECT moment.as_of FROM moment)
        AND NOT EXISTS ${other_customer_of_the_lead}
),

${count_parts};

-- name: build_shared_grid_parts
-- Nobody joined by buying or by an event here: those are customers, and counted as such.
WITH ${purchases},

tied AS (
    SELECT
        item.customer_id COLLATE "C" AS customer_id,
        item.lead_id COLLATE "C" AS lead_id
    FROM unnest(cast(:customer_ids AS text[]), cast(:lead_ids AS text[])) AS item (
        customer_id, lead_id
    )
),

happened AS (
    SELECT
        tied.lead_id AS person,
        purchases.ordered_at AS happened_at,
        purchases.day,
        cast(NULL AS boolean) AS bought,
        cast(NULL AS timestamptz) AS asked_at
    FROM purchases
    INNER JOIN tied ON purchases.customer_id = tied.customer_id
    UNION ALL
    SELECT
        tied.lead_id AS person,
        event.occurred_at AS happened_at,
        cast(event.occurred_at AT TIME ZONE (SELECT moment.zone FROM moment) AS date) AS day,
        NULL AS bought,
        NULL AS asked_at
    FROM activity_events AS event
    INNER JOIN tied ON event.customer_id = tied.customer_id
    WHERE event.occurred_at <= (SELECT moment.as_of FROM moment)
    UNION ALL
    SELECT
        known.lead_id AS person,
        NULL AS happened_at,
        NULL AS day,
        NULL AS bought,
        form.asked_at
    FROM (SELECT DISTINCT lead_id FROM tied) AS known
    CROSS JOIN LATERAL ${asked_at} AS form
),

${count_parts};
