-- name: find_message_states
SELECT
    person_key,
    state
FROM campaign_members
WHERE
    campaign_id = :campaign_id
    AND person_key IN (SELECT given.value FROM json_each(:message_ids) AS given);

-- name: add_outcomes
INSERT INTO campaign_outcomes (campaign_id, person_key, kind, occurred_at)
SELECT
    member.campaign_id,
    member.person_key,
    given.value ->> 'kind' AS kind,
    given.value ->> 'occurred_at' AS occurred_at
FROM json_each(:outcomes) AS given
INNER JOIN campaign_members AS member
    ON
        member.campaign_id = given.value ->> 'campaign_id'
        AND member.person_key = given.value ->> 'person_key'
WHERE member.state IN ('sent', 'bounced')
ON CONFLICT (campaign_id, person_key, kind) DO NOTHING
RETURNING person_key, kind;

-- name: get_outcomes
SELECT
    outcome.campaign_id,
    outcome.person_key,
    outcome.kind,
    outcome.occurred_at
FROM json_each(:messages) AS given
INNER JOIN campaign_outcomes AS outcome
    ON given.key = outcome.person_key AND given.value = outcome.campaign_id
ORDER BY outcome.person_key, outcome.occurred_at, outcome.kind;
