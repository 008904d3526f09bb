"""Revenue by day, in PostgreSQL."""

from datetime import datetime
from typing import override
from zoneinfo import ZoneInfo

from succotash.domain.repositories.revenue import RevenueRepository
from succotash.domain.value.revenue import first_revenue_day
from succotash.domain.values import RunId, Shard
from succotash.infrastructure.postgres.moments import set_as_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.postgres.sql.partitions import partition
from succotash.infrastructure.rows.row import only

_SQL = statements("revenue")


class PostgresRevenueRepository(PostgresRepository, RevenueRepository):
    """Revenue by day."""

    @override
    def build_revenue_days(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        def build(session: Session) -> None:
            set_as_of(session, as_of, time_zone)
            add_up_revenue(session, run_id, as_of, time_zone, None)

        self._in_transaction(build)


def add_up_revenue(
    session: Session, run_id: RunId, as_of: datetime, time_zone: str, shard: Shard | None
) -> None:
    """Add up the ledger of a shard or all, as of the instant set for the transaction."""
    number = partition(shard)
    only("scoring run", session.run(_SQL["clear_revenue_days"], run_id=run_id, shard=number))
    zone = ZoneInfo(time_zone)
    first = first_revenue_day(as_of.astimezone(zone).date())
    session.run(
        _SQL.of_shard("build_revenue_days", number),
        run_id=run_id,
        shard=number,
        since=datetime(first.year, first.month, first.day, tzinfo=zone),
    )
