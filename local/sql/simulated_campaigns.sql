-- name: add_people
-- Everybody agreed, and was last seen at a time of their own.
WITH person AS (
    SELECT
        given.customer_id,
        given.last_seen_on,
        given.customer_id || '@example.com' AS canonical_email
    FROM unnest(cast(:customer_ids AS text[]), cast(:last_seen_on AS date[])) AS given (
        customer_id, last_seen_on
    )
),

customer AS (
    INSERT INTO customers (customer_id, first_seen_at, canonical_email)
    SELECT
        person.customer_id,
        cast('2020-01-01' AS timestamptz) AS first_seen_at,
        person.canonical_email
    FROM person
),

consent AS (
    INSERT INTO current_consents (canonical_email, purpose, said, said_at)
    SELECT
        person.canonical_email,
        'marketing' AS purpose,
        'granted' AS said,
        cast('2020-01-01' AS timestamptz) AS said_at
    FROM person
)

INSERT INTO churn_predictions (
    run_id, customer_id, churn_probability, probability_alive, risk_level, risk_score, horizon_days,
    last_seen_on, reasons, engagement_score, value_at_risk, value_at_risk_currency
)
SELECT
    'initial' AS run_id,
    person.customer_id,
    0.5 AS churn_probability,
    0.5 AS probability_alive,
    'high' AS risk_level,
    5 AS risk_score,
    90 AS horizon_days,
    person.last_seen_on,
    '[]' AS reasons,
    50 AS engagement_score,
    1 AS value_at_risk,
    'USD' AS value_at_risk_currency
FROM person;

-- name: clear
TRUNCATE orders, campaign_members, campaign_outcomes, outbox, customer_ltv CASCADE;

-- name: foresee
INSERT INTO customer_ltv (
    run_id, customer_id, actual_clv, residual_value, average_order_value, currency, order_count,
    frequency, lifetime_months, probability_alive, expected_purchases_30, expected_purchases_90,
    expected_purchases_365, segment_id, cohort_id, first_purchase_at, last_purchase_at
)
SELECT
    'initial' AS run_id,
    given.customer_id,
    1 AS actual_clv,
    given.foreseen AS residual_value,
    1 AS average_order_value,
    'USD' AS currency,
    1 AS order_count,
    0 AS frequency,
    1 AS lifetime_months,
    0.5 AS probability_alive,
    0 AS expected_purchases_30,
    0 AS expected_purchases_90,
    0 AS expected_purchases_365,
    'low_value' AS segment_id,
    '2020-01' AS cohort_id,
    cast('2020-01-01' AS timestamptz) AS first_purchase_at,
    cast('2020-01-01' AS timestamptz) AS last_purchase_at
FROM unnest(cast(:customer_ids AS text[]), cast(:foreseen AS numeric[])) AS given (
    customer_id, foreseen
);

-- name: set_as_of
UPDATE scoring_runs
SET as_of = :as_of
WHERE state = 'current';

-- name: find_held_out
SELECT customer_id
FROM campaign_members
WHERE campaign_id = :campaign_id AND arm = 'holdout';

-- name: create_database
SELECT format('CREATE DATABASE %I', cast(:database AS text)) AS command;

-- name: drop_database
SELECT format('DROP DATABASE %I WITH (FORCE)', cast(:database AS text)) AS command;
