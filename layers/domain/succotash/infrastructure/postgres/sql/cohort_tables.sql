-- name: clear_grids
WITH ${named_run},

deleted AS (
    DELETE FROM grid_cells WHERE run_id = (SELECT run.run_id FROM run)
)

SELECT run_id FROM run;

-- part: cohorts_of_day
(
    VALUES
    ('day', first_days.first_day),
    ('week', first_days.first_day - (first_days.first_day - date '0001-01-01') % 7),
    ('month', cast(date_trunc('month', cast(first_days.first_day AS timestamp)) AS date))
) AS cohort (period, starts_on)

-- name: merge_grids
-- A shard whose customers were not active in a cell has no part of it. Everybody who joined by
-- buying or by an event is at place 0; of leads, who never came back has no part at all. Leads may
-- be erased, or tied to more customers, since their shard was counted: no cell exceeds its cohort.
WITH ${moment},

added AS MATERIALIZED (
    SELECT
        part.origin,
        part.period,
        part.kind,
        part.cohort_starts_on,
        item.place,
        sum(item.members) AS members
    FROM grid_parts AS part
    CROSS JOIN LATERAL unnest(part.places, part.members) AS item (place, members)
    WHERE part.run_id = :run_id
    GROUP BY part.origin, part.period, part.kind, part.cohort_starts_on, item.place
),

leads AS (
    SELECT min(submitted_at) AS asked_at
    FROM form_submissions
    WHERE
        lead_id IS NOT NULL
        AND state IN ('accepted', 'duplicate')
        AND submitted_at <= (SELECT moment.as_of FROM moment)
    GROUP BY lead_id
),

asked AS (
    SELECT
        cast(asked_at AT TIME ZONE (SELECT moment.zone FROM moment) AS date) AS first_day,
        count(*) AS members
    FROM leads
    GROUP BY first_day
),

bracketed AS (
    SELECT
        origin,
        place,
        members,
        cohort_starts_on AS first_day
    FROM added
    WHERE kind = 'bracket'
),

sizes AS MATERIALIZED (
    SELECT
        origin,
        period,
        cohort_starts_on,
        members AS size
    FROM added
    WHERE kind = 'active' AND place = 0 AND origin <> 'form'
    UNION ALL
    SELECT
        'form' AS origin,
        cohort.period,
        cohort.starts_on AS cohort_starts_on,
        sum(first_days.members) AS size
    FROM asked AS first_days
    CROSS JOIN LATERAL ${cohorts_of_day}
    GROUP BY cohort.period, cohort.starts_on
),

counted AS (
    SELECT
        origin,
        period,
        'nday' AS mode,
        cohort_starts_on,
        place,
        members AS active
    FROM added
    WHERE kind = 'active'
    UNION ALL
    SELECT
        added.origin,
        added.period,
        'unbounded' AS mode,
        added.cohort_starts_on,
        reached.place,
        sum(added.members) AS active
    FROM added
    CROSS JOIN generate_series(0, added.place) AS reached (place)
    WHERE added.kind = 'last'
    GROUP BY added.origin, added.period, added.cohort_starts_on, reached.place
    UNION ALL
    SELECT
        first_days.origin,
        cohort.period,
        'brackets' AS mode,
        cohort.starts_on AS cohort_starts_on,
        first_days.place,
        sum(first_days.members) AS active
    FROM bracketed AS first_days
    CROSS JOIN LATERAL ${cohorts_of_day}
    GROUP BY first_days.origin, cohort.period, cohort.starts_on, first_days.place
    UNION ALL
    SELECT
        sizes.origin,
        sizes.period,
        modes.mode,
        sizes.cohort_starts_on,
        0 AS place,
        CASE modes.mode WHEN 'brackets' THEN 0 ELSE sizes.size END AS active
    FROM sizes
    CROSS JOIN unnest(ARRAY['nday', 'unbounded', 'brackets']) AS modes (mode)
)

INSERT INTO grid_cells (
    origin, period, mode, cohort_starts_on, place, cohort_size, run_id, active
)
SELECT
    counted.origin,
    counted.period,
    counted.mode,
    counted.cohort_starts_on,
    counted.place,
    sizes.size AS cohort_size,
    cast(:run_id AS text) AS run_id,
    least(max(counted.active), sizes.size) AS active
FROM counted
INNER JOIN sizes
    ON
        counted.origin = sizes.origin
        AND counted.period = sizes.period
        AND counted.cohort_starts_on = sizes.cohort_starts_on
GROUP BY
    counted.origin,
    counted.period,
    counted.mode,
    counted.cohort_starts_on,
    counted.place,
    sizes.size;

-- name: find_grid
-- A row for each cohort: a grid by day has tens of thousands of cells.
WITH ${label},

cohort AS (
    SELECT
        cell.run_id,
        cell.cohort_starts_on,
        max(cell.cohort_size) AS cohort_size,
        json_agg(json_build_array(cell.place, cell.active) ORDER BY cell.place) AS cells
    FROM label
    INNER JOIN grid_cells AS cell ON label.run_id = cell.run_id
    WHERE cell.origin = :origin AND cell.period = :period AND cell.mode = :mode
    GROUP BY cell.run_id, cell.cohort_starts_on
)

SELECT
    cohort.cohort_starts_on,
    cohort.cohort_size,
    cohort.cells,
    ${label_columns}
FROM label
LEFT JOIN cohort ON label.run_id = cohort.run_id
WINDOW place AS (ORDER BY cohort.cohort_starts_on ASC)
ORDER BY cohort.cohort_starts_on ASC;
