-- name: make_table
CREATE TABLE IF NOT EXISTS messages (
    place integer PRIMARY KEY AUTOINCREMENT,
    message_group text NOT NULL,
    deduplication_id text NOT NULL,
    content text NOT NULL,
    sent_at real NOT NULL,
    visible_at real NOT NULL,
    receives integer NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'waits' CHECK (state IN ('waits', 'taken', 'aside'))
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
    SELECT 1 FROM messages
    WHERE
        message_group = :message_group
        AND deduplication_id = :deduplication_id
        AND sent_at > :remembered
);

-- name: forget_old
-- What was taken stays for a while without its content, so that its repetition is recognised.
DELETE FROM messages
WHERE (state = 'taken' AND sent_at <= :remembered) OR (state = 'aside' AND sent_at <= :kept);

-- name: set_aside
UPDATE messages SET state = 'aside'
WHERE place = :place;

-- name: mark_taken
UPDATE messages SET state = 'taken', content = ''
WHERE place = :place AND state = 'waits';

-- name: receive
-- A group gives nothing while one of its messages is out.
UPDATE messages SET receives = receives + 1, visible_at = :until
WHERE place IN (
    SELECT place FROM messages
    WHERE
        state = 'waits'
        AND message_group NOT IN (
            SELECT other.message_group FROM messages AS other
            WHERE other.state = 'waits' AND other.visible_at > :now
        )
    ORDER BY place
    LIMIT :limit
)
RETURNING place, message_group, content, receives;

-- name: show_again
UPDATE messages SET visible_at = :until
WHERE place = :place;

-- name: read_kept
SELECT
    place,
    content
FROM messages
WHERE state <> 'taken'
ORDER BY place;

-- name: remove
DELETE FROM messages
WHERE place = :place;

-- name: count_in_state
SELECT count(*) AS messages FROM messages
WHERE state = :state;
