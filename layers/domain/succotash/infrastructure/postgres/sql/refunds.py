"""Statements about refunds that do not fit what they refund."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.domain.value.refunds import RefundWarning

# Many refunds of one order are added up once. The other customer is asked for by an inequality, so
# that the planner looks the order up instead of hashing the ledger.
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
judged AS MATERIALIZED (
    SELECT
        customer_id, order_id,
        CASE
            WHEN known.refund_of IS NOT NULL THEN '{RefundWarning.OF_REFUND}'
            WHEN known.amount + refunds.amount < 0 THEN '{RefundWarning.EXCEEDS_ORDER}'
            WHEN known.order_id IS NULL AND EXISTS (
                SELECT
                FROM orders AS other
                WHERE other.order_id = named.order_id AND other.customer_id <> named.customer_id
            ) THEN '{RefundWarning.OF_ANOTHER_CUSTOMER}'
        END AS warning
    FROM named
    LEFT JOIN orders AS known USING (customer_id, order_id)
    CROSS JOIN LATERAL (
        SELECT sum(refund.amount) AS amount
        FROM orders AS refund
        WHERE refund.customer_id = named.customer_id AND refund.refund_of = named.order_id
    ) AS refunds
)
SELECT warning
FROM given JOIN judged USING (customer_id, order_id)
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
