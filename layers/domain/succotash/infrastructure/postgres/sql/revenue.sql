-- name: clear_revenue_days
WITH ${named_run},

deleted AS (
    DELETE FROM revenue_days
    WHERE
        run_id = (SELECT run.run_id FROM run)
        AND (cast(:shard AS integer) IS NULL OR shard = cast(:shard AS integer))
)

SELECT run_id FROM run;

-- name: build_revenue_days
-- A refund that came before its order waits for it.
WITH ${moment},

entries AS (
    SELECT
        entry.currency,
        entry.amount,
        entry.refund_of,
        cast(entry.ordered_at AT TIME ZONE (SELECT moment.zone FROM moment) AS date) AS day
    FROM orders${shard} AS entry
    WHERE
        entry.ordered_at <= (SELECT moment.as_of FROM moment)
        AND entry.ordered_at >= cast(:since AS timestamptz)
        AND (
            entry.refund_of IS NULL
            OR EXISTS (
                SELECT
                FROM orders${shard} AS original
                WHERE
                    original.customer_id = entry.customer_id
                    AND original.order_id = entry.refund_of
                    AND original.refund_of IS NULL
                    AND original.ordered_at <= (SELECT moment.as_of FROM moment)
            )
        )
)

INSERT INTO revenue_days (run_id, day, currency, shard, orders, refunds, revenue)
SELECT
    cast(:run_id AS text) AS run_id,
    day,
    currency,
    coalesce(cast(:shard AS integer), 0) AS shard,
    count(*) FILTER (WHERE refund_of IS NULL) AS orders,
    count(*) FILTER (WHERE refund_of IS NOT NULL) AS refunds,
    sum(amount) AS revenue
FROM entries
GROUP BY day, currency;
