"""Retention grids counted on request, from the ledgers, for a range of cohorts."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.infrastructure.postgres.sql.purchases import PURCHASES

# As `succotash.domain.retention.grids.count_grid` counts. A branch for another origin than the one
# asked for has a condition without columns, so that it is not even begun.
COUNT_GRID = f"""
WITH {PURCHASES},
came_back AS MATERIALIZED (
    SELECT customer_id AS person, ordered_at AS moment, day, net
    FROM purchases
    WHERE :origin <> 'form'
    UNION ALL
    SELECT
        customer_id, occurred_at,
        CAST(occurred_at AT TIME ZONE (SELECT zone FROM moment) AS date), 0
    FROM activity_events
    WHERE :origin = 'activity' AND occurred_at <= (SELECT as_of FROM moment)
    UNION ALL
    SELECT lead_id, ordered_at, day, net
    FROM purchases JOIN customers USING (customer_id)
    WHERE :origin = 'form' AND lead_id IS NOT NULL
    UNION ALL
    SELECT
        lead_id, occurred_at,
        CAST(occurred_at AT TIME ZONE (SELECT zone FROM moment) AS date), 0
    FROM activity_events JOIN customers USING (customer_id)
    WHERE :origin = 'form' AND lead_id IS NOT NULL
        AND occurred_at <= (SELECT as_of FROM moment)
),
origins AS (
    SELECT person, moment, day FROM came_back WHERE :origin = 'purchase'
    UNION ALL
    SELECT
        customer_id, occurred_at, CAST(occurred_at AT TIME ZONE (SELECT zone FROM moment) AS date)
    FROM activity_events
    WHERE :origin = 'activity' AND occurred_at <= (SELECT as_of FROM moment)
    UNION ALL
    SELECT
        lead_id, submitted_at, CAST(submitted_at AT TIME ZONE (SELECT zone FROM moment) AS date)
    FROM form_submissions
    WHERE :origin = 'form' AND lead_id IS NOT NULL AND state IN ('accepted', 'duplicate')
        AND submitted_at <= (SELECT as_of FROM moment)
),
dated AS (
    SELECT
        person, moment, day,
        CAST(date_trunc(CAST(:period AS text), CAST(day AS timestamp)) AS date) AS starts_on
    FROM origins
),
ranked AS (
    SELECT
        person, moment, day, starts_on,
        row_number() OVER (
            PARTITION BY person, CASE WHEN CAST(:recurring AS boolean) THEN starts_on END
            ORDER BY moment
        ) AS place
    FROM dated
),
joined AS MATERIALIZED (
    SELECT person, moment, day, starts_on
    FROM ranked
    WHERE place = 1 AND day BETWEEN CAST(:first_day AS date) AND CAST(:last_day AS date)
),
since AS (
    SELECT
        joined.person, joined.starts_on, came_back.net, came_back.day,
        CASE
            WHEN CAST(:by_hours AS boolean)
                THEN CAST(
                    floor(extract(epoch FROM came_back.moment - joined.moment) / 86400) AS integer
                )
            ELSE came_back.day - joined.day
        END AS days
    FROM joined JOIN came_back USING (person)
    WHERE came_back.moment >= joined.moment
),
brackets AS (
    SELECT place, first, last
    FROM jsonb_to_recordset(CAST(:brackets AS jsonb)) AS item (
        place integer, first integer, last integer
    )
),
placed AS (
    SELECT
        person, starts_on, net,
        CASE
            WHEN :mode = 'brackets'
                THEN (SELECT place FROM brackets WHERE days BETWEEN first AND last)
            WHEN CAST(:by_hours AS boolean) THEN days / CAST(:hours_length AS integer)
            WHEN :period = 'month'
                THEN CAST(
                    12 * (extract(year FROM day) - extract(year FROM starts_on))
                    + extract(month FROM day) - extract(month FROM starts_on) AS integer
                )
            WHEN :period = 'week' THEN (day - starts_on) / 7
            ELSE days
        END AS place
    FROM since
),
active AS MATERIALIZED (
    SELECT starts_on, person, place, sum(net) AS net
    FROM placed
    WHERE place IS NOT NULL
    GROUP BY starts_on, person, place
),
by_place AS MATERIALIZED (
    SELECT starts_on, place, count(*) AS customers, sum(net) AS net
    FROM active
    GROUP BY starts_on, place
),
reached AS (
    SELECT starts_on, least(max(place), CAST(:last_offset AS integer)) AS place
    FROM active
    GROUP BY starts_on, person
),
lasts AS (
    SELECT starts_on, place, count(*) AS customers FROM reached GROUP BY starts_on, place
),
sizes AS (
    SELECT starts_on, count(*) AS size FROM joined GROUP BY starts_on
),
cells AS (
    SELECT starts_on, place, customers, net
    FROM by_place
    WHERE :mode <> 'unbounded' AND place <= CAST(:last_offset AS integer)
    UNION ALL
    SELECT
        starts_on, reach.place, sum(customers),
        (
            SELECT sum(later.net)
            FROM by_place AS later
            WHERE later.starts_on = lasts.starts_on AND later.place >= reach.place
        )
    FROM lasts CROSS JOIN generate_series(0, lasts.place) AS reach (place)
    WHERE :mode = 'unbounded'
    GROUP BY starts_on, reach.place
    UNION ALL
    SELECT starts_on, 0, CASE WHEN :mode = 'brackets' THEN 0 ELSE size END, 0 FROM sizes
)
SELECT
    starts_on, max(size), place, CAST(max(customers) AS bigint),
    trunc(max(net) * 10000)
FROM cells JOIN sizes USING (starts_on)
GROUP BY starts_on, place
ORDER BY starts_on, place
"""
