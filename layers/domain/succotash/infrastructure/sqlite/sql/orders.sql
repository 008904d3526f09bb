-- name: find_known_orders
SELECT
    known.customer_id,
    known.order_id,
    known.ordered_at,
    known.amount,
    known.currency,
    known.refund_of
FROM json_each(:keys) AS given
INNER JOIN orders AS known
    ON known.customer_id = given.value ->> 0 AND known.order_id = given.value ->> 1;

-- name: add_order
INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency, refund_of)
VALUES (:customer_id, :order_id, :ordered_at, :amount, :currency, :refund_of);

-- part: customer
SELECT
    customer_id,
    first_seen_at,
    canonical_email,
    lead_id
FROM customers

-- name: get_customer
${customer}
WHERE customer_id = ${meant};

-- name: get_customers_by_email
${customer}
WHERE canonical_email = :canonical_email
ORDER BY customer_id;

-- name: get_orders
${order_entry}
WHERE customer_id = ${meant}
ORDER BY ordered_at, order_id;
