-- part: account
-- Accounts that the terms mean, as the current run and the leads tell of them. An alternative that
-- does not name a field allows anything there, also that nothing is known. What all alternatives
-- lie within is asked for first: it says to the planner how many to expect, and lets it use an
-- index. Where there is one alternative, it is all that is asked.
run AS (
    SELECT
        run_id,
        cast(as_of AT TIME ZONE cast(:time_zone AS text) AS date) AS as_of_day
    FROM scoring_runs
    WHERE state = 'current'
),

alternative AS MATERIALIZED (
    SELECT
        given.risk_level,
        given.engagement_segment,
        given.value_segment,
        given.lead_source,
        given.cohort,
        given.churn_probability_from,
        given.churn_probability_to,
        given.value_at_risk_from,
        given.value_at_risk_to,
        given.predicted_value_from,
        given.predicted_value_to,
        given.days_inactive_from,
        given.days_inactive_to,
        given.purchases_from,
        given.purchases_to
    FROM jsonb_to_recordset(cast(:alternatives AS jsonb)) AS given (
        risk_level text[], engagement_segment text[], value_segment text[], lead_source text[],
        cohort text[],
        churn_probability_from double precision, churn_probability_to double precision,
        value_at_risk_from numeric, value_at_risk_to numeric,
        predicted_value_from numeric, predicted_value_to numeric,
        days_inactive_from integer, days_inactive_to integer,
        purchases_from integer, purchases_to integer
    )
),

listed AS (
    SELECT coalesce(named.customer_id, given.customer_id COLLATE "C") AS customer_id  -- noqa: RF03
    FROM unnest(cast(:customer_ids AS text[])) AS given (customer_id)
    LEFT JOIN customer_aliases AS named
        ON named.system = 'shop' AND given.customer_id = named.alias
),

account AS (
    SELECT
        customer.customer_id,
        customer.canonical_email,
        prediction.risk_level,
        profile.segment AS engagement_segment,
        value.segment_id AS value_segment,
        coalesce(prediction.value_at_risk, 0) AS value_at_risk,
        coalesce(value.residual_value, 0) AS foreseen_value,
        coalesce(value.currency, prediction.value_at_risk_currency) AS currency,
        coalesce(value.order_count, 0) > 0 AS has_bought
    FROM customers AS customer
    CROSS JOIN run
    LEFT JOIN churn_predictions AS prediction
        ON prediction.run_id = ${current_run} AND customer.customer_id = prediction.customer_id
    LEFT JOIN customer_ltv AS value
        ON value.run_id = ${current_run} AND customer.customer_id = value.customer_id
    LEFT JOIN user_engagement_profiles AS profile
        ON profile.run_id = ${current_run} AND customer.customer_id = profile.customer_id
    LEFT JOIN leads AS lead ON customer.lead_id = lead.lead_id
    WHERE
        (
            cast(:customer_ids AS text[]) IS NULL
            OR customer.customer_id IN (SELECT listed.customer_id FROM listed)
        )
        AND (
            cast(:risk_level AS text[]) IS NULL
            OR prediction.risk_level = any(cast(:risk_level AS text[]))
        )
        AND (
            cast(:engagement_segment AS text[]) IS NULL
            OR profile.segment = any(cast(:engagement_segment AS text[]))
        )
        AND (
            cast(:value_segment AS text[]) IS NULL
            OR value.segment_id = any(cast(:value_segment AS text[]))
        )
        AND (
            cast(:lead_source AS text[]) IS NULL
            OR lead.source = any(cast(:lead_source AS text[]))
        )
        AND (
            cast(:cohort AS text[]) IS NULL
            OR value.cohort_id = any(cast(:cohort AS text[]))
        )
        AND (
            cast(:churn_probability_from AS double precision) IS NULL
            OR prediction.churn_probability >= cast(:churn_probability_from AS double precision)
        )
        AND (
            cast(:churn_probability_to AS double precision) IS NULL
            OR prediction.churn_probability <= cast(:churn_probability_to AS double precision)
        )
        AND (
            cast(:value_at_risk_from AS numeric) IS NULL
            OR prediction.value_at_risk >= cast(:value_at_risk_from AS numeric)
        )
        AND (
            cast(:value_at_risk_to AS numeric) IS NULL
            OR prediction.value_at_risk <= cast(:value_at_risk_to AS numeric)
        )
        AND (
            cast(:predicted_value_from AS numeric) IS NULL
            OR value.predicted_clv >= cast(:predicted_value_from AS numeric)
        )
        AND (
            cast(:predicted_value_to AS numeric) IS NULL
            OR value.predicted_clv <= cast(:predicted_value_to AS numeric)
        )
        AND (
            cast(:days_inactive_from AS integer) IS NULL
            OR run.as_of_day - prediction.last_seen_on >= cast(:days_inactive_from AS integer)
        )
        AND (
            cast(:days_inactive_to AS integer) IS NULL
            OR run.as_of_day - prediction.last_seen_on <= cast(:days_inactive_to AS integer)
        )
        AND (
            cast(:purchases_from AS integer) IS NULL
            OR value.order_count >= cast(:purchases_from AS integer)
        )
        AND (
            cast(:purchases_to AS integer) IS NULL
            OR value.order_count <= cast(:purchases_to AS integer)
        )
        AND (
            cast(:alternatives AS jsonb) IS NULL
            OR EXISTS (
                SELECT
                FROM alternative
                WHERE
                    (
                        alternative.risk_level IS NULL
                        OR prediction.risk_level = any(alternative.risk_level)
                    )
                    AND (
                        alternative.engagement_segment IS NULL
                        OR profile.segment = any(alternative.engagement_segment)
                    )
                    AND (
                        alternative.value_segment IS NULL
                        OR value.segment_id = any(alternative.value_segment)
                    )
                    AND (
                        alternative.lead_source IS NULL
                        OR lead.source = any(alternative.lead_source)
                    )
                    AND (alternative.cohort IS NULL OR value.cohort_id = any(alternative.cohort))
                    AND (
                        alternative.churn_probability_from IS NULL
                        OR prediction.churn_probability >= alternative.churn_probability_from
                    )
                    AND (
                        alternative.churn_probability_to IS NULL
                        OR prediction.churn_probability <= alternative.churn_probability_to
                    )
                    AND (
                        alternative.value_at_risk_from IS NULL
                        OR prediction.value_at_risk >= alternative.value_at_risk_from
                    )
                    AND (
                        alternative.value_at_risk_to IS NULL
                        OR prediction.value_at_risk <= alternative.value_at_risk_to
                    )
                    AND (
                        alternative.predicted_value_from IS NULL
                        OR value.predicted_clv >= alternative.predicted_value_from
                    )
                    AND (
                        alternative.predicted_value_to IS NULL
                        OR value.predicted_clv <= alternative.predicted_value_to
                    )
                    AND (
                        alternative.days_inactive_from IS NULL
                        OR run.as_of_day - prediction.last_seen_on >= alternative.days_inactive_from
                    )
                    AND (
                        alternative.days_inactive_to IS NULL
                        OR run.as_of_day - prediction.last_seen_on <= alternative.days_inactive_to
                    )
                    AND (
                        alternative.purchases_from IS NULL
                        OR value.order_count >= alternative.purchases_from
                    )
                    AND (
                        alternative.purchases_to IS NULL
                        OR value.order_count <= alternative.purchases_to
                    )
            )
        )
)
