"""Imports of order files in SQLite."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

import json
from collections.abc import Sequence
from typing import override

from succotash.domain.repositories.order_imports import OrderImportRepository
from succotash.domain.value.order_import import (
    OrderImport,
    Position,
    RejectedLine,
    WarnedLine,
    as_rejected,
)
from succotash.domain.value.refunds import RefundWarning
from succotash.domain.values import PAGE
from succotash.errors import NotFoundError, Violation
from succotash.infrastructure.sqlite.columns import json_text
from succotash.infrastructure.sqlite.repository import SQLiteRepository

_OPEN_IMPORT = """
INSERT INTO order_imports (
    import_id, byte_offset, line, recorded, unchanged, conflicting, rejected, erased, is_finished
)
VALUES (:import_id, 0, 0, 0, 0, 0, 0, 0, 0)
ON CONFLICT (import_id) DO NOTHING
"""
# Lines that were warned of stand among the rejected ones, told by the code of their only violation.
# They outlive the import, because their count does.
_IS_WARNED = "(violations ->> '$[0][1]' IN ({})) IS TRUE".format(
    ", ".join(f"'{each}'" for each in RefundWarning)
)
_IMPORT = f"""
SELECT *, (
    SELECT COUNT(*) FROM order_import_rejections AS told
    WHERE told.import_id = order_imports.import_id AND {_IS_WARNED}
) AS warned
FROM order_imports
WHERE import_id = :import_id
"""
_SAVE_IMPORT = """
UPDATE order_imports
SET byte_offset = :byte_offset, line = :line, recorded = :recorded, unchanged = :unchanged,
    conflicting = :conflicting, rejected = :rejected, erased = :erased
WHERE import_id = :import_id
"""
_REJECT_LINE = """
INSERT INTO order_import_rejections (import_id, line, is_conflicting, violations)
VALUES (:import_id, :line, :is_conflicting, :violations)
"""
_REJECTED_LINES = f"""
SELECT line, is_conflicting, violations
FROM order_import_rejections
WHERE import_id = :import_id AND line > :after AND NOT {_IS_WARNED}
ORDER BY line
LIMIT :limit
"""
_WARNED_LINES = f"""
SELECT line, violations ->> '$[0][1]' AS code
FROM order_import_rejections
WHERE import_id = :import_id AND line > :after AND {_IS_WARNED}
ORDER BY line
LIMIT :limit
"""
_FINISH_IMPORT = "UPDATE order_imports SET is_finished = 1 WHERE import_id = :import_id"
_FORGET_REJECTED_LINES = f"""
DELETE FROM order_import_rejections WHERE import_id = :import_id AND NOT {_IS_WARNED}
"""


class SQLiteOrderImportRepository(SQLiteRepository, OrderImportRepository):
    """Imports of order files."""

    @override
    def open_import(self, import_id: str) -> OrderImport:
        with self._unit.writing() as session:
            session.run(_OPEN_IMPORT, import_id=import_id)
            [row] = session.run(_IMPORT, import_id=import_id)
        return OrderImport(
            row["import_id"],
            Position(row["byte_offset"], row["line"]),
            row["recorded"],
            row["unchanged"],
            row["conflicting"],
            row["rejected"],
            row["erased"],
            is_finished=bool(row["is_finished"]),
            warned=row["warned"],
        )

    @override
    def save_import(
        self,
        state: OrderImport,
        rejected: Sequence[RejectedLine],
        warned: Sequence[WarnedLine] = (),
    ) -> None:
        with self._unit.writing() as session:
            changed = session.change(
                _SAVE_IMPORT,
                import_id=state.import_id,
                byte_offset=state.position.offset,
                line=state.position.line,
                recorded=state.recorded,
                unchanged=state.unchanged,
                conflicting=state.conflicting,
                rejected=state.rejected,
                erased=state.erased,
            )
            if not changed:
                raise NotFoundError("import")
            session.run_for_each(
                _REJECT_LINE,
                [
                    {
                        "import_id": state.import_id,
                        "line": each.line,
                        "is_conflicting": each.is_conflicting,
                        "violations": json_text(
                            [[found.field, found.code, found.message] for found in each.violations]
                        ),
                    }
                    for each in (*rejected, *map(as_rejected, warned))
                ],
            )

    @override
    def get_rejected_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[RejectedLine]:
        with self._unit.reading() as session:
            rows = session.run(_REJECTED_LINES, import_id=import_id, after=after, limit=limit)
        return [
            RejectedLine(
                row["line"],
                tuple(Violation(*each) for each in json.loads(row["violations"])),
                is_conflicting=bool(row["is_conflicting"]),
            )
            for row in rows
        ]

    @override
    def get_warned_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[WarnedLine]:
        with self._unit.reading() as session:
            rows = session.run(_WARNED_LINES, import_id=import_id, after=after, limit=limit)
        return [WarnedLine(row["line"], RefundWarning(row["code"])) for row in rows]

    @override
    def finish_import(self, import_id: str) -> None:
        with self._unit.writing() as session:
            if not session.change(_FINISH_IMPORT, import_id=import_id):
                raise NotFoundError("import")
            session.run(_FORGET_REJECTED_LINES, import_id=import_id)
