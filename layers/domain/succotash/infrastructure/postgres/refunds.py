"""Refunds that do not match their orders in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from succotash.domain.repositories.refunds import RefundRepository
from succotash.domain.value.refunds import RefundTotals, RefundWarning
from succotash.domain.values import CustomerId, Json, OrderId, Shard
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb
from succotash.infrastructure.postgres.sql.partitions import of_shard
from succotash.infrastructure.postgres.sql.refunds import JUDGE_REFUNDS, TOTAL_REFUNDS


class PostgresRefundRepository(PostgresRepository, RefundRepository):
    """Refunds that do not match their orders."""

    @override
    def judge_refunds(
        self, refunded: Sequence[tuple[CustomerId, OrderId]]
    ) -> list[RefundWarning | None]:
        given: list[Json] = [
            {"place": place, "customer_id": customer_id, "order_id": order_id}
            for place, (customer_id, order_id) in enumerate(refunded)
        ]
        rows = self._run(JUDGE_REFUNDS, refunded=Jsonb(given))
        return [None if warning is None else RefundWarning(warning) for [warning] in rows]

    @override
    def total_refunds(self, as_of: datetime, *, shard: Shard | None = None) -> RefundTotals:
        [totals] = self._run(of_shard(TOTAL_REFUNDS, shard), as_of=as_of)
        return RefundTotals(*map(int, totals))
