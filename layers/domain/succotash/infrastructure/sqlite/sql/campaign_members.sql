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

-- name: find_releases
-- The keys of addresses are compared with suppressions as in campaign_eligibility.
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
