"""Imports of order files in PostgreSQL."""

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
from succotash.errors import Violation
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.rows import only
from succotash.infrastructure.postgres.session import Jsonb
from succotash.infrastructure.postgres.sql import order_imports as sql


class PostgresOrderImportRepository(PostgresRepository, OrderImportRepository):
    """Imports of order files."""

    @override
    def open_import(self, import_id: str) -> OrderImport:
        [[offset, line, *counts]] = self._run(sql.OPEN_IMPORT, import_id=import_id)
        return OrderImport(import_id, Position(offset, line), *counts)

    @override
    def save_import(
        self,
        state: OrderImport,
        rejected: Sequence[RejectedLine],
        warned: Sequence[WarnedLine] = (),
    ) -> None:
        rows = self._run(
            sql.SAVE_IMPORT,
            import_id=state.import_id,
            byte_offset=state.position.offset,
            line=state.position.line,
            recorded=state.recorded,
            unchanged=state.unchanged,
            conflicting=state.conflicting,
            rejected=state.rejected,
            erased=state.erased,
            rejections=Jsonb(
                [
                    {
                        "line": each.line,
                        "is_conflicting": each.is_conflicting,
                        "violations": [
                            [found.field, found.code, found.message] for found in each.violations
                        ],
                    }
                    for each in (*rejected, *map(as_rejected, warned))
                ]
            ),
        )
        only("import", rows)

    @override
    def get_rejected_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[RejectedLine]:
        rows = self._run(sql.GET_REJECTED_LINES, import_id=import_id, after=after, limit=limit)
        return [
            RejectedLine(
                line, tuple(Violation(*each) for each in violations), is_conflicting=is_conflicting
            )
            for line, violations, is_conflicting in rows
        ]

    @override
    def get_warned_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[WarnedLine]:
        rows = self._run(sql.GET_WARNED_LINES, import_id=import_id, after=after, limit=limit)
        return [WarnedLine(line, RefundWarning(code)) for line, code in rows]

    @override
    def finish_import(self, import_id: str) -> None:
        only("import", self._run(sql.FINISH_IMPORT, import_id=import_id))
