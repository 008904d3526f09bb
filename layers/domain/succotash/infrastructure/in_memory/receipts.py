"""Forecast receipts in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import override

from succotash.domain.repositories.receipts import ReceiptRepository
from succotash.domain.retention.receipts import (
    DueGrading,
    ForecastReceipt,
    ReceiptHorizon,
    Tally,
    horizons_of,
)
from succotash.domain.retention.retention import RunState
from succotash.domain.values import RunId, Shard
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic, stored


class InMemoryReceiptRepository(InMemoryRepository, ReceiptRepository):
    """Forecast receipts."""

    @override
    @atomic
    def save_forecast_tallies(
        self, run_id: RunId, shard: Shard | None, tallies: Sequence[Tally]
    ) -> None:
        known = self.tables.forecasts.get(run_id) or {}
        self.tables.forecasts[run_id] = _with_shard(known, shard, tallies)

    @override
    @atomic
    def seal_receipt(self, receipt: ForecastReceipt, days: Collection[int]) -> bool:
        is_kept = not self.has_receipt(receipt.month)
        if is_kept:
            self.tables.receipts[receipt.run_id] = stored(replace(receipt, horizons=()))
            self.tables.graded[receipt.run_id] = dict.fromkeys(days)
        running = {each.run_id for each in self.tables.runs_by_state[RunState.RUNNING]}
        self.tables.forecasts.discard(
            [
                run_id
                for run_id, _ in self.tables.forecasts.items()
                if run_id not in self.tables.receipts and run_id not in running
            ]
        )
        return is_kept

    @override
    @atomic
    def has_receipt(self, month: date) -> bool:
        return any(each.month == month for each in self.tables.receipts.values())

    @override
    @atomic
    def get_due_gradings(self, as_of: datetime) -> list[DueGrading]:
        receipts = sorted(self.tables.receipts.values(), key=lambda each: each.as_of)
        return [
            DueGrading(receipt, days)
            for receipt in receipts
            for days, graded in sorted(self.tables.graded[receipt.run_id].items())
            if graded is None and receipt.ends_at(days) <= as_of
        ]

    @override
    @atomic
    def save_outcome_tallies(
        self, run_id: RunId, days: int, shard: Shard | None, tallies: Sequence[Tally]
    ) -> None:
        known = self.tables.outcomes.get((run_id, days)) or {}
        self.tables.outcomes[run_id, days] = _with_shard(known, shard, tallies)

    @override
    @atomic
    def mark_graded(self, run_id: RunId, days: int, as_of: datetime) -> None:
        graded = self.tables.graded[run_id]
        if graded[days] is None:
            self.tables.graded[run_id] = {**graded, days: as_of}

    @override
    @atomic
    def find_receipts(self, *, limit: int, before: date | None = None) -> list[ForecastReceipt]:
        found = sorted(
            (
                each
                for each in self.tables.receipts.values()
                if before is None or each.month < before
            ),
            key=lambda each: each.month,
            reverse=True,
        )
        return [replace(each, horizons=self._horizons(each.run_id)) for each in found[:limit]]

    def _horizons(self, run_id: RunId) -> list[ReceiptHorizon]:
        graded = self.tables.graded[run_id]
        came = [
            tally
            for days, at in graded.items()
            if at is not None
            for tally in _together(self.tables.outcomes.get((run_id, days)) or {})
        ]
        return horizons_of(_together(self.tables.forecasts.get(run_id) or {}), came, graded)


def _with_shard(
    known: Mapping[int, Sequence[Tally]], shard: Shard | None, tallies: Sequence[Tally]
) -> dict[int, Sequence[Tally]]:
    """The receipts by shard, with one shard's replaced, or all of them."""
    return {0: tallies} if shard is None else {**known, shard.index: tallies}


def _together(by_shard: Mapping[int, Sequence[Tally]]) -> list[Tally]:
    """The sums over shards."""
    found: dict[tuple[int, str, int], Tally] = {}
    for tallies in by_shard.values():
        for each in tallies:
            key = each.days, each.measure, each.decile
            known = found.get(key)
            found[key] = (
                each
                if known is None
                else replace(
                    each,
                    customers=known.customers + each.customers,
                    total=known.total + each.total,
                )
            )
    return list(found.values())
