-- name: find_days_present
-- Both ledgers of a shard; purchases are laid out before.
SELECT
    customer_id,
    day
FROM "temp".purchases
UNION
SELECT
    customer_id,
    local_day(occurred_at, :time_zone) AS day
FROM activity_events
WHERE
    occurred_at <= :as_of
    AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard);

-- name: clear_lifecycle
DELETE FROM lifecycle_counts
WHERE run_id = :run_id AND (:shard IS NULL OR shard = :shard);

-- name: save_lifecycle_counts
INSERT INTO lifecycle_counts (
    run_id, shard, period, starts_on, arrived, returned, resurrected, dormant
)
VALUES (
    :run_id, :shard, :period, :starts_on, :arrived, :returned, :resurrected, :dormant
);

-- name: find_lifecycle
WITH ${label},

counted AS (
    SELECT
        starts_on,
        sum(arrived) AS arrived,
        sum(returned) AS returned,
        sum(resurrected) AS resurrected,
        sum(dormant) AS dormant
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
