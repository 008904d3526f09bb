-- name: bury
INSERT INTO erasures (tombstone, erased_at)
SELECT
    given.value AS tombstone,
    :at AS erased_at
FROM json_each(:tombstones) AS given
WHERE true
ON CONFLICT (tombstone) DO UPDATE SET erased_at = max(erased_at, excluded.erased_at);

-- name: find_erased
SELECT
    tombstone,
    erased_at
FROM erasures
WHERE tombstone IN (SELECT given.value FROM json_each(:tombstones) AS given);

-- name: get_answered_requests
SELECT
    scope,
    key,
    expires_at,
    answer
FROM idempotency_keys
WHERE submission_id IN (
    SELECT submission.submission_id
    FROM form_submissions AS submission
    WHERE
        submission.canonical_email = :canonical_email
        OR submission.lead_id = (
            SELECT lead.lead_id FROM leads AS lead WHERE lead.canonical_email = :canonical_email
        )
)
ORDER BY scope, key;

-- name: get_messages_about
SELECT
    message_id,
    kind,
    occurred_at,
    subject_id,
    form_id,
    payload
FROM outbox
WHERE subject_id IN (SELECT given.value FROM json_each(:subject_ids) AS given)
ORDER BY occurred_at, message_id;
