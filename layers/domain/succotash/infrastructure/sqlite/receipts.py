"""Forecast receipts in SQLite."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import override

from succotash.domain.repositories.receipts import ReceiptRepository
from succotash.domain.retention.receipts import (
    DueGrading,
    DueWeeks,
    ForecastReceipt,
    Tally,
    WeekTally,
)
from succotash.domain.values import MONEY_PLACES, RunId, Shard
from succotash.infrastructure.rows.receipts import (
    CAME,
    FORESEEN,
    due_weeks_of,
    receipt_of,
    receipts_of,
)
from succotash.infrastructure.sqlite.columns import instant, json_text, micros
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("receipts")


class SQLiteReceiptRepository(SQLiteRepository, ReceiptRepository):
    """Forecast receipts."""

    @override
    def save_forecast_tallies(
        self, run_id: RunId, shard: Shard | None, tallies: Sequence[Tally]
    ) -> None:
        self._replace(FORESEEN, run_id, None, shard, tallies)

    @override
    def seal_receipt(self, receipt: ForecastReceipt, days: Collection[int]) -> bool:
        with self._unit.writing() as session:
            kept = session.run(
                _SQL["seal_receipt"],
                run_id=receipt.run_id,
                month=receipt.month.isoformat(),
                as_of=micros(receipt.as_of),
                is_backfilled=receipt.is_backfilled,
                settings=json_text(receipt.settings),
                models=json_text(receipt.models),
            )
            if kept:
                session.run_for_each(
                    _SQL["save_horizon"],
                    (
                        {
                            "run_id": receipt.run_id,
                            "days": each,
                            "ends_at": micros(receipt.ends_at(each)),
                        }
                        for each in days
                    ),
                )
            session.run(_SQL["forget_tallies"])
            session.run(_SQL["forget_weeks"])
        return bool(kept)

    @override
    def has_receipt(self, month: date) -> bool:
        with self._unit.reading() as session:
            return bool(session.run(_SQL["has_receipt"], month=month.isoformat()))

    @override
    def get_due_gradings(self, as_of: datetime) -> list[DueGrading]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_due_gradings"], as_of=micros(as_of))
        return [DueGrading(receipt_of(row), row["days"]) for row in rows]

    @override
    def save_outcome_tallies(
        self, run_id: RunId, days: int, shard: Shard | None, tallies: Sequence[Tally]
    ) -> None:
        self._replace(CAME, run_id, days, shard, tallies)

    @override
    def mark_graded(self, run_id: RunId, days: int, as_of: datetime) -> None:
        with self._unit.writing() as session:
            session.run(_SQL["mark_graded"], run_id=run_id, days=days, as_of=micros(as_of))

    @override
    def save_forecast_weeks(
        self, run_id: RunId, shard: Shard | None, weeks: Sequence[WeekTally]
    ) -> None:
        self._replace_weeks(FORESEEN, run_id, shard, weeks)

    @override
    def get_due_weeks(self, as_of: datetime) -> list[DueWeeks]:
        with self._unit.reading() as session:
            return due_weeks_of(session.run(_SQL["get_uncounted_weeks"]), as_of)

    @override
    def save_outcome_weeks(
        self, run_id: RunId, shard: Shard | None, weeks: Sequence[WeekTally]
    ) -> None:
        self._replace_weeks(CAME, run_id, shard, weeks)

    @override
    def mark_weeks_counted(self, run_id: RunId, weeks: int, as_of: datetime) -> None:
        with self._unit.writing() as session:
            session.run(_SQL["mark_weeks_counted"], run_id=run_id, weeks=weeks, as_of=micros(as_of))

    @override
    def find_receipts(self, *, limit: int, before: date | None = None) -> list[ForecastReceipt]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["find_receipts"],
                limit=limit,
                before=None if before is None else before.isoformat(),
            )
        return receipts_of(rows, instant)

    def _replace(
        self,
        kind: str,
        run_id: RunId,
        days: int | None,
        shard: Shard | None,
        tallies: Sequence[Tally],
    ) -> None:
        place = None if shard is None else shard.index
        with self._unit.writing() as session:
            session.run(_SQL["clear_tallies"], run_id=run_id, kind=kind, days=days, shard=place)
            session.run_for_each(
                _SQL["save_tally"],
                (
                    {
                        "run_id": run_id,
                        "kind": kind,
                        "days": each.days,
                        "measure": each.measure,
                        "decile": each.decile,
                        "shard": place or 0,
                        "customers": each.customers,
                        "units": str(int(each.total.scaleb(MONEY_PLACES))),
                    }
                    for each in tallies
                ),
            )

    def _replace_weeks(
        self, kind: str, run_id: RunId, shard: Shard | None, weeks: Sequence[WeekTally]
    ) -> None:
        place = None if shard is None else shard.index
        key = {"run_id": run_id, "kind": kind}
        with self._unit.writing() as session:
            session.run_for_each(
                _SQL["clear_week"], ({**key, "week": each.week, "shard": place} for each in weeks)
            )
            session.run_for_each(
                _SQL["save_week"],
                (
                    {
                        **key,
                        "week": each.week,
                        "shard": place or 0,
                        "purchases": str(int(each.purchases.scaleb(MONEY_PLACES))),
                        "revenue": str(int(each.revenue.scaleb(MONEY_PLACES))),
                    }
                    for each in weeks
                ),
            )
