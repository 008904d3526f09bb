-- name: set_as_of
-- The index of each ledger gives its rows in the order the aggregates need; at the price the
-- planner expects of a random page by default (spinning disks) it would sort them again, in half
-- again the time.
SELECT
    set_config('succotash.as_of', :as_of, TRUE) AS as_of,
    set_config('succotash.until', :until, TRUE) AS until,
    set_config('succotash.time_zone', :time_zone, TRUE) AS time_zone,
    set_config('random_page_cost', '1.1', TRUE) AS random_page_cost;
