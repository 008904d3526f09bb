-- name: count_grid
-- As `succotash.domain.retention.grids.count_grid` counts. A branch for another origin than the one
-- asked for has a condition without columns, so that it is not even begun.
WITH ${purchases},

came_back AS MATERIALIZED (
    SELECT
        customer_id AS person,
        ordered_at AS happened_at,
        day,
        net
    FROM purchases
    WHERE :origin <> 'form'
    UNION ALL
    SELECT
        customer_id AS person,
        occurred_at AS happened_at,
        cast(occurred_at AT TIME ZONE (SELECT moment.zone FROM moment) AS date) AS day,
        0 AS net
    FROM activity_events
    WHERE :origin = 'activity' AND occurred_at <= (SELECT moment.as_of FROM moment)
    UNION ALL
    SELECT
        customers.lead_id AS person,
        purchases.ordered_at AS happened_at,
        purchases.day,
        purchases.net
    FROM purchases
    INNER JOIN customers ON purchases.customer_id = customers.customer_id
    WHERE :origin = 'form' AND customers.lead_id IS NOT NULL
    UNION ALL
    SELECT
        customers.lead_id AS person,
        event.occurred_at AS happened_at,
        cast(event.occurred_at AT TIME ZONE (SELECT moment.zone FROM moment) AS date) AS day,
        0 AS net
    FROM activity_events AS event
    INNER JOIN customers ON event.customer_id = customers.customer_id
    WHERE
        :origin = 'form'
        AND customers.lead_id IS NOT NULL
        AND event.occurred_at <= (SELECT moment.as_of FROM moment)
),

origins AS (
    SELECT
        person,
        happened_at,
        day
    FROM came_back
    WHERE :origin = 'purchase'
    UNION ALL
    SELECT
        customer_id AS person,
        occurred_at AS happened_at,
        cast(occurred_at AT TIME ZONE (SELECT moment.zone FROM moment) AS date) AS day
    FROM activity_events
    WHERE :origin = 'activity' AND occurred_at <= (SELECT moment.as_of FROM moment)
    UNION ALL
    SELECT
        lead_id AS person,
        submitted_at AS happened_at,
        cast(submitted_at AT TIME ZONE (SELECT moment.zone FROM moment) AS date) AS day
    FROM form_submissions
    WHERE
        :origin = 'form'
        AND lead_id IS NOT NULL
        AND state IN ('accepted', 'duplicate')
        AND submitted_at <= (SELECT moment.as_of FROM moment)
),

dated AS (
    SELECT
        person,
        happened_at,
        day,
        cast(date_trunc(cast(:period AS text), cast(day AS timestamp)) AS date) AS starts_on
    FROM origins
),

ranked AS (
    SELECT
        person,
        happened_at,
        day,
        starts_on,
        row_number() OVER (
            PARTITION BY person, CASE WHEN cast(:recurring AS boolean) THEN starts_on END
            ORDER BY happened_at
        ) AS nth
    FROM dated
),

joined AS MATERIALIZED (
    SELECT
        person,
        happened_at,
        day,
        starts_on
    FROM ranked
    WHERE nth = 1 AND day BETWEEN cast(:first_day AS date) AND cast(:last_day AS date)
),

since AS (
    SELECT
        joined.person,
        joined.starts_on,
        came_back.net,
        came_back.day,
        CASE
            WHEN cast(:by_hours AS boolean)
                THEN cast(
                    floor(
                        extract(EPOCH FROM came_back.happened_at - joined.happened_at) / 86400
                    ) AS integer
                )
            ELSE came_back.day - joined.day
        END AS days
    FROM joined
    INNER JOIN came_back ON joined.person = came_back.person
    WHERE came_back.happened_at >= joined.happened_at
),

brackets AS (
    SELECT
        item.place,
        item.first,
        item.last
    FROM jsonb_to_recordset(cast(:brackets AS jsonb)) AS item (
        place integer, first integer, last integer
    )
),

placed AS (
    SELECT
        person,
        starts_on,
        net,
        CASE
            WHEN :mode = 'brackets'
                THEN (
                    SELECT brackets.place
                    FROM brackets
                    WHERE since.days BETWEEN brackets.first AND brackets.last
                )
            WHEN cast(:by_hours AS boolean) THEN days / cast(:hours_length AS integer)
            WHEN :period = 'month'
                THEN cast(
                    12 * (extract(YEAR FROM day) - extract(YEAR FROM starts_on))
                    + extract(MONTH FROM day) - extract(MONTH FROM starts_on) AS integer
                )
            WHEN :period = 'week' THEN (day - starts_on) / 7
            ELSE days
        END AS place
    FROM since
),

active AS MATERIALIZED (
    SELECT
        starts_on,
        person,
        place,
        sum(net) AS net
    FROM placed
    WHERE place IS NOT NULL
    GROUP BY starts_on, person, place
),

by_place AS MATERIALIZED (
    SELECT
        starts_on,
        place,
        count(*) AS customers,
        sum(net) AS net
    FROM active
    GROUP BY starts_on, place
),

reached AS (
    SELECT
        starts_on,
        least(max(place), cast(:last_offset AS integer)) AS place
    FROM active
    GROUP BY starts_on, person
),

lasts AS (
    SELECT
        starts_on,
        place,
        count(*) AS customers
    FROM reached
    GROUP BY starts_on, place
),

sizes AS (
    SELECT
        starts_on,
        count(*) AS size
    FROM joined
    GROUP BY starts_on
),

cells AS (
    SELECT
        starts_on,
        place,
        customers,
        net
    FROM by_place
    WHERE :mode <> 'unbounded' AND place <= cast(:last_offset AS integer)
    UNION ALL
    SELECT
        lasts.starts_on,
        reach.place,
        sum(lasts.customers) AS customers,
        (
            SELECT sum(later.net)
            FROM by_place AS later
            WHERE later.starts_on = lasts.starts_on AND later.place >= reach.place
        ) AS net
    FROM lasts
    CROSS JOIN generate_series(0, lasts.place) AS reach (place)
    WHERE :mode = 'unbounded'
    GROUP BY lasts.starts_on, reach.place
    UNION ALL
    SELECT
        starts_on,
        0 AS place,
        CASE WHEN :mode = 'brackets' THEN 0 ELSE size END AS customers,
        0 AS net
    FROM sizes
)

-- Revenue may pass 64 bits, and so comes as a numeric.
SELECT
    cells.starts_on AS cohort_starts_on,
    cells.place AS cell_offset,
    cast(max(cells.customers) AS bigint) AS active,
    max(sizes.size) AS cohort_size,
    trunc(max(cells.net) * 10000) AS revenue
FROM cells
INNER JOIN sizes ON cells.starts_on = sizes.starts_on
GROUP BY cells.starts_on, cells.place
ORDER BY cells.starts_on, cells.place;
