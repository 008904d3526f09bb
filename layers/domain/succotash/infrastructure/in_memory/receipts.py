"""Forecast receipts in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import override

from succotash.domain.repositories.receipts import ReceiptRepository
from succotash.domain.retention.receipts import (
    DueGrading,
    DueWeeks,
    ForecastReceipt,
    ReceiptHorizon,
    Tally,
    WeekTally,
    horizons_of,
    weeks_of,
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
        for table in (self.tables.forecasts, self.tables.forecast_weeks):
            table.discard(
                [
                    run_id
                    for run_id, _ in table.items()
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
    def save_forecast_weeks(
        self, run_id: RunId, shard: Shard | None, weeks: Sequence[WeekTally]
    ) -> None:
        known = self.tables.forecast_weeks.get(run_id) or {}
        self.tables.forecast_weeks[run_id] = _with_weeks(known, shard, weeks)

    @override
    @atomic
    def get_due_weeks(self, as_of: datetime) -> list[DueWeeks]:
        found = list[DueWeeks]()
        for receipt in sorted(self.tables.receipts.values(), key=lambda each: each.as_of):
            foreseen = self.tables.forecast_weeks.get(receipt.run_id) or {}
            last = max((week for week, _ in foreseen), default=0)
            counted, _ = self._counted(receipt.run_id)
            if due := DueWeeks.of(receipt, last, counted, as_of):
                found.append(due)
        return found

    @override
    @atomic
    def save_outcome_weeks(
        self, run_id: RunId, shard: Shard | None, weeks: Sequence[WeekTally]
    ) -> None:
        known = self.tables.outcome_weeks.get(run_id) or {}
        self.tables.outcome_weeks[run_id] = _with_weeks(known, shard, weeks)

    @override
    @atomic
    def mark_weeks_counted(self, run_id: RunId, weeks: int, as_of: datetime) -> None:
        counted, _ = self._counted(run_id)
        if weeks > counted:
            self.tables.counted_weeks[run_id] = weeks, as_of

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
        return [self._whole(each) for each in found[:limit]]

    def _whole(self, receipt: ForecastReceipt) -> ForecastReceipt:
        run_id = receipt.run_id
        counted, as_of = self._counted(run_id)
        return replace(
            receipt,
            horizons=self._horizons(run_id),
            weeks=weeks_of(
                _weeks_together(self.tables.forecast_weeks.get(run_id) or {}),
                _weeks_together(self.tables.outcome_weeks.get(run_id) or {}),
                counted,
            ),
            weeks_counted_as_of=as_of,
        )

    def _counted(self, run_id: RunId) -> tuple[int, datetime | None]:
        return self.tables.counted_weeks.get(run_id) or (0, None)

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


def _with_weeks(
    known: Mapping[tuple[int, int], WeekTally], shard: Shard | None, weeks: Sequence[WeekTally]
) -> dict[tuple[int, int], WeekTally]:
    """The tallies by week and shard, with one shard's of these weeks replaced, or all of them."""
    given = {each.week for each in weeks}
    place = 0 if shard is None else shard.index
    kept = {
        (week, index): each
        for (week, index), each in known.items()
        if week not in given or (shard is not None and index != place)
    }
    return {**kept, **{(each.week, place): each for each in weeks}}


def _weeks_together(known: Mapping[tuple[int, int], WeekTally]) -> list[WeekTally]:
    """The sums over shards."""
    found: dict[int, WeekTally] = {}
    for each in known.values():
        before = found.get(each.week)
        found[each.week] = (
            each
            if before is None
            else replace(
                each,
                purchases=before.purchases + each.purchases,
                revenue=before.revenue + each.revenue,
            )
        )
    return list(found.values())
