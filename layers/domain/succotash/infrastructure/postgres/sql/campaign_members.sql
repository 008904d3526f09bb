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

-- name: find_releases
-- The keys of addresses are compared with suppressions as in campaign_eligibility.
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
