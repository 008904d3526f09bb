"""Statements of the outbox."""

APPEND = """
INSERT INTO outbox (message_id, kind, occurred_at, subject_id, form_id, payload, due_at)
SELECT message_id, kind, occurred_at, subject_id, form_id, payload, occurred_at
FROM jsonb_to_recordset(CAST(:messages AS jsonb)) AS item (
    message_id text, kind text, occurred_at timestamptz, subject_id text, form_id text,
    payload jsonb
)
ON CONFLICT (message_id) DO NOTHING
"""

TAKE = """
WITH due AS MATERIALIZED (
    SELECT message_id
    FROM outbox
    WHERE delivered_at IS NULL
        AND set_aside_at IS NULL
        AND due_at <= CAST(:at AS timestamptz)
    ORDER BY due_at, message_id
    LIMIT CAST(:limit AS bigint)
    FOR UPDATE SKIP LOCKED
),
taken AS (
    UPDATE outbox
    SET attempts = attempts + 1, due_at = CAST(:until AS timestamptz)
    FROM due
    WHERE outbox.message_id = due.message_id
    RETURNING
        outbox.message_id, kind, occurred_at, subject_id, form_id, payload, attempts,
        delivered_to
)
SELECT message_id, kind, occurred_at, subject_id, form_id, payload, attempts, delivered_to
FROM taken
ORDER BY occurred_at, message_id
"""

NOTE_DELIVERY = """
UPDATE outbox
SET delivered_to = array_append(delivered_to, CAST(:channel AS text))
WHERE message_id = ANY(CAST(:message_ids AS text[]))
    AND CAST(:channel AS text) <> ALL(delivered_to)
RETURNING message_id
"""

WITHDRAW_DELIVERY = """
UPDATE outbox
SET delivered_to = array_remove(delivered_to, CAST(:channel AS text)), delivered_at = NULL
WHERE message_id = ANY(CAST(:message_ids AS text[]))
"""

# A recipient's row is locked before it is judged, so that what others count meanwhile counts.
NOTE_MAIL = """
WITH noted AS (
    UPDATE outbox
    SET delivered_to = array_append(delivered_to, CAST(:channel AS text))
    WHERE message_id = :message_id AND CAST(:channel AS text) <> ALL(delivered_to)
    RETURNING message_id
),
counted AS (
    INSERT INTO mail_recipients AS known (recipient, sent_at, last_sent_at)
    SELECT CAST(:recipient AS text), ARRAY[CAST(:at AS timestamptz)], CAST(:at AS timestamptz)
    FROM noted
    ON CONFLICT (recipient) DO UPDATE SET
        sent_at = array_append(
            ARRAY(
                SELECT sent
                FROM unnest(known.sent_at) AS mail (sent)
                WHERE sent > CAST(:since AS timestamptz)
            ),
            CAST(:at AS timestamptz)
        ),
        last_sent_at = greatest(known.last_sent_at, excluded.last_sent_at)
    WHERE (
        SELECT count(*)
        FROM unnest(known.sent_at) AS mail (sent)
        WHERE sent > CAST(:since AS timestamptz)
    ) < CAST(:limit AS bigint)
    RETURNING recipient
)
SELECT EXISTS (SELECT FROM noted), EXISTS (SELECT FROM counted)
"""

WITHDRAW_MAIL = """
WITH withdrawn AS (
    UPDATE outbox
    SET delivered_to = array_remove(delivered_to, CAST(:channel AS text)), delivered_at = NULL
    WHERE message_id = :message_id
)
UPDATE mail_recipients
SET sent_at = ARRAY(
    SELECT sent
    FROM unnest(sent_at) WITH ORDINALITY AS mail (sent, place)
    WHERE place IS DISTINCT FROM array_position(sent_at, CAST(:at AS timestamptz))
    ORDER BY place
)
WHERE recipient = :recipient
"""
GET_MAILS = """
SELECT mail.sent
FROM mail_recipients CROSS JOIN LATERAL unnest(sent_at) AS mail (sent)
WHERE recipient = ANY(CAST(:recipients AS text[]))
ORDER BY mail.sent
"""
FORGET_MAILS = """
WITH gone AS (
    DELETE FROM mail_recipients
    WHERE last_sent_at <= CAST(:before AS timestamptz)
    RETURNING 1
)
SELECT count(*) FROM gone
"""
FORGET_RECIPIENTS = """
WITH gone AS (
    DELETE FROM mail_recipients
    WHERE recipient = ANY(CAST(:recipients AS text[]))
    RETURNING 1
)
SELECT count(*) FROM gone
"""

SETTLE = """
UPDATE outbox
SET
    due_at = coalesce(item.due_at, outbox.due_at),
    delivered_at = CASE WHEN item.error IS NULL THEN item.settled_at END,
    set_aside_at = CASE
        WHEN item.error IS NOT NULL AND item.due_at IS NULL THEN item.settled_at
    END,
    last_error = item.error
FROM jsonb_to_recordset(CAST(:settlements AS jsonb)) AS item (
    message_id text COLLATE "C", attempt integer, settled_at timestamptz, error text,
    due_at timestamptz, trusted text[]
)
WHERE outbox.message_id = item.message_id
    AND outbox.attempts = item.attempt
    AND (item.error IS NOT NULL OR outbox.delivered_to @> item.trusted)
"""

COUNT_BACKLOG = """
SELECT
    (SELECT count(*) FROM outbox WHERE delivered_at IS NULL AND set_aside_at IS NULL),
    (SELECT count(*) FROM outbox WHERE set_aside_at IS NOT NULL),
    (SELECT min(occurred_at) FROM outbox WHERE delivered_at IS NULL AND set_aside_at IS NULL)
"""

PUT_BACK = """
WITH put AS (
    UPDATE outbox
    SET set_aside_at = NULL, attempts = 0, due_at = CAST(:at AS timestamptz)
    WHERE set_aside_at IS NOT NULL
    RETURNING 1
)
SELECT count(*) FROM put
"""

# What another forgets already is left to it.
FORGET_DELIVERED = """
WITH old AS MATERIALIZED (
    SELECT message_id
    FROM outbox
    WHERE delivered_at < CAST(:before AS timestamptz)
    ORDER BY delivered_at
    LIMIT CAST(:limit AS bigint)
    FOR UPDATE SKIP LOCKED
),
gone AS (
    DELETE FROM outbox
    USING old
    WHERE outbox.message_id = old.message_id
    RETURNING 1
)
SELECT count(*) FROM gone
"""

FORGET_SUBJECTS = """
WITH gone AS (
    DELETE FROM outbox
    WHERE subject_id = ANY(CAST(:subject_ids AS text[]))
    RETURNING 1
)
SELECT count(*) FROM gone
"""
