-- name: find_shop_orders
-- An alias that is a customer of its own has its entries still, until the two are joined.
SELECT
    known.order_id,
    known.system,
    known.number,
    known.told_at,
    known.ordered_at,
    known.amount,
    known.currency,
    known.refunded,
    known.refunded_at,
    known.refunded_told_at,
    known.refunds,
    coalesce(named.customer_id, known.customer_id) AS customer_id
FROM shop_orders AS known
LEFT JOIN customer_aliases AS named
    ON
        named.system = 'shop'
        AND known.customer_id = named.alias
        AND known.customer_id NOT IN (SELECT customers.customer_id FROM customers)
WHERE
    known.order_id IN (
        SELECT given.value ->> 2
        FROM json_each(:keys) AS given
    )
    OR (known.system, known.number) IN (
        SELECT
            given.value ->> 0 AS system,
            given.value ->> 1 AS number
        FROM json_each(:keys) AS given
    )
ORDER BY known.order_id;

-- name: add_shop_order
INSERT INTO shop_orders (
    order_id, system, number, told_at, customer_id, ordered_at, amount, currency, refunded,
    refunded_at, refunded_told_at, refunds
)
VALUES (
    :order_id, :system, :number, :told_at, :customer_id, :ordered_at, :amount, :currency, :refunded,
    :refunded_at, :refunded_told_at, :refunds
)
ON CONFLICT DO NOTHING;

-- name: find_doubtful_customers
SELECT given.value ->> 0 AS customer_id
FROM json_each(:emails) AS given
WHERE
    EXISTS (
        SELECT 1 FROM customer_aliases AS named
        WHERE named.system = 'shop' AND named.alias = given.value ->> 0
    )
    OR EXISTS (
        SELECT 1 FROM customers AS own
        WHERE
            own.customer_id = given.value ->> 0
            AND own.canonical_email IS NOT given.value ->> 1
    )
    OR EXISTS (
        SELECT 1 FROM customers AS other
        WHERE
            other.canonical_email = given.value ->> 1
            AND other.customer_id <> given.value ->> 0
    );

-- name: delete_shop_order
DELETE FROM shop_orders WHERE order_id = :order_id;

-- name: delete_entry
DELETE FROM orders WHERE customer_id = :customer_id AND order_id = :order_id;

-- name: save_entry
INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency, refund_of)
VALUES (:customer_id, :order_id, :ordered_at, :amount, :currency, :refund_of)
ON CONFLICT (customer_id, order_id) DO UPDATE SET
    ordered_at = excluded.ordered_at,
    amount = excluded.amount,
    currency = excluded.currency,
    refund_of = excluded.refund_of;
