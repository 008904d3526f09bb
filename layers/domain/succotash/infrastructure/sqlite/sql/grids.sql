-- name: find_purchases
-- Purchases are laid out before.
SELECT
    customer_id AS person,
    ordered_at AS happened_at,
    day,
    net
FROM "temp".purchases
ORDER BY customer_id, ordered_at;

-- name: find_activity
SELECT
    customer_id AS person,
    occurred_at AS happened_at,
    0 AS net,
    local_day(occurred_at, :time_zone) AS day
FROM activity_events
WHERE occurred_at <= :as_of
ORDER BY customer_id, occurred_at;

-- name: find_submissions
SELECT
    lead_id AS person,
    submitted_at AS happened_at,
    0 AS net,
    local_day(submitted_at, :time_zone) AS day
FROM form_submissions
WHERE
    lead_id IS NOT NULL
    AND state IN ('accepted', 'duplicate')
    AND submitted_at <= :as_of
ORDER BY lead_id, submitted_at;

-- name: find_customers_of_leads
SELECT
    lead_id,
    customer_id
FROM customers
WHERE lead_id IS NOT NULL;

-- name: clear_grids
DELETE FROM retention_grid_cells WHERE run_id = :run_id;

-- name: save_grid_cell
INSERT INTO retention_grid_cells (
    run_id, origin, period, mode, cohort_starts_on, "offset", cohort_size, active
)
VALUES (
    :run_id, :origin, :period, :mode, :cohort_starts_on, :offset, :cohort_size, :active
);

-- name: find_grid
WITH ${label}

SELECT
    cell.cohort_starts_on,
    cell.cohort_size,
    cell.active,
    cell."offset" AS cell_offset,
    ${label_columns}
FROM label
LEFT JOIN retention_grid_cells AS cell
    ON
        label.run_id = cell.run_id
        AND cell.origin = :origin
        AND cell.period = :period
        AND cell.mode = :mode
WINDOW place AS (ORDER BY cell.cohort_starts_on ASC, cell."offset" ASC)
ORDER BY cell.cohort_starts_on ASC, cell."offset" ASC;
