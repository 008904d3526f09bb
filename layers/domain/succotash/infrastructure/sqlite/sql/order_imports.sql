-- part: is_warned
-- Lines that were warned of stand among the rejected ones, told by the code of their only
-- violation. They outlive the import, because their count does.
(
    rejection.violations ->> '$[0][1]' IN (
        SELECT code.value FROM json_each(:warning_codes) AS code
    )
) IS TRUE

-- name: open_import
INSERT INTO order_imports (
    import_id, byte_offset, line, recorded, unchanged, conflicting, rejected, erased, replaced,
    skipped, is_finished
)
VALUES (:import_id, 0, 0, 0, 0, 0, 0, 0, 0, '{}', 0)
ON CONFLICT (import_id) DO NOTHING;

-- name: get_import
SELECT
    import_id,
    byte_offset,
    line,
    recorded,
    unchanged,
    conflicting,
    rejected,
    erased,
    replaced,
    skipped,
    is_finished,
    (
        SELECT count(*)
        FROM order_import_rejections AS rejection
        WHERE rejection.import_id = :import_id AND ${is_warned}
    ) AS warned
FROM order_imports
WHERE import_id = :import_id;

-- name: save_import
UPDATE order_imports
SET
    byte_offset = :byte_offset,
    line = :line,
    recorded = :recorded,
    unchanged = :unchanged,
    conflicting = :conflicting,
    rejected = :rejected,
    erased = :erased,
    replaced = :replaced,
    skipped = :skipped
WHERE import_id = :import_id;

-- name: reject_line
INSERT INTO order_import_rejections (import_id, line, is_conflicting, violations)
VALUES (:import_id, :line, :is_conflicting, :violations);

-- name: get_rejected_lines
SELECT
    rejection.line,
    rejection.violations,
    rejection.is_conflicting
FROM order_import_rejections AS rejection
WHERE
    rejection.import_id = :import_id
    AND rejection.line > :after
    AND NOT ${is_warned}
ORDER BY rejection.line
LIMIT :limit;

-- name: get_warned_lines
SELECT
    rejection.line,
    rejection.violations ->> '$[0][1]' AS code
FROM order_import_rejections AS rejection
WHERE
    rejection.import_id = :import_id
    AND rejection.line > :after
    AND ${is_warned}
ORDER BY rejection.line
LIMIT :limit;

-- name: finish_import
UPDATE order_imports SET is_finished = 1
WHERE import_id = :import_id;

-- name: forget_rejected_lines
DELETE FROM order_import_rejections AS rejection
WHERE rejection.import_id = :import_id AND NOT ${is_warned};

-- name: note_import_started
INSERT INTO import_progress (import_id, started_at)
VALUES (:import_id, :at)
ON CONFLICT (import_id) DO UPDATE SET
    started_at = excluded.started_at,
    ended_at = NULL,
    failure = NULL;

-- name: note_import_ended
UPDATE import_progress
SET ended_at = :at, failure = :failure
WHERE import_id = :import_id;

-- name: find_broken_off_import
SELECT import_id
FROM import_progress
WHERE import_id = :import_id AND ended_at IS NULL AND started_at < :given_up_before;
