-- part: result_columns
-- What runs found stands behind the prefixes that its readers know it by.
${prediction_results},
value.segment_id,
value.customer_id AS value_customer_id,
value.run_id AS value_run_id,
prediction.risk_level AS value_risk_level,
value.actual_clv AS value_actual_clv,
value.residual_value AS value_residual_value,
value.average_order_value AS value_average_order_value,
value.currency AS value_currency,
value.order_count AS value_order_count,
value.frequency AS value_frequency,
value.lifetime_months AS value_lifetime_months,
value.probability_alive AS value_probability_alive,
value.expected_purchases_30 AS value_expected_purchases_30,
value.expected_purchases_90 AS value_expected_purchases_90,
value.expected_purchases_365 AS value_expected_purchases_365,
value.segment_id AS value_segment_id,
value.cohort_id AS value_cohort_id,
value.first_purchase_at AS value_first_purchase_at,
value.last_purchase_at AS value_last_purchase_at,
value.residual_low AS value_residual_low,
value.residual_high AS value_residual_high,
value.residual_median AS value_residual_median,
value.probability_of_no_purchase AS value_probability_of_no_purchase

-- name: find_named_customers
WITH ${label},

found AS (
    SELECT
        customer.customer_id,
        customer.canonical_email,
        (
            SELECT coalesce(array_agg(named.alias ORDER BY named.alias), '{}')
            FROM customer_aliases AS named
            WHERE customer.customer_id = named.customer_id
        ) AS aliases
    FROM customers AS customer
    WHERE
        customer.customer_id = any(cast(:names AS text[]))
        OR customer.canonical_email = :email
        OR customer.customer_id IN (
            SELECT named.customer_id
            FROM customer_aliases AS named
            WHERE named.system = 'shop' AND named.alias = any(cast(:names AS text[]))
        )
)

SELECT
    customer.customer_id,
    customer.canonical_email,
    customer.aliases,
    ${result_columns},
    ${label_columns}
FROM label
LEFT JOIN found AS customer ON TRUE
LEFT JOIN churn_predictions AS prediction
    ON label.run_id = prediction.run_id AND customer.customer_id = prediction.customer_id
LEFT JOIN customer_ltv AS value
    ON label.run_id = value.run_id AND customer.customer_id = value.customer_id
WINDOW place AS (ORDER BY customer.customer_id ASC)
ORDER BY customer.customer_id;

-- name: find_customer_record
-- All is of one moment, and one row: the newest orders and events stand in it as arrays. Each
-- table is asked for the customer by itself: of joins, the planner scans all of the run.
WITH ${label},

named AS MATERIALIZED (
    SELECT ${meant} AS customer_id
)

SELECT
    prediction.customer_id,
    ${result_columns},
    profile.customer_id AS profile_customer_id,
    profile.sessions AS profile_sessions,
    profile.clicks AS profile_clicks,
    profile.conversions AS profile_conversions,
    profile.average_session_seconds AS profile_average_session_seconds,
    profile.last_session_at AS profile_last_session_at,
    profile.interests AS profile_interests,
    profile.engagement_score AS profile_engagement_score,
    profile.segment AS profile_segment,
    profile.run_id AS profile_run_id,
    label.run_id AS label_run_id,
    label.as_of AS label_as_of,
    label.settings AS label_settings,
    label.models AS label_models,
    (
        SELECT json_agg(to_json(newest) ORDER BY newest.ordered_at DESC, newest.order_id DESC)
        FROM (
            SELECT
                customer_id,
                order_id,
                ordered_at,
                currency,
                refund_of,
                cast(amount AS text) AS amount
            FROM orders
            WHERE customer_id = (SELECT named.customer_id FROM named)
            ORDER BY ordered_at DESC, order_id DESC
            LIMIT cast(:limit AS bigint)
        ) AS newest
    ) AS orders,
    (
        SELECT json_agg(to_json(newest) ORDER BY newest.occurred_at DESC, newest.event_id DESC)
        FROM (
            ${event}
            WHERE customer_id = (SELECT named.customer_id FROM named)
            ORDER BY occurred_at DESC, event_id DESC
            LIMIT cast(:limit AS bigint)
        ) AS newest
    ) AS events
FROM label
INNER JOIN churn_predictions AS prediction
    ON
        prediction.run_id = ${current_run}
        AND prediction.customer_id = (SELECT named.customer_id FROM named)
LEFT JOIN customer_ltv AS value
    ON
        value.run_id = ${current_run}
        AND value.customer_id = (SELECT named.customer_id FROM named)
LEFT JOIN user_engagement_profiles AS profile
    ON
        profile.run_id = ${current_run}
        AND profile.customer_id = (SELECT named.customer_id FROM named);

-- name: get_customers_by_id
SELECT
    customer.customer_id,
    customer.canonical_email,
    value.segment_id,
    prediction.risk_level,
    value.predicted_clv,
    value.currency,
    prediction.value_at_risk,
    prediction.value_at_risk_currency,
    value.last_purchase_at,
    consent.state AS marketing,
    coalesce(prediction.probability_alive, value.probability_alive) AS probability_alive
FROM customers AS customer
LEFT JOIN churn_predictions AS prediction
    ON
        prediction.run_id = ${current_run}
        AND customer.customer_id = prediction.customer_id
LEFT JOIN customer_ltv AS value
    ON value.run_id = ${current_run} AND customer.customer_id = value.customer_id
LEFT JOIN current_consents AS consent
    ON consent.purpose = 'marketing' AND customer.canonical_email = consent.canonical_email
WHERE
    customer.customer_id > cast(:after AS text)
    AND (cast(:risk AS text) IS NULL OR prediction.risk_level = :risk)
    AND (cast(:segment_id AS text) IS NULL OR value.segment_id = :segment_id)
ORDER BY customer.customer_id
LIMIT cast(:limit AS bigint);
