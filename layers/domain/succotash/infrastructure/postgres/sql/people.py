"""Statements about who was erased, and what is kept about people in passing."""

# Locks are shared by stripes, so that a batch about ten thousand people takes no more than these.
STRIPES = 64

# Stripes are taken in order, so that nobody waits in a circle. A statement sees what was committed
# before it began, so whoever waited must ask in a statement of its own.
SHARE_STRIPES = """
SELECT pg_advisory_xact_lock_shared(hashtextextended('erasure', stripe))
FROM (
    SELECT stripe FROM unnest(CAST(:stripes AS integer[])) AS given (stripe) ORDER BY stripe
) AS ordered
"""
TAKE_STRIPES = """
SELECT pg_advisory_xact_lock(hashtextextended('erasure', stripe))
FROM (
    SELECT stripe FROM unnest(CAST(:stripes AS integer[])) AS given (stripe) ORDER BY stripe
) AS ordered
"""
BURY = """
INSERT INTO erasures AS known (tombstone, erased_at)
SELECT tombstone, CAST(:at AS timestamptz)
FROM unnest(CAST(:tombstones AS text[])) AS given (tombstone)
ON CONFLICT (tombstone) DO UPDATE SET
    erased_at = greatest(known.erased_at, excluded.erased_at)
"""
FIND_ERASED = """
SELECT tombstone, erased_at
FROM erasures
WHERE tombstone = ANY(CAST(:tombstones AS text[]))
"""
ANSWERED_REQUESTS = """
SELECT held.scope, held.key, held.expires_at, held.answer
FROM idempotency_keys AS held
WHERE held.submission_id IN (
    SELECT submission_id
    FROM form_submissions
    WHERE canonical_email = :canonical_email
        OR lead_id = (SELECT lead_id FROM leads WHERE canonical_email = :canonical_email)
)
ORDER BY held.scope, held.key
"""
MESSAGES_ABOUT = """
SELECT message_id, kind, occurred_at, subject_id, form_id, payload
FROM outbox
WHERE subject_id = ANY(CAST(:subject_ids AS text[]))
ORDER BY occurred_at, message_id
"""
