-- name: clear_revenue_days
DELETE FROM revenue_days
WHERE run_id = :run_id AND (:shard IS NULL OR shard = :shard);

-- name: build_revenue_days
-- A refund that came before its order waits for it.
INSERT INTO revenue_days (run_id, day, currency, shard, orders, refunds, revenue)
SELECT
    :run_id AS run_id,
    date(86400 * local_day(entry.ordered_at, :time_zone), 'unixepoch') AS day,
    entry.currency,
    coalesce(:shard, 0) AS shard,
    count(*) FILTER (WHERE entry.refund_of IS NULL) AS orders,
    count(*) FILTER (WHERE entry.refund_of IS NOT NULL) AS refunds,
    exact_sum(entry.amount) AS revenue
FROM orders AS entry
WHERE
    entry.ordered_at BETWEEN :since AND :as_of
    AND (:shards IS NULL OR shard_of(entry.customer_id, :shards) = :shard)
    AND (
        entry.refund_of IS NULL
        OR EXISTS (
            SELECT 1
            FROM orders AS original
            WHERE
                original.customer_id = entry.customer_id
                AND original.order_id = entry.refund_of
                AND original.refund_of IS NULL
                AND original.ordered_at <= :as_of
        )
    )
GROUP BY day, entry.currency;
