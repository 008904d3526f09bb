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
