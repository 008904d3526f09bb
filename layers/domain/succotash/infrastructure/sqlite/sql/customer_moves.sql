-- name: join_customers
INSERT INTO customers (customer_id, first_seen_at, canonical_email, lead_id)
SELECT
    :target AS customer_id,
    source.first_seen_at,
    coalesce(source.canonical_email, :email) AS canonical_email,
    coalesce(source.lead_id, lead.lead_id) AS lead_id
FROM customers AS source
LEFT JOIN leads AS lead ON lead.canonical_email = coalesce(source.canonical_email, :email)
WHERE source.customer_id = :source
ON CONFLICT (customer_id) DO UPDATE SET
    first_seen_at = min(first_seen_at, excluded.first_seen_at),
    canonical_email = coalesce(canonical_email, excluded.canonical_email),
    lead_id = CASE
        WHEN coalesce(canonical_email, excluded.canonical_email) = excluded.canonical_email
            THEN coalesce(lead_id, excluded.lead_id)
        ELSE lead_id
    END;

-- name: join_orders
INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency, refund_of)
WITH differing AS MATERIALIZED (
    SELECT moved.order_id
    FROM orders AS moved
    INNER JOIN orders AS there
        ON there.customer_id = :target AND moved.order_id = there.order_id
    WHERE
        moved.customer_id = :source
        AND (
            moved.ordered_at <> there.ordered_at
            OR moved.amount <> there.amount
            OR moved.currency <> there.currency
            OR moved.refund_of IS NOT there.refund_of
        )
),

-- What refunds an order that differs is another refund, however alike they look.
clashing AS MATERIALIZED (
    SELECT order_id
    FROM differing
    UNION
    SELECT moved.order_id
    FROM orders AS moved
    INNER JOIN orders AS there
        ON there.customer_id = :target AND moved.order_id = there.order_id
    WHERE
        moved.customer_id = :source
        AND moved.refund_of IN (SELECT differing.order_id FROM differing)
)

SELECT
    :target AS customer_id,
    moved.order_id || iif(own.order_id IS NULL, '', :addition) AS order_id,
    moved.ordered_at,
    moved.amount,
    moved.currency,
    moved.refund_of || iif(refunded.order_id IS NULL, '', :addition) AS refund_of
FROM orders AS moved
LEFT JOIN clashing AS own ON moved.order_id = own.order_id
LEFT JOIN clashing AS refunded ON moved.refund_of = refunded.order_id
WHERE moved.customer_id = :source
ON CONFLICT (customer_id, order_id) DO NOTHING;

-- name: join_activity
INSERT INTO activity_events (
    customer_id, event_id, occurred_at, kind, name, duration_seconds, interests, campaign_id
)
SELECT
    :target AS customer_id,
    moved.event_id || iif(there.event_id IS NULL, '', :addition) AS event_id,
    moved.occurred_at,
    moved.kind,
    moved.name,
    moved.duration_seconds,
    moved.interests,
    moved.campaign_id
FROM activity_events AS moved
LEFT JOIN activity_events AS there
    ON
        there.customer_id = :target
        AND moved.event_id = there.event_id
        AND (
            moved.occurred_at <> there.occurred_at
            OR moved.kind <> there.kind
            OR moved.name IS NOT there.name
            OR moved.duration_seconds IS NOT there.duration_seconds
            OR moved.interests <> there.interests
            OR moved.campaign_id IS NOT there.campaign_id
        )
WHERE moved.customer_id = :source
ON CONFLICT (customer_id, event_id) DO NOTHING;

-- name: move_values
UPDATE OR IGNORE customer_ltv SET customer_id = :target
WHERE run_id IN (SELECT run_id FROM scoring_runs) AND customer_id = :source;

-- name: move_predictions
UPDATE OR IGNORE churn_predictions SET customer_id = :target
WHERE run_id IN (SELECT run_id FROM scoring_runs) AND customer_id = :source;

-- name: move_profiles
UPDATE OR IGNORE user_engagement_profiles SET customer_id = :target
WHERE run_id IN (SELECT run_id FROM scoring_runs) AND customer_id = :source;

-- name: delete_orders
DELETE FROM orders WHERE customer_id = :source;

-- name: delete_activity
DELETE FROM activity_events WHERE customer_id = :source;

-- name: delete_values
DELETE FROM customer_ltv
WHERE run_id IN (SELECT run_id FROM scoring_runs) AND customer_id = :source;

-- name: delete_predictions
DELETE FROM churn_predictions
WHERE run_id IN (SELECT run_id FROM scoring_runs) AND customer_id = :source;

-- name: delete_profiles
DELETE FROM user_engagement_profiles
WHERE run_id IN (SELECT run_id FROM scoring_runs) AND customer_id = :source;

-- name: repoint_members
UPDATE campaign_members SET customer_id = :target WHERE customer_id = :source;

-- name: repoint_aliases
UPDATE customer_aliases SET customer_id = :target WHERE customer_id = :source;

-- name: drop_own_aliases
DELETE FROM customer_aliases WHERE customer_id = :target AND alias = :target;

-- name: delete_customer
DELETE FROM customers WHERE customer_id = :source;

-- name: get_order_ids
SELECT
    order_id,
    refund_of
FROM orders
WHERE customer_id = :source;

-- name: forget_shop_orders
DELETE FROM shop_orders
WHERE order_id IN (SELECT orders.order_id FROM orders WHERE orders.customer_id = :source);

-- name: anonymise_order
UPDATE orders SET customer_id = :target, order_id = :anonymous_id, refund_of = :refund_of
WHERE customer_id = :source AND order_id = :order_id;

-- name: anonymise_customer
INSERT INTO customers (customer_id, first_seen_at)
SELECT
    :target AS customer_id,
    first_seen_at
FROM customers
WHERE customer_id = :source;

-- name: delete_values_of_nobody
DELETE FROM customer_ltv
WHERE
    run_id = :run_id
    AND NOT EXISTS (
        SELECT 1 FROM customers AS customer
        WHERE customer_ltv.customer_id = customer.customer_id
    );

-- name: delete_predictions_of_nobody
DELETE FROM churn_predictions
WHERE
    run_id = :run_id
    AND NOT EXISTS (
        SELECT 1 FROM customers AS customer
        WHERE churn_predictions.customer_id = customer.customer_id
    );

-- name: delete_profiles_of_nobody
DELETE FROM user_engagement_profiles
WHERE
    run_id = :run_id
    AND NOT EXISTS (
        SELECT 1 FROM customers AS customer
        WHERE user_engagement_profiles.customer_id = customer.customer_id
    );
