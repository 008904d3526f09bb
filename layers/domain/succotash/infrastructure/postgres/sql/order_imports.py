"""Statements about imports of order files."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from succotash.domain.value.refunds import RefundWarning

# Lines that were warned of stand among the rejected ones, told by the code of their only violation.
# They outlive the import, because their count does.
_IS_WARNED = "(violations #>> '{{0,1}}' IN ({})) IS TRUE".format(
    ", ".join(f"'{each}'" for each in RefundWarning)
)
OPEN_IMPORT = f"""
INSERT INTO order_imports (import_id)
VALUES (:import_id)
ON CONFLICT (import_id) DO UPDATE SET import_id = excluded.import_id
RETURNING
    byte_offset, line, recorded, unchanged, conflicting, rejected, erased, is_finished,
    (
        SELECT count(*)
        FROM order_import_rejections AS told
        WHERE told.import_id = order_imports.import_id AND {_IS_WARNED}
    )
"""
SAVE_IMPORT = """
WITH rejected AS (
    INSERT INTO order_import_rejections (import_id, line, is_conflicting, violations)
    SELECT CAST(:import_id AS text), line, is_conflicting, violations
    FROM json_to_recordset(CAST(:rejections AS json)) AS given (
        line bigint, is_conflicting boolean, violations jsonb
    )
    WHERE EXISTS (SELECT FROM order_imports WHERE import_id = :import_id)
)
UPDATE order_imports
SET
    byte_offset = CAST(:byte_offset AS bigint),
    line = CAST(:line AS bigint),
    recorded = CAST(:recorded AS bigint),
    unchanged = CAST(:unchanged AS bigint),
    conflicting = CAST(:conflicting AS bigint),
    rejected = CAST(:rejected AS bigint),
    erased = CAST(:erased AS bigint)
WHERE import_id = :import_id
RETURNING import_id
"""
GET_REJECTED_LINES = f"""
SELECT line, violations, is_conflicting
FROM order_import_rejections
WHERE import_id = :import_id AND line > CAST(:after AS bigint) AND NOT {_IS_WARNED}
ORDER BY line
LIMIT CAST(:limit AS bigint)
"""
GET_WARNED_LINES = f"""
SELECT line, violations #>> '{{0,1}}'
FROM order_import_rejections
WHERE import_id = :import_id AND line > CAST(:after AS bigint) AND {_IS_WARNED}
ORDER BY line
LIMIT CAST(:limit AS bigint)
"""
FINISH_IMPORT = f"""
WITH forgotten AS (
    DELETE FROM order_import_rejections WHERE import_id = :import_id AND NOT {_IS_WARNED}
)
UPDATE order_imports SET is_finished = true WHERE import_id = :import_id RETURNING import_id
"""
