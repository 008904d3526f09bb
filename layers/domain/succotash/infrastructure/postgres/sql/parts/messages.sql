-- part: append_messages
INSERT INTO outbox (message_id, kind, occurred_at, subject_id, form_id, payload, due_at)
SELECT
    item.message_id,
    item.kind,
    item.occurred_at,
    item.subject_id,
    item.form_id,
    item.payload,
    item.occurred_at AS due_at
FROM jsonb_to_recordset(cast(:messages AS jsonb)) AS item (
    message_id text, kind text, occurred_at timestamptz, subject_id text, form_id text,
    payload jsonb
)
ON CONFLICT (message_id) DO NOTHING
