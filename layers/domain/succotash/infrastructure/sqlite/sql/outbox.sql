-- name: append
INSERT INTO outbox (message_id, kind, occurred_at, subject_id, form_id, payload, due_at)
VALUES (:message_id, :kind, :occurred_at, :subject_id, :form_id, :payload, :occurred_at)
ON CONFLICT (message_id) DO NOTHING;

-- name: take
-- A transaction that writes is alone, so nobody else takes these.
UPDATE outbox SET attempts = attempts + 1, due_at = :until
WHERE message_id IN (
    SELECT due.message_id
    FROM outbox AS due
    WHERE due.delivered_at IS NULL AND due.set_aside_at IS NULL AND due.due_at <= :at
    ORDER BY due.due_at, due.message_id
    LIMIT :limit
)
RETURNING
    message_id,
    kind,
    occurred_at,
    subject_id,
    form_id,
    payload,
    attempts,
    delivered_to;

-- name: note_delivery
UPDATE outbox SET delivered_to = json_insert(delivered_to, '$[#]', :channel)
WHERE
    message_id IN (SELECT given.value FROM json_each(:message_ids) AS given)
    AND NOT EXISTS (
        SELECT 1 FROM json_each(outbox.delivered_to) AS noted WHERE noted.value = :channel
    )
RETURNING message_id;

-- name: withdraw_delivery
UPDATE outbox SET
    delivered_to = (
        SELECT json_group_array(noted.value)
        FROM json_each(outbox.delivered_to) AS noted
        WHERE noted.value <> :channel
    ),
    delivered_at = NULL
WHERE message_id IN (SELECT given.value FROM json_each(:message_ids) AS given);

-- name: get_mails
SELECT sent_at
FROM mail_recipients
WHERE recipient IN (SELECT given.value FROM json_each(:recipients) AS given);

-- name: save_mails
INSERT INTO mail_recipients (recipient, sent_at, last_sent_at)
VALUES (:recipient, :sent_at, :last_sent_at)
ON CONFLICT (recipient) DO UPDATE SET
    sent_at = excluded.sent_at,
    last_sent_at = max(last_sent_at, excluded.last_sent_at);

-- name: withdraw_mail
UPDATE mail_recipients SET sent_at = :sent_at
WHERE recipient = :recipient;

-- name: forget_mails
DELETE FROM mail_recipients
WHERE last_sent_at <= :before;

-- name: forget_recipients
DELETE FROM mail_recipients
WHERE recipient IN (SELECT given.value FROM json_each(:recipients) AS given);

-- name: settle
UPDATE outbox SET
    due_at = coalesce(:due_at, due_at),
    delivered_at = CASE WHEN :error IS NULL THEN :at END,
    set_aside_at = CASE WHEN :error IS NOT NULL AND :due_at IS NULL THEN :at END,
    last_error = :error
WHERE
    message_id = :message_id
    AND attempts = :attempt
    AND (
        :error IS NOT NULL
        OR NOT EXISTS (
            SELECT given.value FROM json_each(:trusted) AS given
            EXCEPT
            SELECT noted.value FROM json_each(outbox.delivered_to) AS noted
        )
    );

-- name: count_backlog
SELECT
    count(*) FILTER (WHERE delivered_at IS NULL AND set_aside_at IS NULL) AS waiting,
    count(set_aside_at) AS dead_lettered,
    min(occurred_at) FILTER (WHERE delivered_at IS NULL AND set_aside_at IS NULL) AS oldest_at
FROM outbox;

-- name: redrive
UPDATE outbox SET set_aside_at = NULL, attempts = 0, due_at = :at
WHERE set_aside_at IS NOT NULL;

-- name: forget_delivered
DELETE FROM outbox
WHERE message_id IN (
    SELECT old.message_id
    FROM outbox AS old
    WHERE old.delivered_at < :before
    ORDER BY old.delivered_at, old.message_id
    LIMIT :limit
);

-- name: forget_subjects
DELETE FROM outbox
WHERE subject_id IN (SELECT given.value FROM json_each(:subject_ids) AS given);
