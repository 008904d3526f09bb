-- name: append
${append_messages};

-- name: take
WITH due AS MATERIALIZED (
    SELECT message_id
    FROM outbox
    WHERE
        delivered_at IS NULL
        AND set_aside_at IS NULL
        AND due_at <= cast(:at AS timestamptz)
    ORDER BY due_at, message_id
    LIMIT cast(:limit AS bigint)
    FOR UPDATE SKIP LOCKED
),

taken AS (
    UPDATE outbox
    SET attempts = attempts + 1, due_at = cast(:until AS timestamptz)
    FROM due
    WHERE outbox.message_id = due.message_id
    RETURNING
        outbox.message_id, kind, occurred_at, subject_id, form_id, payload, attempts,
        delivered_to
)

SELECT
    message_id,
    kind,
    occurred_at,
    subject_id,
    form_id,
    payload,
    attempts,
    delivered_to
FROM taken
ORDER BY occurred_at, message_id;

-- name: note_delivery
UPDATE outbox
SET delivered_to = array_append(delivered_to, cast(:channel AS text))
WHERE
    message_id = any(cast(:message_ids AS text[]))
    AND cast(:channel AS text) <> all(delivered_to)
RETURNING message_id;

-- name: withdraw_delivery
UPDATE outbox
SET delivered_to = array_remove(delivered_to, cast(:channel AS text)), delivered_at = NULL
WHERE message_id = any(cast(:message_ids AS text[]));

-- name: note_mail
-- A recipient's row is locked before it is judged, so that what others count meanwhile counts.
-- The linter does not see `known`, the row in conflict, from within a subquery.
WITH noted AS (
    UPDATE outbox
    SET delivered_to = array_append(delivered_to, cast(:channel AS text))
    WHERE message_id = :message_id AND cast(:channel AS text) <> all(delivered_to)
    RETURNING message_id
),

counted AS (
    INSERT INTO mail_recipients AS known (recipient, sent_at, last_sent_at)
    SELECT
        cast(:recipient AS text) AS recipient,
        ARRAY[cast(:at AS timestamptz)] AS sent_at,
        cast(:at AS timestamptz) AS last_sent_at
    FROM noted
    ON CONFLICT (recipient) DO UPDATE SET
        sent_at = array_append(
            array(
                SELECT mail.sent
                FROM unnest(known.sent_at) AS mail (sent)  -- noqa: RF01
                WHERE mail.sent > cast(:since AS timestamptz)
            ),
            cast(:at AS timestamptz)
        ),
        last_sent_at = greatest(known.last_sent_at, excluded.last_sent_at)
    WHERE (
        SELECT count(*)
        FROM unnest(known.sent_at) AS mail (sent)  -- noqa: RF01
        WHERE mail.sent > cast(:since AS timestamptz)
    ) < cast(:limit AS bigint)
    RETURNING recipient
)

SELECT
    exists(SELECT FROM noted) AS is_noted,
    exists(SELECT FROM counted) AS is_counted;

-- name: withdraw_mail
WITH withdrawn AS (
    UPDATE outbox
    SET delivered_to = array_remove(delivered_to, cast(:channel AS text)), delivered_at = NULL
    WHERE message_id = :message_id
)

UPDATE mail_recipients
SET sent_at = array(
    SELECT mail.sent
    FROM unnest(sent_at) WITH ORDINALITY AS mail (sent, nth)
    WHERE mail.nth IS DISTINCT FROM array_position(sent_at, cast(:at AS timestamptz))
    ORDER BY mail.nth
)
WHERE recipient = :recipient;

-- name: get_mails
SELECT mail.sent
FROM mail_recipients AS known
CROSS JOIN LATERAL unnest(known.sent_at) AS mail (sent)
WHERE known.recipient = any(cast(:recipients AS text[]))
ORDER BY mail.sent;

-- name: forget_mails
WITH gone AS (
    DELETE FROM mail_recipients
    WHERE last_sent_at <= cast(:before AS timestamptz)
    RETURNING 1
)

SELECT count(*) AS forgotten FROM gone;

-- name: forget_recipients
WITH gone AS (
    DELETE FROM mail_recipients
    WHERE recipient = any(cast(:recipients AS text[]))
    RETURNING 1
)

SELECT count(*) AS forgotten FROM gone;

-- name: settle
UPDATE outbox
SET
    due_at = coalesce(item.due_at, outbox.due_at),
    delivered_at = CASE WHEN item.error IS NULL THEN item.settled_at END,
    set_aside_at = CASE
        WHEN item.error IS NOT NULL AND item.due_at IS NULL THEN item.settled_at
    END,
    last_error = item.error
FROM jsonb_to_recordset(cast(:settlements AS jsonb)) AS item (
    message_id text, attempt integer, settled_at timestamptz, error text,
    due_at timestamptz, trusted text[]
)
WHERE
    outbox.message_id = item.message_id
    AND outbox.attempts = item.attempt
    AND (item.error IS NOT NULL OR outbox.delivered_to @> item.trusted);

-- part: waits
delivered_at IS NULL AND set_aside_at IS NULL

-- name: count_backlog
SELECT
    (SELECT count(*) FROM outbox WHERE ${waits}) AS waiting,
    (SELECT count(*) FROM outbox WHERE set_aside_at IS NOT NULL) AS dead_lettered,
    (SELECT min(occurred_at) FROM outbox WHERE ${waits}) AS oldest_at;

-- name: redrive
WITH put AS (
    UPDATE outbox
    SET set_aside_at = NULL, attempts = 0, due_at = cast(:at AS timestamptz)
    WHERE set_aside_at IS NOT NULL
    RETURNING 1
)

SELECT count(*) AS redriven FROM put;

-- name: forget_delivered
-- What another forgets already is left to it.
WITH old AS MATERIALIZED (
    SELECT message_id
    FROM outbox
    WHERE delivered_at < cast(:before AS timestamptz)
    ORDER BY delivered_at
    LIMIT cast(:limit AS bigint)
    FOR UPDATE SKIP LOCKED
),

gone AS (
    DELETE FROM outbox
    USING old
    WHERE outbox.message_id = old.message_id
    RETURNING 1
)

SELECT count(*) AS forgotten FROM gone;

-- name: forget_subjects
WITH gone AS (
    DELETE FROM outbox
    WHERE subject_id = any(cast(:subject_ids AS text[]))
    RETURNING 1
)

SELECT count(*) AS forgotten FROM gone;
