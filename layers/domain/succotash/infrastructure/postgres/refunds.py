"""Refunds that do not match their orders in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from succotash.domain.repositories.refunds import RefundRepository
from succotash.domain.value.refunds import RefundTotals, RefundWarning
from succotash.domain.values import CustomerId, Json, OrderId, Shard
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.postgres.sql.partitions import partition
from succotash.infrastructure.rows.value import refund_totals_of, refund_warning_of

_SQL = statements("refunds")


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
        rows = self._run(_SQL["judge_refunds"], refunded=Jsonb(given))
        return [refund_warning_of(row) for row in rows]

    @override
    def total_refunds(self, as_of: datetime, *, shard: Shard | None = None) -> RefundTotals:
        [row] = self._run(_SQL.of_shard("total_refunds", partition(shard)), as_of=as_of)
        return refund_totals_of(row)
