"""Purchase histories, which models are fitted to, in PostgreSQL."""

from datetime import datetime
from typing import override

from succotash.domain.repositories.purchases import PurchaseRepository
from succotash.domain.value.ledgers import Histories, PurchaseHistories, WeekOfPurchases
from succotash.domain.values import Currency, Shard
from succotash.infrastructure.postgres import bulk
from succotash.infrastructure.postgres.moments import set_as_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Row, Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.postgres.sql.partitions import partition

_SQL = statements("purchases")


class PostgresPurchaseRepository(PostgresRepository, PurchaseRepository):
    """Purchase histories, which models are fitted to."""

    @override
    def purchase_histories(
        self,
        as_of: datetime,
        time_zone: str,
        *,
        shard: Shard | None = None,
        holdout_until: datetime | None = None,
    ) -> PurchaseHistories:
        statement = _SQL.of_shard("copy_purchase_histories", partition(shard))

        def copy(session: Session) -> bytes:
            set_as_of(session, as_of, time_zone, holdout_until)
            return session.copy_out(statement)

        found = bulk.columns_of(self._in_transaction(copy), width=13)
        (customer_ids, *numbers, first_at, last_at), left_out = bulk.countable(
            found, amounts=found[7:11]
        )
        first_day, frequency, recency, age, holdout, orders, *amounts = map(bulk.whole, numbers)
        revenue, repeats, held_out, over_refunds = amounts
        return PurchaseHistories(
            Histories(bulk.unescaped(customer_ids), first_day, frequency, recency, age, holdout),
            orders,
            revenue,
            repeats,
            list(first_at),
            list(last_at),
            held_out,
            over_refunds,
            bulk.unescaped(left_out),
        )

    @override
    def count_purchases_by_week(
        self,
        as_of: datetime,
        until: datetime,
        time_zone: str,
        *,
        weeks: range | None = None,
        shard: Shard | None = None,
    ) -> list[WeekOfPurchases]:
        def count(session: Session) -> list[Row]:
            set_as_of(session, as_of, time_zone, until)
            return session.run(
                _SQL.of_shard("count_purchases_by_week", partition(shard)),
                first=0 if weeks is None else weeks.start,
                stop=None if weeks is None else weeks.stop,
            )

        return [
            WeekOfPurchases(row["purchases"], int(row["revenue"]))
            for row in self._in_transaction(count)
        ]

    @override
    def get_currencies(self, as_of: datetime) -> set[Currency]:
        return {row["currency"] for row in self._run(_SQL["get_currencies"], as_of=as_of)}
