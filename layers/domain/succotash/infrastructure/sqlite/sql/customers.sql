-- name: accounts
SELECT
    given.value AS name,
    customer.first_seen_at,
    customer.canonical_email,
    coalesce(named.customer_id, given.value) AS customer_id
FROM json_each(:names) AS given
LEFT JOIN customer_aliases AS named ON named.system = :system AND given.value = named.alias
LEFT JOIN customers AS customer
    ON customer.customer_id = coalesce(named.customer_id, given.value)
WHERE
    named.customer_id IS NOT NULL
    OR (
        customer.customer_id IS NOT NULL
        AND given.value NOT IN (SELECT only.value FROM json_each(:plain) AS only)
    );

-- name: erased
SELECT
    erasures.tombstone,
    erasures.erased_at
FROM erasures
WHERE
    :tombstones IS NULL
    OR erasures.tombstone IN (SELECT given.value FROM json_each(:tombstones) AS given)
ORDER BY erasures.tombstone
LIMIT :limit;

-- name: owners
SELECT
    customer_id,
    first_seen_at,
    canonical_email
FROM customers
WHERE canonical_email IN (SELECT given.value FROM json_each(:emails) AS given)
ORDER BY customer_id;

-- name: save_aliases
INSERT INTO customer_aliases (system, alias, customer_id)
SELECT
    :system AS system,
    :alias AS alias,
    customer_id
FROM customers
WHERE customer_id = :customer_id
ON CONFLICT (system, alias) DO NOTHING;

-- name: aliases
SELECT
    customer_id,
    alias
FROM customer_aliases
WHERE customer_id IN (SELECT given.value FROM json_each(:customer_ids) AS given)
ORDER BY customer_id, alias;

-- name: shared_emails
SELECT
    customer.customer_id,
    customer.first_seen_at,
    customer.canonical_email
FROM customers AS customer
WHERE
    customer.canonical_email IN (
        SELECT sharer.canonical_email
        FROM customers AS sharer
        WHERE sharer.canonical_email IS NOT NULL
        GROUP BY sharer.canonical_email
        HAVING count(*) > 1
        ORDER BY sharer.canonical_email
        LIMIT :limit
    )
ORDER BY customer.canonical_email, customer.customer_id;

-- name: left_over
SELECT
    own.customer_id AS source,
    named.customer_id AS target
FROM customer_aliases AS named
INNER JOIN customers AS own ON named.alias = own.customer_id
WHERE
    named.customer_id <> own.customer_id
    AND (
        :targets IS NULL
        OR named.customer_id IN (SELECT given.value FROM json_each(:targets) AS given)
    )
ORDER BY own.customer_id
LIMIT :limit;

-- name: personal_ids
SELECT customer_id
FROM customers
WHERE
    (instr(customer_id, '@') > 0 OR substr(customer_id, 1, 1) = '+')
    AND customer_id > :after
    AND (:email IS NULL OR lower(customer_id) = :email)
ORDER BY customer_id
LIMIT :limit;

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

-- name: repoint_aliases
UPDATE customer_aliases SET customer_id = :target WHERE customer_id = :source;

-- name: drop_own_aliases
DELETE FROM customer_aliases WHERE customer_id = :target AND alias = :target;

-- name: delete_customer
DELETE FROM customers WHERE customer_id = :source;

-- name: orders
SELECT
    order_id,
    refund_of
FROM orders
WHERE customer_id = :source;

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
