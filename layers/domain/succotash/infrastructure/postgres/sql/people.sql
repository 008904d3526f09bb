-- name: bury
INSERT INTO erasures AS known (tombstone, erased_at)
SELECT
    given.tombstone,
    cast(:at AS timestamptz) AS erased_at
FROM unnest(cast(:tombstones AS text[])) AS given (tombstone)
ON CONFLICT (tombstone) DO UPDATE SET
    erased_at = greatest(known.erased_at, excluded.erased_at);

-- name: find_erased
SELECT
    tombstone,
    erased_at
FROM erasures
WHERE tombstone = any(cast(:tombstones AS text[]));

-- name: get_answered_requests
SELECT
    held.scope,
    held.key,
    held.expires_at,
    held.answer
FROM idempotency_keys AS held
WHERE held.submission_id IN (
    SELECT submission.submission_id
    FROM form_submissions AS submission
    WHERE
        submission.canonical_email = :canonical_email
        OR submission.lead_id = (
            SELECT lead.lead_id FROM leads AS lead WHERE lead.canonical_email = :canonical_email
        )
)
ORDER BY held.scope, held.key;

-- name: get_messages_about
SELECT
    message_id,
    kind,
    occurred_at,
    subject_id,
    form_id,
    payload
FROM outbox
WHERE subject_id = any(cast(:subject_ids AS text[]))
ORDER BY occurred_at, message_id;
