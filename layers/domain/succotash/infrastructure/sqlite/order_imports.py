"""Imports of order files in SQLite."""

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
from succotash.errors import NotFoundError
from succotash.infrastructure.rows.value import (
    order_import_of,
    rejected_line_of,
    warned_line_of,
)
from succotash.infrastructure.sqlite.columns import json_text, micros
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("order_imports")
_WARNING_CODES = json_text(WARNING_CODES)


class SQLiteOrderImportRepository(SQLiteRepository, OrderImportRepository):
    """Imports of order files."""

    @override
    def open_import(self, import_id: str) -> OrderImport:
        with self._unit.writing() as session:
            session.run(_SQL["open_import"], import_id=import_id)
            [row] = session.run(
                _SQL["get_import"], import_id=import_id, warning_codes=_WARNING_CODES
            )
        return order_import_of(row)

    @override
    def find_import(self, import_id: str) -> OrderImport | None:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["get_import"], import_id=import_id, warning_codes=_WARNING_CODES
            )
        return order_import_of(rows[0]) if rows else None

    @override
    def save_import(
        self,
        state: OrderImport,
        rejected: Sequence[RejectedLine],
        warned: Sequence[WarnedLine] = (),
    ) -> None:
        with self._unit.writing() as session:
            changed = session.change(
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
                skipped=json_text(state.skipped),
            )
            if not changed:
                raise NotFoundError("import")
            session.run_for_each(
                _SQL["reject_line"],
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
            rows = session.run(
                _SQL["get_rejected_lines"],
                import_id=import_id,
                after=after,
                limit=limit,
                warning_codes=_WARNING_CODES,
            )
        return [rejected_line_of(row) for row in rows]

    @override
    def get_warned_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[WarnedLine]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["get_warned_lines"],
                import_id=import_id,
                after=after,
                limit=limit,
                warning_codes=_WARNING_CODES,
            )
        return [warned_line_of(row) for row in rows]

    @override
    def finish_import(self, import_id: str) -> None:
        with self._unit.writing() as session:
            if not session.change(_SQL["finish_import"], import_id=import_id):
                raise NotFoundError("import")
            session.run(
                _SQL["forget_rejected_lines"], import_id=import_id, warning_codes=_WARNING_CODES
            )

    @override
    def note_import_started(self, import_id: str, at: datetime) -> None:
        with self._unit.writing() as session:
            session.run(_SQL["note_import_started"], import_id=import_id, at=micros(at))

    @override
    def note_import_ended(self, import_id: str, at: datetime, failure: str | None = None) -> None:
        with self._unit.writing() as session:
            changed = session.change(
                _SQL["note_import_ended"], import_id=import_id, at=micros(at), failure=failure
            )
        if not changed:
            raise NotFoundError("import")

    @override
    def has_import_broken_off(self, import_id: str, given_up_before: datetime) -> bool:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["find_broken_off_import"],
                import_id=import_id,
                given_up_before=micros(given_up_before),
            )
        return bool(rows)
