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

-- part: ranked
-- One row for each address, with why it is not reached, and in which order those are who are.
${account},

person AS (
    SELECT DISTINCT ON (canonical_email)
        canonical_email,
        customer_id,
        risk_level,
        engagement_segment,
        value_segment,
        value_at_risk,
        currency,
        sum(foreseen_value) OVER (PARTITION BY canonical_email) AS foreseen_value,
        bool_or(has_bought) OVER (PARTITION BY canonical_email) AS has_bought
    FROM account
    WHERE canonical_email IS NOT NULL
    ORDER BY canonical_email ASC, value_at_risk DESC, customer_id ASC
),

suppressed AS (
    SELECT
        person.canonical_email,
        bool_or(suppression.reason = 'erased') AS is_erased
    FROM person
    CROSS JOIN unnest(
        cast(:suppression_inners AS bytea[]), cast(:suppression_outers AS bytea[])
    ) AS own (inner_block, outer_block)
    INNER JOIN suppressions AS suppression
        ON
            suppression.address_key
            = keyed_digest(person.canonical_email, own.inner_block, own.outer_block)
    WHERE suppression.purpose IN (:general_purpose, :own_purpose)
    GROUP BY person.canonical_email
),

placed AS (
    SELECT
        canonical_email,
        bool_or(campaign_id = :campaign_id) AS is_member,
        count(*) FILTER (
            WHERE campaign_id <> :campaign_id AND assigned_at > cast(:cap_since AS timestamptz)
        ) AS messages
    FROM campaign_members
    WHERE
        canonical_email IS NOT NULL
        AND (campaign_id = :campaign_id OR assigned_at > cast(:cap_since AS timestamptz))
    GROUP BY canonical_email
),

judged AS (
    SELECT
        person.canonical_email,
        person.customer_id,
        person.risk_level,
        person.engagement_segment,
        person.value_segment,
        person.value_at_risk,
        person.currency,
        person.foreseen_value,
        CASE
            WHEN suppressed.is_erased THEN 'erased'
            WHEN suppressed.canonical_email IS NOT NULL THEN 'suppressed'
            WHEN
                general.state = 'denied'
                OR own.state = 'denied'
                OR NOT (
                    general.state IS NOT NULL
                    OR (cast(:reaches_customers AS boolean) AND person.has_bought)
                )
                THEN 'no_consent'
            WHEN placed.is_member THEN 'already_assigned'
            WHEN placed.messages >= cast(:cap AS bigint) THEN 'cap'
        END AS reason
    FROM person
    LEFT JOIN suppressed ON person.canonical_email = suppressed.canonical_email
    LEFT JOIN current_consents AS general
        ON person.canonical_email = general.canonical_email AND general.purpose = :general_purpose
    LEFT JOIN current_consents AS own
        ON person.canonical_email = own.canonical_email AND own.purpose = :own_purpose
    LEFT JOIN placed ON person.canonical_email = placed.canonical_email
),

-- Once, since a hash is dear.
keyed AS MATERIALIZED (
    SELECT
        canonical_email,
        customer_id,
        risk_level,
        engagement_segment,
        value_segment,
        value_at_risk,
        currency,
        foreseen_value,
        keyed_digest(
            canonical_email, cast(:person_inner AS bytea), cast(:person_outer AS bytea)
        ) COLLATE "C" AS person_key
    FROM judged
    WHERE reason IS NULL
),

-- The budget ends with the last message it pays for; who comes after that is in neither arm.
ranked AS (
    SELECT
        canonical_email,
        customer_id,
        risk_level,
        engagement_segment,
        value_segment,
        value_at_risk,
        currency,
        foreseen_value,
        person_key,
        person_key < cast(:holdout_below AS text) COLLATE "C" AS is_held_out,
        cast(:messages AS bigint) IS NULL
        OR (
            SELECT count(*)
            FROM campaign_members AS sent
            WHERE sent.campaign_id = :campaign_id AND sent.arm = 'treatment'
        )
        + count(*)
            FILTER (WHERE person_key >= cast(:holdout_below AS text) COLLATE "C")
            OVER (
                ORDER BY value_at_risk DESC, customer_id ASC
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            )
        < cast(:messages AS bigint) AS is_paid
    FROM keyed
)

-- part: member
SELECT
    campaign_id,
    person_key,
    arm,
    state,
    assigned_at,
    dispatch_id,
    customer_id,
    canonical_email,
    run_id,
    foreseen_value,
    value_at_risk,
    currency,
    risk_level,
    value_segment,
    engagement_segment
FROM campaign_members

-- name: lock_dispatch
-- One dispatch at a time, so that caps hold across campaigns; and as in erasure_locks.
WITH first AS MATERIALIZED (
    SELECT pg_advisory_xact_lock(hashtextextended('campaign dispatch', 0)) AS locked
)

SELECT pg_advisory_xact_lock_shared(hashtextextended('erasure', ordered.stripe)) AS locked
FROM (
    SELECT given.stripe
    FROM first
    CROSS JOIN unnest(cast(:stripes AS integer[])) AS given (stripe)
    ORDER BY given.stripe
) AS ordered;

-- name: assign_members
WITH ${ranked},

added AS (
    INSERT INTO campaign_members (
        campaign_id, person_key, arm, state, assigned_at, dispatch_id, customer_id,
        canonical_email, run_id, foreseen_value, value_at_risk, currency, risk_level,
        value_segment, engagement_segment
    )
    SELECT
        :campaign_id AS campaign_id,
        ranked.person_key,
        CASE WHEN ranked.is_held_out THEN 'holdout' ELSE 'treatment' END AS arm,
        CASE WHEN ranked.is_held_out THEN 'held_out' ELSE 'queued' END AS state,
        cast(:at AS timestamptz) AS assigned_at,
        :dispatch_id AS dispatch_id,
        ranked.customer_id,
        ranked.canonical_email,
        (SELECT run.run_id FROM run) AS run_id,
        ranked.foreseen_value,
        ranked.value_at_risk,
        ranked.currency,
        ranked.risk_level,
        ranked.value_segment,
        ranked.engagement_segment
    FROM ranked
    WHERE ranked.is_paid
    RETURNING arm
)

SELECT
    count(*) FILTER (WHERE arm = 'treatment') AS treatment,
    count(*) FILTER (WHERE arm = 'holdout') AS holdout
FROM added;

-- name: queue_messages
WITH queued AS (
    INSERT INTO outbox (message_id, kind, occurred_at, subject_id, payload, due_at)
    SELECT
        person_key AS message_id,
        :kind AS kind,
        assigned_at AS occurred_at,
        person_key AS subject_id,
        jsonb_build_object('campaign_id', campaign_id) AS payload,
        cast(:due_at AS timestamptz) AS due_at
    FROM campaign_members
    WHERE
        campaign_id = :campaign_id
        AND dispatch_id = cast(:dispatch_id AS text)
        AND arm = 'treatment'
    RETURNING 1
),

counted AS (
    SELECT count(*) AS messages FROM queued
)

UPDATE retention_campaigns
SET targeted = targeted + counted.messages
FROM counted
WHERE campaign_id = :campaign_id
RETURNING counted.messages;

-- name: count_reach
WITH ${ranked}

SELECT
    'no_address' AS outcome,
    count(*) AS people
FROM account
WHERE canonical_email IS NULL
UNION ALL
SELECT
    reason AS outcome,
    count(*) AS people
FROM judged
WHERE reason IS NOT NULL
GROUP BY reason
UNION ALL
SELECT
    CASE
        WHEN NOT is_paid THEN 'budget'
        WHEN is_held_out THEN 'holdout'
        ELSE 'treatment'
    END AS outcome,
    count(*) AS people
FROM ranked
GROUP BY outcome;

-- name: find_recipients
WITH ${ranked}

SELECT
    ranked.person_key AS message_id,
    lead.first_name,
    lead.last_name,
    lead.company
FROM ranked
LEFT JOIN leads AS lead ON ranked.canonical_email = lead.canonical_email
WHERE ranked.is_paid AND NOT ranked.is_held_out
ORDER BY ranked.value_at_risk DESC, ranked.customer_id ASC
LIMIT cast(:limit AS bigint);

-- name: find_releases
-- The keys of addresses are compared with suppressions as in `ranked`.
WITH member AS (
    SELECT
        own.campaign_id,
        own.person_key,
        own.canonical_email,
        own.customer_id
    FROM unnest(
        cast(:message_ids AS text[]), cast(:campaign_ids AS text[])
    ) AS given (message_id, campaign_id)
    INNER JOIN campaign_members AS own
        ON given.campaign_id = own.campaign_id AND given.message_id = own.person_key
    WHERE own.canonical_email IS NOT NULL
),

suppressed AS (
    SELECT
        member.campaign_id,
        member.person_key,
        bool_or(suppression.reason = 'erased') AS is_erased
    FROM member
    CROSS JOIN unnest(
        cast(:suppression_inners AS bytea[]), cast(:suppression_outers AS bytea[])
    ) AS own (inner_block, outer_block)
    INNER JOIN suppressions AS suppression
        ON
            suppression.address_key
            = keyed_digest(member.canonical_email, own.inner_block, own.outer_block)
    WHERE
        suppression.purpose IN (
            cast(:general_purpose AS text), cast(:campaign_prefix AS text) || member.campaign_id
        )
    GROUP BY member.campaign_id, member.person_key
)

SELECT
    member.person_key AS message_id,
    member.campaign_id,
    member.canonical_email,
    member.customer_id,
    lead.first_name,
    lead.last_name,
    lead.company,
    CASE
        WHEN suppressed.is_erased THEN 'erased'
        WHEN suppressed.person_key IS NOT NULL THEN 'suppressed'
        WHEN
            general.state = 'denied'
            OR own.state = 'denied'
            OR (general.state IS NULL AND NOT cast(:reaches_customers AS boolean))
            THEN 'no_consent'
    END AS reason
FROM member
LEFT JOIN suppressed
    ON
        member.campaign_id = suppressed.campaign_id
        AND member.person_key = suppressed.person_key
LEFT JOIN current_consents AS general
    ON
        member.canonical_email = general.canonical_email
        AND general.purpose = cast(:general_purpose AS text)
LEFT JOIN current_consents AS own
    ON
        member.canonical_email = own.canonical_email
        AND own.purpose = cast(:campaign_prefix AS text) || member.campaign_id
LEFT JOIN leads AS lead ON member.canonical_email = lead.canonical_email
ORDER BY member.person_key;

-- name: mark_members
WITH mark AS (
    SELECT
        given.campaign_id,
        given.person_key,
        given.state,
        given.marked_from
    FROM jsonb_to_recordset(cast(:marks AS jsonb)) AS given (
        campaign_id text, person_key text, state text, marked_from text[]
    )
),

marked AS (
    UPDATE campaign_members
    SET state = mark.state
    FROM mark
    WHERE
        campaign_members.campaign_id = mark.campaign_id
        AND campaign_members.person_key = mark.person_key
        AND campaign_members.state = any(mark.marked_from)
    RETURNING campaign_members.campaign_id, campaign_members.state
),

sent AS (
    SELECT
        campaign_id,
        count(*) AS messages
    FROM marked
    WHERE state = 'sent'
    GROUP BY campaign_id
),

counted AS (
    UPDATE retention_campaigns
    SET sent = retention_campaigns.sent + sent.messages
    FROM sent
    WHERE retention_campaigns.campaign_id = sent.campaign_id
)

SELECT count(*) AS changed FROM marked;

-- name: count_member_states
SELECT
    state,
    count(*) AS members
FROM campaign_members
WHERE campaign_id = :campaign_id
GROUP BY state;

-- name: get_member
${member}
WHERE campaign_id = :campaign_id AND person_key = :person_key;

-- name: find_members
${member}
WHERE campaign_id = :campaign_id AND person_key > cast(:after AS text)
ORDER BY person_key
LIMIT cast(:limit AS bigint);

-- name: find_memberships
${member}
WHERE canonical_email = :canonical_email
ORDER BY assigned_at, campaign_id;

-- name: forget_members
-- What is known of somebody is told before it goes: their messages are known by it.
WITH known AS MATERIALIZED (
    SELECT
        campaign_id,
        person_key
    FROM campaign_members
    WHERE canonical_email = :canonical_email
    FOR UPDATE
),

forgotten AS (
    UPDATE campaign_members
    SET
        person_key = 'erased_' || replace(cast(gen_random_uuid() AS text), '-', ''),
        customer_id = NULL,
        canonical_email = NULL,
        run_id = NULL,
        foreseen_value = NULL,
        value_at_risk = NULL,
        currency = NULL,
        risk_level = NULL,
        value_segment = NULL,
        engagement_segment = NULL
    FROM known
    WHERE
        campaign_members.campaign_id = known.campaign_id
        AND campaign_members.person_key = known.person_key
)

SELECT person_key FROM known
ORDER BY person_key;
