"""Imports of order files in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from succotash.domain.repositories.order_imports import OrderImportRepository
from succotash.domain.value.order_import import (
    WARNING_CODES,
    OrderImport,
    RejectedLine,
    WarnedLine,
    as_rejected,
)
from succotash.domain.values import PAGE
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.rows.value import (
    order_import_of,
    rejected_line_of,
    warned_line_of,
)

_SQL = statements("order_imports")


class PostgresOrderImportRepository(PostgresRepository, OrderImportRepository):
    """Imports of order files."""

    @override
    def open_import(self, import_id: str) -> OrderImport:
        [row] = self._run(_SQL["open_import"], import_id=import_id, warning_codes=WARNING_CODES)
        return order_import_of(row)

    @override
    def find_import(self, import_id: str) -> OrderImport | None:
        rows = self._run(_SQL["find_import"], import_id=import_id, warning_codes=WARNING_CODES)
        return order_import_of(rows[0]) if rows else None

    @override
    def save_import(
        self,
        state: OrderImport,
        rejected: Sequence[RejectedLine],
        warned: Sequence[WarnedLine] = (),
    ) -> None:
        rows = self._run(
            _SQL["save_import"],
            import_id=state.import_id,
            byte_offset=state.position.offset,
            line=state.position.line,
            recorded=state.recorded,
            unchanged=state.unchanged,
            conflicting=state.conflicting,
            rejected=state.rejected,
            erased=state.erased,
            replaced=state.replaced,
            skipped={**state.skipped},
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
        rows = self._run(
            _SQL["get_rejected_lines"],
            import_id=import_id,
            after=after,
            limit=limit,
            warning_codes=WARNING_CODES,
        )
        return [rejected_line_of(row) for row in rows]

    @override
    def get_warned_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[WarnedLine]:
        rows = self._run(
            _SQL["get_warned_lines"],
            import_id=import_id,
            after=after,
            limit=limit,
            warning_codes=WARNING_CODES,
        )
        return [warned_line_of(row) for row in rows]

    @override
    def finish_import(self, import_id: str) -> None:
        rows = self._run(_SQL["finish_import"], import_id=import_id, warning_codes=WARNING_CODES)
        only("import", rows)

    @override
    def note_import_started(self, import_id: str, at: datetime) -> None:
        self._run(_SQL["note_import_started"], import_id=import_id, at=at)

    @override
    def note_import_ended(self, import_id: str, at: datetime, failure: str | None = None) -> None:
        rows = self._run(_SQL["note_import_ended"], import_id=import_id, at=at, failure=failure)
        only("import", rows)

    @override
    def has_import_broken_off(self, import_id: str, given_up_before: datetime) -> bool:
        return bool(
            self._run(
                _SQL["find_broken_off_import"],
                import_id=import_id,
                given_up_before=given_up_before,
            )
        )
