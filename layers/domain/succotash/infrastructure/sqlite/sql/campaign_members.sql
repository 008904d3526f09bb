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

-- part: ranked
-- One row for each address, with why it is not reached, and in which order those are who are.
${account},

person AS (
    SELECT
        canonical_email,
        customer_id,
        risk_level,
        engagement_segment,
        value_segment,
        value_at_risk,
        currency,
        sum(foreseen_value) OVER (PARTITION BY canonical_email) AS foreseen_value,
        max(has_bought) OVER (PARTITION BY canonical_email) AS has_bought,
        row_number() OVER (
            PARTITION BY canonical_email
            ORDER BY value_at_risk DESC, customer_id ASC
        ) AS place
    FROM account
    WHERE canonical_email IS NOT NULL
),

suppressed AS (
    SELECT
        person.canonical_email,
        max(suppression.reason = 'erased') AS is_erased
    FROM person
    CROSS JOIN json_each(:suppression_keys) AS own
    INNER JOIN suppressions AS suppression
        ON
            suppression.address_key = keyed_digest(
                person.canonical_email,
                from_hex(own.value ->> 'inner'),
                from_hex(own.value ->> 'outer')
            )
    WHERE suppression.purpose IN (:general_purpose, :own_purpose)
    GROUP BY person.canonical_email
),

placed AS (
    SELECT
        canonical_email,
        max(campaign_id = :campaign_id) AS is_member,
        count(*) FILTER (
            WHERE campaign_id <> :campaign_id AND assigned_at > :cap_since
        ) AS messages
    FROM campaign_members
    WHERE
        canonical_email IS NOT NULL
        AND (campaign_id = :campaign_id OR assigned_at > :cap_since)
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
                general.state IS 'denied'
                OR own.state IS 'denied'
                OR NOT (
                    general.state IS NOT NULL
                    OR (:reaches_customers AND person.has_bought)
                )
                THEN 'no_consent'
            WHEN placed.is_member THEN 'already_assigned'
            WHEN placed.messages >= :cap THEN 'cap'
        END AS reason
    FROM person
    LEFT JOIN suppressed ON person.canonical_email = suppressed.canonical_email
    LEFT JOIN current_consents AS general
        ON person.canonical_email = general.canonical_email AND general.purpose = :general_purpose
    LEFT JOIN current_consents AS own
        ON person.canonical_email = own.canonical_email AND own.purpose = :own_purpose
    LEFT JOIN placed ON person.canonical_email = placed.canonical_email
    WHERE person.place = 1
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
        keyed_digest(canonical_email, :person_inner, :person_outer) AS person_key
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
        person_key < :holdout_below AS is_held_out,
        :messages IS NULL
        OR (
            SELECT count(*)
            FROM campaign_members AS sent
            WHERE sent.campaign_id = :campaign_id AND sent.arm = 'treatment'
        )
        + count(*)
            FILTER (WHERE person_key >= :holdout_below)
            OVER (
                ORDER BY value_at_risk DESC, customer_id ASC
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            )
        < :messages AS is_paid
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

-- name: assign_members
INSERT INTO campaign_members (
    campaign_id, person_key, arm, state, assigned_at, dispatch_id, customer_id, canonical_email,
    run_id, foreseen_value, value_at_risk, currency, risk_level, value_segment, engagement_segment
)
WITH ${ranked}

SELECT
    :campaign_id AS campaign_id,
    ranked.person_key,
    CASE WHEN ranked.is_held_out THEN 'holdout' ELSE 'treatment' END AS arm,
    CASE WHEN ranked.is_held_out THEN 'held_out' ELSE 'queued' END AS state,
    :at AS assigned_at,
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
WHERE ranked.is_paid;

-- name: count_assigned
SELECT
    count(*) FILTER (WHERE arm = 'treatment') AS treatment,
    count(*) FILTER (WHERE arm = 'holdout') AS holdout
FROM campaign_members
WHERE campaign_id = :campaign_id AND dispatch_id = :dispatch_id;

-- name: queue_messages
INSERT INTO outbox (message_id, kind, occurred_at, subject_id, payload, due_at)
SELECT
    person_key AS message_id,
    :kind AS kind,
    assigned_at AS occurred_at,
    person_key AS subject_id,
    json_object('campaign_id', campaign_id) AS payload,
    :due_at AS due_at
FROM campaign_members
WHERE campaign_id = :campaign_id AND dispatch_id = :dispatch_id AND arm = 'treatment';

-- name: count_targeted
UPDATE retention_campaigns
SET targeted = targeted + :messages
WHERE campaign_id = :campaign_id;

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
LIMIT :limit;

-- name: find_releases
-- The keys of addresses are compared with suppressions as in `ranked`.
WITH member AS (
    SELECT
        own.campaign_id,
        own.person_key,
        own.canonical_email,
        own.customer_id
    FROM json_each(:messages) AS given
    INNER JOIN campaign_members AS own
        ON given.value = own.campaign_id AND given.key = own.person_key
    WHERE own.canonical_email IS NOT NULL
),

suppressed AS (
    SELECT
        member.campaign_id,
        member.person_key,
        max(suppression.reason = 'erased') AS is_erased
    FROM member
    CROSS JOIN json_each(:suppression_keys) AS own
    INNER JOIN suppressions AS suppression
        ON
            suppression.address_key = keyed_digest(
                member.canonical_email,
                from_hex(own.value ->> 'inner'),
                from_hex(own.value ->> 'outer')
            )
    WHERE
        suppression.purpose IN (:general_purpose, :campaign_prefix || member.campaign_id)
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
            general.state IS 'denied'
            OR own.state IS 'denied'
            OR (general.state IS NULL AND NOT :reaches_customers)
            THEN 'no_consent'
    END AS reason
FROM member
LEFT JOIN suppressed
    ON
        member.campaign_id = suppressed.campaign_id
        AND member.person_key = suppressed.person_key
LEFT JOIN current_consents AS general
    ON member.canonical_email = general.canonical_email AND general.purpose = :general_purpose
LEFT JOIN current_consents AS own
    ON
        member.canonical_email = own.canonical_email
        AND own.purpose = :campaign_prefix || member.campaign_id
LEFT JOIN leads AS lead ON member.canonical_email = lead.canonical_email
ORDER BY member.person_key;

-- part: marked
-- Members whom a mark changes, with the state to which it leads.
SELECT
    known.campaign_id,
    known.person_key,
    given.value ->> 'state' AS state
FROM json_each(:marks) AS given
INNER JOIN campaign_members AS known
    ON
        known.campaign_id = given.value ->> 'campaign_id'
        AND known.person_key = given.value ->> 'person_key'
WHERE
    known.state IN (
        SELECT former.value
        FROM json_each(given.value -> 'marked_from') AS former
    )

-- name: count_sent
WITH marked AS (
    ${marked}
),

counted AS (
    SELECT
        campaign_id,
        count(*) AS messages
    FROM marked
    WHERE state = 'sent'
    GROUP BY campaign_id
)

UPDATE retention_campaigns
SET sent = sent + counted.messages
FROM counted
WHERE retention_campaigns.campaign_id = counted.campaign_id;

-- name: mark_members
UPDATE campaign_members
SET state = marked.state
FROM (${marked}) AS marked
WHERE
    campaign_members.campaign_id = marked.campaign_id
    AND campaign_members.person_key = marked.person_key;

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
WHERE campaign_id = :campaign_id AND person_key > :after
ORDER BY person_key
LIMIT :limit;

-- name: find_memberships
${member}
WHERE canonical_email = :canonical_email
ORDER BY assigned_at, campaign_id;

-- name: forget_members
UPDATE campaign_members
SET
    person_key = 'erased_' || lower(hex(randomblob(16))),
    customer_id = NULL,
    canonical_email = NULL,
    run_id = NULL,
    foreseen_value = NULL,
    value_at_risk = NULL,
    currency = NULL,
    risk_level = NULL,
    value_segment = NULL,
    engagement_segment = NULL
WHERE canonical_email = :canonical_email;
