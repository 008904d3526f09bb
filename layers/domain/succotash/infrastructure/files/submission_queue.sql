-- name: create_messages
CREATE TABLE IF NOT EXISTS messages (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    message_group TEXT NOT NULL,
    deduplication_id TEXT NOT NULL,
    content TEXT NOT NULL,
    sent_at REAL NOT NULL,
    visible_at REAL NOT NULL,
    receives INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waits' CHECK (state IN ('waits', 'taken', 'aside'))
) STRICT;

-- name: enqueue
INSERT INTO messages (message_group, deduplication_id, content, sent_at, visible_at)
SELECT
    :message_group AS message_group,
    :deduplication_id AS deduplication_id,
    :content AS content,
    :now AS sent_at,
    :now AS visible_at
WHERE NOT EXISTS (
    SELECT 1 FROM messages AS known
    WHERE
        known.message_group = :message_group
        AND known.deduplication_id = :deduplication_id
        AND known.sent_at > :remembered
);

-- name: delete_old_messages
-- What was taken stays for a while without its content, so that its repetition is recognised.
DELETE FROM messages
WHERE
    (state = 'taken' AND sent_at <= :remembered)
    OR (state = 'aside' AND sent_at <= :kept);

-- name: dead_letter
UPDATE messages SET state = 'aside' WHERE place = :place;

-- name: take
UPDATE messages SET state = 'taken', content = ''
WHERE place = :place AND state = 'waits';

-- name: receive
-- A group gives nothing while one of its messages is out.
UPDATE messages SET receives = receives + 1, visible_at = :until
WHERE place IN (
    SELECT waiting.place
    FROM messages AS waiting
    WHERE
        waiting.state = 'waits'
        AND waiting.message_group NOT IN (
            SELECT hidden.message_group
            FROM messages AS hidden
            WHERE hidden.state = 'waits' AND hidden.visible_at > :now
        )
    ORDER BY waiting.place
    LIMIT :limit
)
RETURNING place, message_group, content, receives;

-- name: hide
UPDATE messages SET visible_at = :until WHERE place = :place;

-- name: find_contents
SELECT
    place,
    content
FROM messages
WHERE state <> 'taken'
ORDER BY place;

-- name: delete_message
DELETE FROM messages WHERE place = :place;

-- name: count_messages
SELECT count(*) AS messages FROM messages WHERE state = :state;
