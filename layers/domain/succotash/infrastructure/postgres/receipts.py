"""Forecast receipts in PostgreSQL."""

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
from succotash.domain.values import Json, RunId, Shard
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb, Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.postgres.statements import instant
from succotash.infrastructure.rows.receipts import (
    CAME,
    FORESEEN,
    due_weeks_of,
    receipt_of,
    receipts_of,
)

_SQL = statements("receipts")


class PostgresReceiptRepository(PostgresRepository, ReceiptRepository):
    """Forecast receipts."""

    @override
    def save_forecast_tallies(
        self, run_id: RunId, shard: Shard | None, tallies: Sequence[Tally]
    ) -> None:
        self._replace(FORESEEN, run_id, None, shard, tallies)

    @override
    def seal_receipt(self, receipt: ForecastReceipt, days: Collection[int]) -> bool:
        def seal(session: Session) -> bool:
            kept = session.run(
                _SQL["seal_receipt"],
                run_id=receipt.run_id,
                month=receipt.month,
                as_of=receipt.as_of,
                is_backfilled=receipt.is_backfilled,
                settings=Jsonb(dict(receipt.settings)),
                models=Jsonb(dict(receipt.models)),
                days=sorted(days),
            )
            session.run(_SQL["forget_tallies"])
            session.run(_SQL["forget_weeks"])
            return bool(kept)

        return self._in_transaction(seal)

    @override
    def has_receipt(self, month: date) -> bool:
        return bool(self._run(_SQL["has_receipt"], month=month))

    @override
    def get_due_gradings(self, as_of: datetime) -> list[DueGrading]:
        rows = self._run(_SQL["get_due_gradings"], as_of=as_of)
        return [DueGrading(receipt_of(row), row["days"]) for row in rows]

    @override
    def save_outcome_tallies(
        self, run_id: RunId, days: int, shard: Shard | None, tallies: Sequence[Tally]
    ) -> None:
        self._replace(CAME, run_id, days, shard, tallies)

    @override
    def mark_graded(self, run_id: RunId, days: int, as_of: datetime) -> None:
        self._run(_SQL["mark_graded"], run_id=run_id, days=days, as_of=as_of)

    @override
    def save_forecast_weeks(
        self, run_id: RunId, shard: Shard | None, weeks: Sequence[WeekTally]
    ) -> None:
        self._replace_weeks(FORESEEN, run_id, shard, weeks)

    @override
    def get_due_weeks(self, as_of: datetime) -> list[DueWeeks]:
        return due_weeks_of(self._run(_SQL["get_uncounted_weeks"]), as_of)

    @override
    def save_outcome_weeks(
        self, run_id: RunId, shard: Shard | None, weeks: Sequence[WeekTally]
    ) -> None:
        self._replace_weeks(CAME, run_id, shard, weeks)

    @override
    def mark_weeks_counted(self, run_id: RunId, weeks: int, as_of: datetime) -> None:
        self._run(_SQL["mark_weeks_counted"], run_id=run_id, weeks=weeks, as_of=as_of)

    @override
    def find_receipts(self, *, limit: int, before: date | None = None) -> list[ForecastReceipt]:
        rows = self._run(_SQL["find_receipts"], limit=limit, before=before)
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
        rows: list[Json] = [
            {
                "days": each.days,
                "measure": each.measure.value,
                "decile": each.decile,
                "customers": each.customers,
                "total": str(each.total),
            }
            for each in tallies
        ]

        def replace(session: Session) -> None:
            session.run(_SQL["clear_tallies"], run_id=run_id, kind=kind, days=days, shard=place)
            session.run(
                _SQL["save_tallies"], run_id=run_id, kind=kind, shard=place, tallies=Jsonb(rows)
            )

        self._in_transaction(replace)

    def _replace_weeks(
        self, kind: str, run_id: RunId, shard: Shard | None, weeks: Sequence[WeekTally]
    ) -> None:
        place = None if shard is None else shard.index
        numbers = [each.week for each in weeks]
        rows: list[Json] = [
            {
                "week": each.week,
                "purchases": str(each.purchases),
                "revenue": str(each.revenue),
            }
            for each in weeks
        ]

        def replace(session: Session) -> None:
            session.run(_SQL["clear_weeks"], run_id=run_id, kind=kind, weeks=numbers, shard=place)
            session.run(
                _SQL["save_weeks"], run_id=run_id, kind=kind, shard=place, tallies=Jsonb(rows)
            )

        self._in_transaction(replace)
