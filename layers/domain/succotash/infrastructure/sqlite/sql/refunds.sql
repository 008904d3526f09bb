-- name: get_refunded
SELECT
    given.value ->> 0 AS customer_id,
    given.value ->> 1 AS order_id,
    original.refund_of IS NOT NULL AS is_refund,
    coalesce(
        original.amount + cast((
            SELECT exact_sum(refund.amount) FROM orders AS refund
            WHERE refund.customer_id = given.value ->> 0 AND refund.refund_of = given.value ->> 1
        ) AS INTEGER) < 0, 0
    ) AS exceeds_order,
    original.order_id IS NULL
    AND EXISTS (
        SELECT 1 FROM orders AS other
        WHERE other.order_id = given.value ->> 1
    ) AS is_of_another
FROM json_each(:keys) AS given
LEFT JOIN orders AS original
    ON original.customer_id = given.value ->> 0 AND original.order_id = given.value ->> 1;

-- name: total_refunds
WITH refunds AS (
    SELECT
        customer_id,
        refund_of AS order_id,
        count(*) AS refunds,
        exact_sum(amount) AS amount
    FROM orders
    WHERE
        refund_of IS NOT NULL
        AND ordered_at <= :as_of
        AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard)
    GROUP BY customer_id, refund_of
),

matched AS (
    SELECT
        refunds.refunds,
        refunds.amount,
        exact_add(original.amount, refunds.amount) AS net
    FROM refunds
    LEFT JOIN orders AS original
        ON
            refunds.customer_id = original.customer_id
            AND refunds.order_id = original.order_id
            AND original.refund_of IS NULL
            AND original.ordered_at <= :as_of
    WHERE
        original.order_id IS NULL
        OR original.amount + cast(refunds.amount AS INTEGER) < 0
)

SELECT
    coalesce(sum(refunds) FILTER (WHERE net IS NULL), 0) AS unmatched,
    coalesce(exact_sum(amount) FILTER (WHERE net IS NULL), 0) AS unmatched_units,
    count(net) AS over_refunded,
    coalesce(exact_sum(net), 0) AS over_refunded_units
FROM matched;
