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
