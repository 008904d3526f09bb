-- part: pair
unnest(cast(:sources AS text[]), cast(:targets AS text[])) AS pair (source, target)

-- part: pair_with_addition
pair AS MATERIALIZED (
    SELECT
        given.source,
        given.target,
        given.addition
    FROM
        unnest(
            cast(:sources AS text[]), cast(:targets AS text[]), cast(:additions AS text[])
        ) AS given (source, target, addition)
)

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
WITH ${pair_with_addition},

moved AS MATERIALIZED (
    SELECT
        source.customer_id,
        source.order_id,
        source.ordered_at,
        source.amount,
        source.currency,
        source.refund_of,
        pair.target,
        pair.addition
    FROM pair
    INNER JOIN orders AS source ON pair.source = source.customer_id
),

-- By itself, since source and target may stand in different shards.
there AS MATERIALIZED (
    SELECT
        target.customer_id,
        target.order_id,
        target.ordered_at,
        target.amount,
        target.currency,
        target.refund_of
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
WITH ${pair_with_addition},

moved AS MATERIALIZED (
    SELECT
        source.event_id,
        source.occurred_at,
        source.kind,
        source.name,
        source.duration_seconds,
        source.interests,
        source.campaign_id,
        pair.target,
        pair.addition
    FROM pair
    INNER JOIN activity_events AS source ON pair.source = source.customer_id
),

there AS MATERIALIZED (
    SELECT
        target.customer_id,
        target.event_id,
        target.occurred_at,
        target.kind,
        target.name,
        target.duration_seconds,
        target.interests,
        target.campaign_id
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
    residual_low, residual_high, residual_median, probability_of_no_purchase
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
    moved.residual_high,
    moved.residual_median,
    moved.probability_of_no_purchase
FROM ${pair}
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
    last_seen_on, predicted_churn_date, reasons, engagement_score, likely_inactive_since,
    return_probability, value_at_risk, value_at_risk_currency
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
    moved.engagement_score,
    moved.likely_inactive_since,
    moved.return_probability,
    moved.value_at_risk,
    moved.value_at_risk_currency
FROM ${pair}
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
FROM ${pair}
CROSS JOIN scoring_runs AS run
INNER JOIN user_engagement_profiles AS moved
    ON run.run_id = moved.run_id AND pair.source = moved.customer_id
ON CONFLICT (run_id, customer_id) DO NOTHING;

-- name: delete_profiles
DELETE FROM user_engagement_profiles AS moved
USING scoring_runs AS run
WHERE moved.run_id = run.run_id AND moved.customer_id = any(cast(:customer_ids AS text[]));

-- name: repoint_members
UPDATE campaign_members AS member
SET customer_id = pair.target
FROM ${pair}
WHERE member.customer_id = pair.source;

-- name: repoint_aliases
UPDATE customer_aliases AS named
SET customer_id = pair.target
FROM ${pair}
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
FROM ${pair}
INNER JOIN orders AS moved ON pair.source = moved.customer_id
RETURNING order_id;

-- name: forget_shop_orders
DELETE FROM shop_orders AS known
USING orders
WHERE
    orders.customer_id = any(cast(:customer_ids AS text[]))
    AND known.order_id = orders.order_id;

-- name: anonymise_customers
INSERT INTO customers (customer_id, first_seen_at)
SELECT
    pair.target,
    source.first_seen_at
FROM ${pair}
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

SELECT count(*) AS deleted FROM gone;

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

SELECT count(*) AS deleted FROM gone;

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

SELECT count(*) AS deleted FROM gone;
