-- name: find_known
WITH called AS (
    SELECT
        given.name,
        coalesce(named.customer_id, given.name) AS customer_id,
        named.customer_id IS NOT NULL AS is_alias
    FROM unnest(cast(:names AS text[])) AS given (name)
    LEFT JOIN customer_aliases AS named
        ON named.system = cast(:system AS text) AND given.name = named.alias
    UNION ALL
    SELECT
        given.name,
        named.customer_id,
        TRUE AS is_alias
    FROM unnest(cast(:plain AS text[])) AS given (name)
    INNER JOIN customer_aliases AS named
        ON named.system = cast(:system AS text) AND given.name = named.alias
)

SELECT
    'name' AS kind,
    called.name,
    called.customer_id,
    customer.first_seen_at AS at,
    customer.canonical_email AS email
FROM called
LEFT JOIN customers AS customer ON called.customer_id = customer.customer_id
WHERE called.is_alias OR customer.customer_id IS NOT NULL
UNION ALL
SELECT
    'email' AS kind,
    canonical_email AS name,
    customer_id,
    first_seen_at AS at,
    canonical_email AS email
FROM customers
WHERE canonical_email = any(cast(:emails AS text[]))
UNION ALL
(
    SELECT
        'tombstone' AS kind,
        tombstone AS name,
        '' AS customer_id,
        erased_at AS at,
        NULL AS email
    FROM erasures
    WHERE
        cast(:tombstones AS text[]) IS NULL
        OR tombstone = any(cast(:tombstones AS text[]))
    ORDER BY tombstone
    LIMIT CASE WHEN cast(:tombstones AS text[]) IS NULL THEN cast(:limit AS bigint) END
);

-- name: save_aliases
INSERT INTO customer_aliases (system, alias, customer_id)
SELECT
    cast(:system AS text) AS system,
    given.alias,
    customer.customer_id
FROM unnest(cast(:aliases AS text[]), cast(:customer_ids AS text[])) AS given (alias, customer_id)
INNER JOIN customers AS customer ON given.customer_id = customer.customer_id
ORDER BY given.alias
ON CONFLICT (system, alias) DO NOTHING;

-- name: get_aliases
SELECT
    customer_id,
    alias
FROM customer_aliases
WHERE customer_id = any(cast(:customer_ids AS text[]))
ORDER BY customer_id, alias;

-- name: find_shared_emails
WITH shared AS (
    SELECT canonical_email
    FROM customers
    WHERE canonical_email IS NOT NULL
    GROUP BY canonical_email
    HAVING count(*) > 1
    ORDER BY canonical_email
    LIMIT cast(:limit AS bigint)
)

SELECT
    customer.customer_id,
    customer.first_seen_at,
    customer.canonical_email
FROM customers AS customer
INNER JOIN shared ON customer.canonical_email = shared.canonical_email
ORDER BY customer.canonical_email, customer.customer_id;

-- name: find_left_over
-- All of them first: in view of the limit, each customer would be looked for among the aliases.
WITH left_over AS MATERIALIZED (
    SELECT
        own.customer_id AS source,
        named.customer_id AS target
    FROM customer_aliases AS named
    INNER JOIN customers AS own ON named.alias = own.customer_id
    WHERE
        named.customer_id <> own.customer_id
        AND (
            cast(:targets AS text[]) IS NULL
            OR named.customer_id = any(cast(:targets AS text[]))
        )
)

SELECT
    source,
    target
FROM left_over
ORDER BY source
LIMIT cast(:limit AS bigint);

-- name: find_personal_ids
SELECT customer_id
FROM customers
WHERE
    (customer_id LIKE '%@%' OR customer_id LIKE '+%')
    AND customer_id > cast(:after AS text)
    AND (cast(:email AS text) IS NULL OR lower(customer_id) = :email)
ORDER BY customer_id
LIMIT cast(:limit AS bigint);

-- name: join_customers
INSERT INTO customers AS known (customer_id, first_seen_at, canonical_email, lead_id)
SELECT
    pair.target,
    source.first_seen_at,
    coalesce(source.canonical_email, pair.email) AS canonical_email,
    coalesce(source.lead_id, lead.lead_id) AS lead_id
FROM
    unnest(
        cast(:sources AS text[]), cast(:targets AS text[]), cast(:emails AS text[])
    ) AS pair (source, target, email)
INNER JOIN customers AS source ON pair.source = source.customer_id
LEFT JOIN leads AS lead ON coalesce(source.canonical_email, pair.email) = lead.canonical_email
ORDER BY pair.target
ON CONFLICT (customer_id) DO UPDATE SET
first_seen_at = least(known.first_seen_at, excluded.first_seen_at),
canonical_email = coalesce(known.canonical_email, excluded.canonical_email),
lead_id = CASE
    WHEN coalesce(known.canonical_email, excluded.canonical_email) = excluded.canonical_email
        THEN coalesce(known.lead_id, excluded.lead_id)
    ELSE known.lead_id
END;

-- name: join_orders
WITH pair AS MATERIALIZED (
    SELECT *
    FROM
        unnest(
            cast(:sources AS text[]), cast(:targets AS text[]), cast(:additions AS text[])
        ) AS given (source, target, addition)
),

moved AS MATERIALIZED (
    SELECT
        source.*,
        pair.target,
        pair.addition
    FROM pair
    INNER JOIN orders AS source ON pair.source = source.customer_id
),

-- By itself, since source and target may stand in different shards.
there AS MATERIALIZED (
    SELECT target.*
    FROM pair
    INNER JOIN orders AS target ON pair.target = target.customer_id
    WHERE target.order_id IN (SELECT moved.order_id FROM moved)
),

differing AS MATERIALIZED (
    SELECT
        moved.customer_id,
        moved.order_id
    FROM moved
    INNER JOIN there ON moved.target = there.customer_id AND moved.order_id = there.order_id
    WHERE
        (moved.ordered_at, moved.amount, moved.currency, moved.refund_of)
        IS DISTINCT FROM
        (there.ordered_at, there.amount, there.currency, there.refund_of)
),

-- What refunds an order that differs is another refund, however alike they look.
clashing AS MATERIALIZED (
    SELECT
        customer_id,
        order_id
    FROM differing
    UNION
    SELECT
        moved.customer_id,
        moved.order_id
    FROM moved
    INNER JOIN there ON moved.target = there.customer_id AND moved.order_id = there.order_id
    INNER JOIN differing AS refunded
        ON moved.customer_id = refunded.customer_id AND moved.refund_of = refunded.order_id
)

INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency, refund_of)
SELECT
    moved.target,
    moved.order_id || CASE WHEN own.order_id IS NULL THEN '' ELSE moved.addition END AS order_id,
    moved.ordered_at,
    moved.amount,
    moved.currency,
    moved.refund_of
    || CASE WHEN refunded.order_id IS NULL THEN '' ELSE moved.addition END AS refund_of
FROM moved
LEFT JOIN clashing AS own
    ON moved.customer_id = own.customer_id AND moved.order_id = own.order_id
LEFT JOIN clashing AS refunded
    ON moved.customer_id = refunded.customer_id AND moved.refund_of = refunded.order_id
ON CONFLICT (customer_id, order_id) DO NOTHING;

-- name: delete_orders
DELETE FROM orders
WHERE customer_id = any(cast(:customer_ids AS text[]));

-- name: join_activity
WITH pair AS MATERIALIZED (
    SELECT *
    FROM
        unnest(
            cast(:sources AS text[]), cast(:targets AS text[]), cast(:additions AS text[])
        ) AS given (source, target, addition)
),

moved AS MATERIALIZED (
    SELECT
        source.*,
        pair.target,
        pair.addition
    FROM pair
    INNER JOIN activity_events AS source ON pair.source = source.customer_id
),

there AS MATERIALIZED (
    SELECT target.*
    FROM pair
    INNER JOIN activity_events AS target ON pair.target = target.customer_id
    WHERE target.event_id IN (SELECT moved.event_id FROM moved)
)

INSERT INTO activity_events (
    customer_id, event_id, occurred_at, kind, name, duration_seconds, interests, campaign_id
)
SELECT
    moved.target,
    moved.event_id || CASE WHEN there.event_id IS NULL THEN '' ELSE moved.addition END AS event_id,
    moved.occurred_at,
    moved.kind,
    moved.name,
    moved.duration_seconds,
    moved.interests,
    moved.campaign_id
FROM moved
LEFT JOIN there
    ON
        moved.target = there.customer_id
        AND moved.event_id = there.event_id
        AND (
            moved.occurred_at, moved.kind, moved.name, moved.duration_seconds, moved.interests,
            moved.campaign_id
        ) IS DISTINCT FROM (
            there.occurred_at, there.kind, there.name, there.duration_seconds, there.interests,
            there.campaign_id
        )
ON CONFLICT (customer_id, event_id) DO NOTHING;

-- name: delete_activity
DELETE FROM activity_events
WHERE customer_id = any(cast(:customer_ids AS text[]));

-- name: move_values
INSERT INTO customer_ltv (
    run_id, customer_id, actual_clv, residual_value, average_order_value, currency, order_count,
    frequency, lifetime_months, probability_alive, expected_purchases_30, expected_purchases_90,
    expected_purchases_365, segment_id, cohort_id, first_purchase_at, last_purchase_at,
    residual_low, residual_high
)
SELECT
    moved.run_id,
    pair.target,
    moved.actual_clv,
    moved.residual_value,
    moved.average_order_value,
    moved.currency,
    moved.order_count,
    moved.frequency,
    moved.lifetime_months,
    moved.probability_alive,
    moved.expected_purchases_30,
    moved.expected_purchases_90,
    moved.expected_purchases_365,
    moved.segment_id,
    moved.cohort_id,
    moved.first_purchase_at,
    moved.last_purchase_at,
    moved.residual_low,
    moved.residual_high
FROM unnest(cast(:sources AS text[]), cast(:targets AS text[])) AS pair (source, target)
CROSS JOIN scoring_runs AS run
INNER JOIN customer_ltv AS moved
    ON run.run_id = moved.run_id AND pair.source = moved.customer_id
ON CONFLICT (run_id, customer_id) DO NOTHING;

-- name: delete_values
DELETE FROM customer_ltv AS moved
USING scoring_runs AS run
WHERE moved.run_id = run.run_id AND moved.customer_id = any(cast(:customer_ids AS text[]));

-- name: move_predictions
INSERT INTO churn_predictions (
    run_id, customer_id, churn_probability, probability_alive, risk_level, risk_score, horizon_days,
    last_seen_on, predicted_churn_date, reasons, engagement_score
)
SELECT
    moved.run_id,
    pair.target,
    moved.churn_probability,
    moved.probability_alive,
    moved.risk_level,
    moved.risk_score,
    moved.horizon_days,
    moved.last_seen_on,
    moved.predicted_churn_date,
    moved.reasons,
    moved.engagement_score
FROM unnest(cast(:sources AS text[]), cast(:targets AS text[])) AS pair (source, target)
CROSS JOIN scoring_runs AS run
INNER JOIN churn_predictions AS moved
    ON run.run_id = moved.run_id AND pair.source = moved.customer_id
ON CONFLICT (run_id, customer_id) DO NOTHING;

-- name: delete_predictions
DELETE FROM churn_predictions AS moved
USING scoring_runs AS run
WHERE moved.run_id = run.run_id AND moved.customer_id = any(cast(:customer_ids AS text[]));

-- name: move_profiles
INSERT INTO user_engagement_profiles (
    run_id, customer_id, sessions, clicks, conversions, average_session_seconds, last_session_at,
    interests, engagement_score, segment
)
SELECT
    moved.run_id,
    pair.target,
    moved.sessions,
    moved.clicks,
    moved.conversions,
    moved.average_session_seconds,
    moved.last_session_at,
    moved.interests,
    moved.engagement_score,
    moved.segment
FROM unnest(cast(:sources AS text[]), cast(:targets AS text[])) AS pair (source, target)
CROSS JOIN scoring_runs AS run
INNER JOIN user_engagement_profiles AS moved
    ON run.run_id = moved.run_id AND pair.source = moved.customer_id
ON CONFLICT (run_id, customer_id) DO NOTHING;

-- name: delete_profiles
DELETE FROM user_engagement_profiles AS moved
USING scoring_runs AS run
WHERE moved.run_id = run.run_id AND moved.customer_id = any(cast(:customer_ids AS text[]));

-- name: repoint_aliases
UPDATE customer_aliases AS named
SET customer_id = pair.target
FROM unnest(cast(:sources AS text[]), cast(:targets AS text[])) AS pair (source, target)
WHERE named.customer_id = pair.source;

-- name: drop_own_aliases
DELETE FROM customer_aliases
WHERE alias = customer_id AND customer_id = any(cast(:customer_ids AS text[]));

-- name: delete_customers
DELETE FROM customers
WHERE customer_id = any(cast(:customer_ids AS text[]))
RETURNING customer_id;

-- name: anonymise_orders
INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency, refund_of)
SELECT
    pair.target,
    left(encode(sha256(convert_to(:salt || moved.order_id, 'UTF8')), 'hex'), 32) AS order_id,
    moved.ordered_at,
    moved.amount,
    moved.currency,
    left(encode(sha256(convert_to(:salt || moved.refund_of, 'UTF8')), 'hex'), 32) AS refund_of
FROM unnest(cast(:sources AS text[]), cast(:targets AS text[])) AS pair (source, target)
INNER JOIN orders AS moved ON pair.source = moved.customer_id
RETURNING order_id;

-- name: anonymise_customers
INSERT INTO customers (customer_id, first_seen_at)
SELECT
    pair.target,
    source.first_seen_at
FROM unnest(cast(:sources AS text[]), cast(:targets AS text[])) AS pair (source, target)
INNER JOIN customers AS source ON pair.source = source.customer_id;

-- name: delete_values_of_nobody
WITH gone AS (
    DELETE FROM customer_ltv AS result
    WHERE
        run_id = :run_id
        AND NOT EXISTS (
            SELECT FROM customers AS customer WHERE result.customer_id = customer.customer_id
        )
    RETURNING 1
)

SELECT count(*) FROM gone;

-- name: delete_predictions_of_nobody
WITH gone AS (
    DELETE FROM churn_predictions AS result
    WHERE
        run_id = :run_id
        AND NOT EXISTS (
            SELECT FROM customers AS customer WHERE result.customer_id = customer.customer_id
        )
    RETURNING 1
)

SELECT count(*) FROM gone;

-- name: delete_profiles_of_nobody
WITH gone AS (
    DELETE FROM user_engagement_profiles AS result
    WHERE
        run_id = :run_id
        AND NOT EXISTS (
            SELECT FROM customers AS customer WHERE result.customer_id = customer.customer_id
        )
    RETURNING 1
)

SELECT count(*) FROM gone;
