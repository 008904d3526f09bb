-- part: is_warned
-- Lines that were warned of stand among the rejected ones, told by the code of their only
-- violation. They outlive the import, because their count does.
(rejection.violations #>> '{0,1}' = any(cast(:warning_codes AS text[]))) IS TRUE

-- part: import_columns
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

-- name: open_import
INSERT INTO order_imports (import_id)
VALUES (:import_id)
ON CONFLICT (import_id) DO UPDATE SET import_id = excluded.import_id
RETURNING
    ${import_columns};

-- name: find_import
SELECT
    ${import_columns}
FROM order_imports
WHERE import_id = :import_id;

-- name: save_import
WITH rejected AS (
    INSERT INTO order_import_rejections (import_id, line, is_conflicting, violations)
    SELECT
        cast(:import_id AS text) AS import_id,
        given.line,
        given.is_conflicting,
        given.violations
    FROM json_to_recordset(cast(:rejections AS json)) AS given (
        line bigint,
        is_conflicting boolean,
        violations jsonb
    )
    WHERE EXISTS (SELECT FROM order_imports AS known WHERE known.import_id = :import_id)
)

UPDATE order_imports
SET
    byte_offset = cast(:byte_offset AS bigint),
    line = cast(:line AS bigint),
    recorded = cast(:recorded AS bigint),
    unchanged = cast(:unchanged AS bigint),
    conflicting = cast(:conflicting AS bigint),
    rejected = cast(:rejected AS bigint),
    erased = cast(:erased AS bigint),
    replaced = cast(:replaced AS bigint),
    skipped = cast(:skipped AS jsonb)
WHERE import_id = :import_id
RETURNING import_id;

-- name: get_rejected_lines
SELECT
    rejection.line,
    rejection.violations,
    rejection.is_conflicting
FROM order_import_rejections AS rejection
WHERE
    rejection.import_id = :import_id
    AND rejection.line > cast(:after AS bigint)
    AND NOT ${is_warned}
ORDER BY rejection.line
LIMIT cast(:limit AS bigint);

-- name: get_warned_lines
SELECT
    rejection.line,
    rejection.violations #>> '{0,1}' AS code
FROM order_import_rejections AS rejection
WHERE
    rejection.import_id = :import_id
    AND rejection.line > cast(:after AS bigint)
    AND ${is_warned}
ORDER BY rejection.line
LIMIT cast(:limit AS bigint);

-- name: finish_import
WITH forgotten AS (
    DELETE FROM order_import_rejections AS rejection
    WHERE rejection.import_id = :import_id AND NOT ${is_warned}
)

UPDATE order_imports SET is_finished = TRUE
WHERE import_id = :import_id
RETURNING import_id;

-- name: note_import_started
INSERT INTO import_progress (import_id, started_at)
VALUES (:import_id, cast(:at AS timestamptz))
ON CONFLICT (import_id) DO UPDATE SET
    started_at = excluded.started_at,
    ended_at = NULL,
    failure = NULL;

-- name: note_import_ended
UPDATE import_progress
SET ended_at = cast(:at AS timestamptz), failure = cast(:failure AS text)
WHERE import_id = :import_id
RETURNING import_id;

-- name: find_broken_off_import
SELECT import_id
FROM import_progress
WHERE
    import_id = :import_id
    AND ended_at IS NULL
    AND started_at < cast(:given_up_before AS timestamptz);
