-- name: find_message_states
SELECT
    person_key,
    state
FROM campaign_members
WHERE campaign_id = :campaign_id AND person_key = any(cast(:message_ids AS text[]));

-- name: add_outcomes
-- Members are locked, so that nobody is erased between being found and being referred to.
WITH given AS (
    SELECT
        listed.campaign_id,
        listed.person_key,
        listed.kind,
        listed.occurred_at
    FROM jsonb_to_recordset(cast(:outcomes AS jsonb)) AS listed (
        campaign_id text, person_key text, kind text, occurred_at timestamptz
    )
),

member AS MATERIALIZED (
    SELECT
        campaign_id,
        person_key
    FROM campaign_members
    WHERE
        state IN ('sent', 'bounced')
        AND (campaign_id, person_key) IN (
            SELECT
                given.campaign_id,
                given.person_key
            FROM given
        )
    FOR KEY SHARE
),

added AS (
    INSERT INTO campaign_outcomes (campaign_id, person_key, kind, occurred_at)
    SELECT
        member.campaign_id,
        member.person_key,
        given.kind,
        given.occurred_at
    FROM given
    INNER JOIN member
        ON given.campaign_id = member.campaign_id AND given.person_key = member.person_key
    ON CONFLICT (campaign_id, person_key, kind) DO NOTHING
    RETURNING person_key, kind
)

SELECT
    person_key,
    kind
FROM added;

-- name: get_outcomes
SELECT
    outcome.campaign_id,
    outcome.person_key,
    outcome.kind,
    outcome.occurred_at
FROM unnest(
    cast(:message_ids AS text[]), cast(:campaign_ids AS text[])
) AS given (message_id, campaign_id)
INNER JOIN campaign_outcomes AS outcome
    ON given.campaign_id = outcome.campaign_id AND given.message_id = outcome.person_key
ORDER BY outcome.person_key, outcome.occurred_at, outcome.kind;
