"""Revenue by day, in SQLite."""

from datetime import datetime
from typing import override
from zoneinfo import ZoneInfo

from succotash.domain.repositories.revenue import RevenueRepository
from succotash.domain.value.revenue import first_revenue_day
from succotash.domain.values import RunId, Shard
from succotash.infrastructure.sqlite.columns import micros
from succotash.infrastructure.sqlite.connection import Session
from succotash.infrastructure.sqlite.functions import shard_parameters
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("revenue")


class SQLiteRevenueRepository(SQLiteRepository, RevenueRepository):
    """Revenue by day."""

    @override
    def build_revenue_days(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        with self._unit.writing() as session:
            add_up_revenue(session, named_run(session, run_id), as_of, time_zone, None)


def add_up_revenue(
    session: Session, run_id: RunId, as_of: datetime, time_zone: str, shard: Shard | None
) -> None:
    """Add up the ledger of a shard or all."""
    session.run(_SQL["clear_revenue_days"], run_id=run_id, shard=shard and shard.index)
    zone = ZoneInfo(time_zone)
    first = first_revenue_day(as_of.astimezone(zone).date())
    session.run(
        _SQL["build_revenue_days"],
        run_id=run_id,
        since=micros(datetime(first.year, first.month, first.day, tzinfo=zone)),
        as_of=micros(as_of),
        time_zone=time_zone,
        **shard_parameters(shard),
    )
