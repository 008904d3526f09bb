"""Statements about refunds that do not fit what they refund."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.domain.value.refunds import RefundWarning

# Many refunds of one order are added up once. Orders are joined with what was given and never with
# each other but by their customer: a cluster that shards them by customer takes no other join.
JUDGE_REFUNDS = f"""
WITH given AS MATERIALIZED (
    SELECT place, customer_id, order_id
    FROM json_to_recordset(CAST(:refunded AS json)) AS item (
        place integer, customer_id text COLLATE "C", order_id text COLLATE "C"
    )
),
named AS MATERIALIZED (
    SELECT DISTINCT customer_id, order_id FROM given
),
known AS MATERIALIZED (
    SELECT customer_id, order_id, amount, refund_of
    FROM named JOIN orders USING (customer_id, order_id)
),
refunds AS MATERIALIZED (
    SELECT named.customer_id, named.order_id, sum(refund.amount) AS amount
    FROM named
    JOIN orders AS refund
        ON refund.customer_id = named.customer_id AND refund.refund_of = named.order_id
    GROUP BY named.customer_id, named.order_id
),
unknown AS MATERIALIZED (
    SELECT customer_id, order_id FROM named
    EXCEPT
    SELECT customer_id, order_id FROM known
),
elsewhere AS MATERIALIZED (
    SELECT DISTINCT unknown.customer_id, unknown.order_id
    FROM unknown
    JOIN orders AS other
        ON other.order_id = unknown.order_id AND other.customer_id <> unknown.customer_id
),
judged AS (
    SELECT
        customer_id, order_id,
        CASE
            WHEN known.refund_of IS NOT NULL THEN '{RefundWarning.OF_REFUND}'
            WHEN known.amount + refunds.amount < 0 THEN '{RefundWarning.EXCEEDS_ORDER}'
        END AS warning
    FROM known LEFT JOIN refunds USING (customer_id, order_id)
    UNION ALL
    SELECT customer_id, order_id, '{RefundWarning.OF_ANOTHER_CUSTOMER}'
    FROM elsewhere
)
SELECT warning
FROM given LEFT JOIN judged USING (customer_id, order_id)
ORDER BY place
"""
TOTAL_REFUNDS = """
WITH refunds AS (
    SELECT customer_id, refund_of AS order_id, count(*) AS refunds, sum(amount) AS amount
    FROM orders
    WHERE refund_of IS NOT NULL AND ordered_at <= CAST(:as_of AS timestamptz)
    GROUP BY customer_id, refund_of
),
matched AS (
    SELECT
        refunds.refunds, refunds.amount, original.order_id IS NOT NULL AS has_order,
        original.amount + refunds.amount AS net
    FROM refunds
    LEFT JOIN orders AS original
        ON original.customer_id = refunds.customer_id AND original.order_id = refunds.order_id
        AND original.refund_of IS NULL AND original.ordered_at <= CAST(:as_of AS timestamptz)
)
SELECT
    CAST(coalesce(sum(refunds) FILTER (WHERE NOT has_order), 0) AS bigint),
    trunc(10000 * coalesce(sum(amount) FILTER (WHERE NOT has_order), 0)),
    count(*) FILTER (WHERE net < 0),
    trunc(10000 * coalesce(sum(net) FILTER (WHERE net < 0), 0))
FROM matched
"""
