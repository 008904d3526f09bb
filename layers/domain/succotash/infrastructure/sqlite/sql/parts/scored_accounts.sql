-- part: account
-- Accounts that the terms mean, as the current run and the leads tell of them. An alternative that
-- does not name a field allows anything there, also that nothing is known.
run AS (
    SELECT
        run_id,
        local_day(as_of, :time_zone) AS as_of_day
    FROM scoring_runs
    WHERE state = 'current'
),

listed AS (
    SELECT coalesce(named.customer_id, given.value) AS customer_id
    FROM json_each(:customer_ids) AS given
    LEFT JOIN customer_aliases AS named ON named.system = 'shop' AND given.value = named.alias
),

known AS (
    SELECT
        customer.customer_id,
        customer.canonical_email,
        prediction.risk_level,
        profile.segment AS engagement_segment,
        "value".segment_id AS value_segment,
        lead.source AS lead_source,
        "value".cohort_id AS cohort,
        prediction.churn_probability,
        prediction.value_at_risk,
        "value".predicted_clv AS predicted_value,
        "value".order_count AS purchases,
        run.as_of_day - cast(julianday(prediction.last_seen_on) - 2440587.5 AS INTEGER)
            AS days_inactive,
        coalesce("value".residual_value, 0) AS foreseen_value,
        coalesce("value".currency, prediction.value_at_risk_currency) AS currency
    FROM customers AS customer
    CROSS JOIN run
    LEFT JOIN churn_predictions AS prediction
        ON run.run_id = prediction.run_id AND customer.customer_id = prediction.customer_id
    LEFT JOIN customer_ltv AS "value"
        ON run.run_id = "value".run_id AND customer.customer_id = "value".customer_id
    LEFT JOIN user_engagement_profiles AS profile
        ON run.run_id = profile.run_id AND customer.customer_id = profile.customer_id
    LEFT JOIN leads AS lead ON customer.lead_id = lead.lead_id
    WHERE
        :customer_ids IS NULL
        OR customer.customer_id IN (SELECT listed.customer_id FROM listed)
),

account AS (
    SELECT
        known.customer_id,
        known.canonical_email,
        known.risk_level,
        known.engagement_segment,
        known.value_segment,
        known.foreseen_value,
        known.currency,
        coalesce(known.value_at_risk, 0) AS value_at_risk,
        coalesce(known.purchases, 0) > 0 AS has_bought
    FROM known
    WHERE EXISTS (
        SELECT 1
        FROM json_each(:alternatives) AS alternative
        WHERE
            (
                alternative.value ->> 'risk_level' IS NULL
                OR EXISTS (
                    SELECT 1
                    FROM json_each(alternative.value, '$.risk_level') AS allowed
                    WHERE allowed.value = known.risk_level
                )
            )
            AND (
                alternative.value ->> 'engagement_segment' IS NULL
                OR EXISTS (
                    SELECT 1
                    FROM json_each(alternative.value, '$.engagement_segment') AS allowed
                    WHERE allowed.value = known.engagement_segment
                )
            )
            AND (
                alternative.value ->> 'value_segment' IS NULL
                OR EXISTS (
                    SELECT 1
                    FROM json_each(alternative.value, '$.value_segment') AS allowed
                    WHERE allowed.value = known.value_segment
                )
            )
            AND (
                alternative.value ->> 'lead_source' IS NULL
                OR EXISTS (
                    SELECT 1
                    FROM json_each(alternative.value, '$.lead_source') AS allowed
                    WHERE allowed.value = known.lead_source
                )
            )
            AND (
                alternative.value ->> 'cohort' IS NULL
                OR EXISTS (
                    SELECT 1
                    FROM json_each(alternative.value, '$.cohort') AS allowed
                    WHERE allowed.value = known.cohort
                )
            )
            AND (
                alternative.value ->> 'churn_probability_from' IS NULL
                OR known.churn_probability >= alternative.value ->> 'churn_probability_from'
            )
            AND (
                alternative.value ->> 'churn_probability_to' IS NULL
                OR known.churn_probability <= alternative.value ->> 'churn_probability_to'
            )
            AND (
                alternative.value ->> 'value_at_risk_from' IS NULL
                OR known.value_at_risk >= alternative.value ->> 'value_at_risk_from'
            )
            AND (
                alternative.value ->> 'value_at_risk_to' IS NULL
                OR known.value_at_risk <= alternative.value ->> 'value_at_risk_to'
            )
            AND (
                alternative.value ->> 'predicted_value_from' IS NULL
                OR known.predicted_value >= alternative.value ->> 'predicted_value_from'
            )
            AND (
                alternative.value ->> 'predicted_value_to' IS NULL
                OR known.predicted_value <= alternative.value ->> 'predicted_value_to'
            )
            AND (
                alternative.value ->> 'days_inactive_from' IS NULL
                OR known.days_inactive >= alternative.value ->> 'days_inactive_from'
            )
            AND (
                alternative.value ->> 'days_inactive_to' IS NULL
                OR known.days_inactive <= alternative.value ->> 'days_inactive_to'
            )
            AND (
                alternative.value ->> 'purchases_from' IS NULL
                OR known.purchases >= alternative.value ->> 'purchases_from'
            )
            AND (
                alternative.value ->> 'purchases_to' IS NULL
                OR known.purchases <= alternative.value ->> 'purchases_to'
            )
    )
)
