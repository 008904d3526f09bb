"""Imports of order files in memory."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import override

from succotash.domain.repositories.order_imports import OrderImportRepository
from succotash.domain.value.order_import import OrderImport, RejectedLine, WarnedLine
from succotash.domain.values import PAGE
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import ImportProgress, atomic, stored


class InMemoryOrderImportRepository(InMemoryRepository, OrderImportRepository):
    """Imports of order files."""

    @override
    @atomic
    def open_import(self, import_id: str) -> OrderImport:
        if import_id not in self.tables.imports:
            self.tables.imports[import_id] = OrderImport(import_id)
        return self.tables.imports[import_id]

    @override
    @atomic
    def find_import(self, import_id: str) -> OrderImport | None:
        return self.tables.imports.get(import_id)

    @override
    @atomic
    def save_import(
        self,
        state: OrderImport,
        rejected: Sequence[RejectedLine],
        warned: Sequence[WarnedLine] = (),
    ) -> None:
        known = self.tables.imports[state.import_id]
        told = (*(self.tables.warned_lines.get(state.import_id) or ()), *warned)
        self.tables.warned_lines[state.import_id] = told
        self.tables.imports[state.import_id] = dataclasses.replace(
            state, is_finished=known.is_finished, warned=len(told)
        )
        lines = (*(self.tables.rejected_lines.get(state.import_id) or ()), *rejected)
        self.tables.rejected_lines[state.import_id] = lines

    @override
    @atomic
    def get_rejected_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[RejectedLine]:
        lines = self.tables.rejected_lines.get(import_id) or ()
        behind = sorted((each for each in lines if each.line > after), key=lambda each: each.line)
        return behind[:limit]

    @override
    @atomic
    def get_warned_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[WarnedLine]:
        lines = self.tables.warned_lines.get(import_id) or ()
        behind = sorted((each for each in lines if each.line > after), key=lambda each: each.line)
        return behind[:limit]

    @override
    @atomic
    def finish_import(self, import_id: str) -> None:
        state = self.tables.imports[import_id]
        self.tables.imports[import_id] = dataclasses.replace(state, is_finished=True)
        self.tables.rejected_lines.discard([import_id])

    @override
    @atomic
    def note_import_started(self, import_id: str, at: datetime) -> None:
        self.tables.import_progress[import_id] = stored(ImportProgress(at))

    @override
    @atomic
    def note_import_ended(self, import_id: str, at: datetime, failure: str | None = None) -> None:
        known = self.tables.import_progress[import_id]
        ended = dataclasses.replace(known, ended_at=at, failure=failure)
        self.tables.import_progress[import_id] = stored(ended)

    @override
    @atomic
    def has_import_broken_off(self, import_id: str, given_up_before: datetime) -> bool:
        known = self.tables.import_progress.get(import_id)
        if known is None:
            return False
        return known.ended_at is None and known.started_at < given_up_before
