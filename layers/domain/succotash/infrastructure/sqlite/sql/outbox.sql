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
    delivered_to,
    (
        SELECT count(*)
        FROM deliveries
        WHERE
            deliveries.message_id = outbox.message_id
            AND deliveries.state = 'pending'
            AND deliveries.kind IN (SELECT given.value FROM json_each(:at_most_once) AS given)
    ) AS unanswered;

-- name: find_unanswered
UPDATE deliveries SET state = 'uncertain'
WHERE
    message_id IN (SELECT given.value FROM json_each(:message_ids) AS given)
    AND state = 'pending'
    AND kind IN (SELECT given.value FROM json_each(:at_most_once) AS given);

-- name: forget_refused
DELETE FROM deliveries
WHERE
    state = 'refused'
    AND message_id IN (SELECT given.value FROM json_each(:message_ids) AS given);

-- name: hold
UPDATE outbox SET due_at = :until
WHERE message_id IN (SELECT given.value FROM json_each(:message_ids) AS given);

-- name: hand_over
INSERT INTO deliveries (
    message_id, channel, job_id, kind, attempt, handed_over_at, recipient
)
SELECT
    held.message_id,
    :channel AS channel,
    :job_id AS job_id,
    :kind AS kind,
    :attempt AS attempt,
    :handed_over_at AS handed_over_at,
    :recipient AS recipient
FROM outbox AS held
WHERE held.message_id = :message_id
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

-- name: answer
UPDATE deliveries SET
    state = :result,
    answered_at = :at,
    reason = :reason,
    reference = :reference
WHERE
    message_id = :message_id
    AND channel = :channel
    AND job_id = :job_id
    AND state IN ('pending', 'uncertain')
    AND state <> :result;

-- name: find_complete
SELECT
    complete.message_id,
    complete.kind,
    complete.occurred_at,
    complete.subject_id,
    complete.form_id,
    complete.payload,
    complete.delivered_to,
    refused.channel AS refused_channel,
    refused.job_id AS refused_job_id,
    refused.kind AS refused_kind,
    refused.attempt AS refused_attempt,
    refused.handed_over_at AS refused_handed_over_at,
    refused.recipient AS refused_recipient,
    refused.reason AS refused_reason,
    0 AS unanswered,
    (
        SELECT max(done.attempt)
        FROM deliveries AS done
        WHERE done.message_id = complete.message_id
    ) AS attempts
FROM outbox AS complete
LEFT JOIN deliveries AS refused
    ON complete.message_id = refused.message_id AND refused.state = 'refused'
WHERE
    complete.message_id IN (SELECT given.value FROM json_each(:message_ids) AS given)
    AND NOT EXISTS (
        SELECT 1
        FROM deliveries AS out
        WHERE out.message_id = complete.message_id AND out.state = 'pending'
    )
ORDER BY complete.occurred_at, complete.message_id, refused.channel;

-- name: forget_refused_recipients
UPDATE deliveries SET recipient = NULL
WHERE
    state = 'refused'
    AND message_id IN (SELECT given.value FROM json_each(:message_ids) AS given);

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
    last_error = :error,
    attempts = attempts - CASE WHEN :counts THEN 0 ELSE 1 END
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
    min(occurred_at) FILTER (WHERE delivered_at IS NULL AND set_aside_at IS NULL) AS oldest_at,
    (SELECT count(*) FROM deliveries WHERE deliveries.state = 'uncertain') AS uncertain
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
