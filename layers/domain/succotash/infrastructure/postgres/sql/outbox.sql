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
),

unanswered AS (
    UPDATE deliveries
    SET state = 'uncertain'
    FROM due
    WHERE
        deliveries.message_id = due.message_id
        AND deliveries.state = 'pending'
        AND deliveries.kind = any(cast(:at_most_once AS text[]))
    RETURNING deliveries.message_id
),

forgotten AS (
    DELETE FROM deliveries
    USING due
    WHERE deliveries.message_id = due.message_id AND deliveries.state = 'refused'
)

SELECT
    message_id,
    kind,
    occurred_at,
    subject_id,
    form_id,
    payload,
    attempts,
    delivered_to,
    (
        SELECT count(*)
        FROM unanswered
        WHERE unanswered.message_id = taken.message_id
    ) AS unanswered
FROM taken
ORDER BY occurred_at, message_id;

-- name: hand_over
WITH item AS (
    SELECT
        given.job_id,
        given.message_id,
        given.channel,
        given.kind,
        given.attempt,
        given.handed_over_at,
        given.recipient
    FROM jsonb_to_recordset(cast(:deliveries AS jsonb)) AS given (
        job_id text, message_id text, channel text, kind text, attempt integer,
        handed_over_at timestamptz, recipient text
    )
),

held AS (
    UPDATE outbox
    SET due_at = cast(:until AS timestamptz)
    WHERE message_id IN (SELECT item.message_id FROM item)
    RETURNING message_id
)

INSERT INTO deliveries (
    message_id, channel, job_id, kind, attempt, handed_over_at, recipient
)
SELECT
    item.message_id,
    item.channel,
    item.job_id,
    item.kind,
    item.attempt,
    item.handed_over_at,
    item.recipient
FROM item
INNER JOIN held ON item.message_id = held.message_id
ON CONFLICT (message_id, channel) DO UPDATE SET
    job_id = excluded.job_id,
    kind = excluded.kind,
    attempt = excluded.attempt,
    state = 'pending',
    handed_over_at = excluded.handed_over_at,
    recipient = excluded.recipient,
    answered_at = NULL,
    reason = NULL,
    reference = NULL;

-- name: lock_messages
-- Of several that are answered for one message at a time, the last one sees that it is.
SELECT message_id
FROM outbox
WHERE message_id = any(cast(:message_ids AS text[]))
ORDER BY message_id
FOR UPDATE;

-- name: answer
WITH answered AS (
    UPDATE deliveries
    SET
        state = item.result,
        answered_at = cast(:at AS timestamptz),
        reason = item.reason,
        reference = item.reference
    FROM jsonb_to_recordset(cast(:outcomes AS jsonb)) AS item (
        job_id text, message_id text, channel text, result text, reason text, reference text
    )
    WHERE
        deliveries.message_id = item.message_id
        AND deliveries.channel = item.channel
        AND deliveries.job_id = item.job_id
        AND deliveries.state IN ('pending', 'uncertain')
        AND deliveries.state <> item.result
    RETURNING deliveries.message_id, deliveries.channel, deliveries.state
),

changed AS (
    SELECT
        message_id,
        array_agg(channel) FILTER (WHERE state <> 'refused') AS reached,
        array_agg(channel) FILTER (WHERE state = 'refused') AS refused
    FROM answered
    GROUP BY message_id
)

UPDATE outbox
SET
    delivered_to = array(
        SELECT noted.channel
        FROM unnest(outbox.delivered_to || changed.reached) AS noted (channel)  -- noqa: RF01
        WHERE noted.channel <> all(coalesce(changed.refused, '{}'))  -- noqa: RF01
        GROUP BY noted.channel
        ORDER BY noted.channel
    ),
    delivered_at = CASE WHEN changed.refused IS NULL THEN outbox.delivered_at END
FROM changed
WHERE outbox.message_id = changed.message_id
RETURNING outbox.message_id;

-- name: close_answered
WITH complete AS (
    SELECT
        message_id,
        kind,
        occurred_at,
        subject_id,
        form_id,
        payload,
        delivered_to,
        (
            SELECT max(done.attempt)
            FROM deliveries AS done
            WHERE done.message_id = outbox.message_id
        ) AS attempts
    FROM outbox
    WHERE
        message_id = any(cast(:message_ids AS text[]))
        AND NOT EXISTS (
            SELECT
            FROM deliveries AS out
            WHERE out.message_id = outbox.message_id AND out.state = 'pending'
        )
),

-- Whose mail is not counted any more is told once.
told AS (
    UPDATE deliveries
    SET recipient = NULL
    FROM complete
    WHERE
        deliveries.message_id = complete.message_id
        AND deliveries.state = 'refused'
        AND deliveries.recipient IS NOT NULL
)

SELECT
    complete.message_id,
    complete.kind,
    complete.occurred_at,
    complete.subject_id,
    complete.form_id,
    complete.payload,
    complete.attempts,
    complete.delivered_to,
    0 AS unanswered,
    refused.channel AS refused_channel,
    refused.job_id AS refused_job_id,
    refused.kind AS refused_kind,
    refused.attempt AS refused_attempt,
    refused.handed_over_at AS refused_handed_over_at,
    refused.recipient AS refused_recipient,
    refused.reason AS refused_reason
FROM complete
LEFT JOIN deliveries AS refused
    ON complete.message_id = refused.message_id AND refused.state = 'refused'
ORDER BY complete.occurred_at, complete.message_id, refused.channel;

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
    last_error = item.error,
    attempts = outbox.attempts - CASE WHEN item.counts THEN 0 ELSE 1 END
FROM jsonb_to_recordset(cast(:settlements AS jsonb)) AS item (
    message_id text, attempt integer, settled_at timestamptz, error text,
    due_at timestamptz, trusted text[], counts boolean
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
    (SELECT min(occurred_at) FROM outbox WHERE ${waits}) AS oldest_at,
    (SELECT count(*) FROM deliveries WHERE state = 'uncertain') AS uncertain;

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
