"""Purchase histories, which models are fitted to, in PostgreSQL."""

from datetime import datetime
from typing import override

from succotash.domain.repositories.purchases import PurchaseRepository
from succotash.domain.value.ledgers import Histories, PurchaseHistories
from succotash.domain.values import Currency, Shard
from succotash.infrastructure.postgres import bulk
from succotash.infrastructure.postgres.moments import set_as_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.rows import whole
from succotash.infrastructure.postgres.session import Row, Session
from succotash.infrastructure.postgres.sql import purchases as sql
from succotash.infrastructure.postgres.sql.partitions import of_shard


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
        statement = of_shard(sql.PURCHASE_HISTORIES, shard)

        def copy(session: Session) -> bytes:
            set_as_of(session, as_of, time_zone, holdout_until)
            return session.copy_out(statement)

        found = bulk.columns_of(self._in_transaction(copy), width=13)
        columns, left_out = bulk.countable(found, amounts=found[6:10])
        first_day, frequency, recency, age, holdout, orders, *amounts = map(whole, columns[:10])
        revenue, repeats, held_out, over_refunds = amounts
        first_at, last_at, customer_ids = columns[10:]
        return PurchaseHistories(
            Histories(bulk.plain(customer_ids), first_day, frequency, recency, age, holdout),
            orders,
            revenue,
            repeats,
            list(first_at),
            list(last_at),
            held_out,
            over_refunds,
            bulk.plain(left_out),
        )

    @override
    def count_purchases_by_week(
        self, as_of: datetime, until: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> list[int]:
        def count(session: Session) -> list[Row]:
            set_as_of(session, as_of, time_zone, until)
            return session.run(of_shard(sql.PURCHASES_BY_WEEK, shard))

        return [purchases for _, purchases in self._in_transaction(count)]

    @override
    def get_currencies(self, as_of: datetime) -> set[Currency]:
        return {currency for [currency] in self._run(sql.CURRENCIES, as_of=as_of)}
