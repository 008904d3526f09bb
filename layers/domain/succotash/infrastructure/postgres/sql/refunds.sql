-- name: judge_refunds
-- Many refunds of one order are added up once. Orders are joined with what was given and never
-- with each other but by their customer: a cluster that shards them by customer takes no other
-- join.
WITH given AS MATERIALIZED (
    SELECT
        place,
        customer_id COLLATE "C" AS customer_id,
        order_id COLLATE "C" AS order_id
    FROM json_to_recordset(cast(:refunded AS json)) AS (
        place integer,
        customer_id text,
        order_id text
    )
),

named AS MATERIALIZED (
    SELECT DISTINCT
        customer_id,
        order_id
    FROM given
),

known AS MATERIALIZED (
    SELECT
        orders.customer_id,
        orders.order_id,
        orders.amount,
        orders.refund_of
    FROM named
    INNER JOIN orders
        ON named.customer_id = orders.customer_id AND named.order_id = orders.order_id
),

refunds AS MATERIALIZED (
    SELECT
        named.customer_id,
        named.order_id,
        sum(refund.amount) AS amount
    FROM named
    INNER JOIN orders AS refund
        ON named.customer_id = refund.customer_id AND named.order_id = refund.refund_of
    GROUP BY named.customer_id, named.order_id
),

unknown AS MATERIALIZED (
    SELECT
        customer_id,
        order_id
    FROM named
    EXCEPT
    SELECT
        customer_id,
        order_id
    FROM known
),

elsewhere AS MATERIALIZED (
    SELECT DISTINCT
        unknown.customer_id,
        unknown.order_id
    FROM unknown
    INNER JOIN orders AS other
        ON unknown.order_id = other.order_id AND unknown.customer_id <> other.customer_id
)

SELECT
    known.refund_of IS NOT NULL AS is_refund,
    coalesce(known.amount + refunds.amount < 0, FALSE) AS exceeds_order,
    elsewhere.order_id IS NOT NULL AS is_of_another
FROM given
LEFT JOIN known ON given.customer_id = known.customer_id AND given.order_id = known.order_id
LEFT JOIN refunds ON given.customer_id = refunds.customer_id AND given.order_id = refunds.order_id
LEFT JOIN elsewhere
    ON given.customer_id = elsewhere.customer_id AND given.order_id = elsewhere.order_id
ORDER BY given.place;

-- name: total_refunds
WITH refunds AS (
    SELECT
        customer_id,
        refund_of AS order_id,
        count(*) AS refunds,
        sum(amount) AS amount
    FROM orders${shard}
    WHERE refund_of IS NOT NULL AND ordered_at <= cast(:as_of AS timestamptz)
    GROUP BY customer_id, refund_of
),

matched AS (
    SELECT
        refunds.refunds,
        refunds.amount,
        original.order_id IS NOT NULL AS has_order,
        original.amount + refunds.amount AS net
    FROM refunds
    LEFT JOIN orders${shard} AS original
        ON
            refunds.customer_id = original.customer_id
            AND refunds.order_id = original.order_id
            AND original.refund_of IS NULL
            AND original.ordered_at <= cast(:as_of AS timestamptz)
)

SELECT
    cast(coalesce(sum(refunds) FILTER (WHERE NOT has_order), 0) AS bigint) AS unmatched,
    trunc(10000 * coalesce(sum(amount) FILTER (WHERE NOT has_order), 0)) AS unmatched_units,
    count(*) FILTER (WHERE net < 0) AS over_refunded,
    trunc(10000 * coalesce(sum(net) FILTER (WHERE net < 0), 0)) AS over_refunded_units
FROM matched;
