"""Refunds that do not match their orders in SQLite."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from succotash.domain.repositories.refunds import RefundRepository
from succotash.domain.value.refunds import RefundTotals, RefundWarning
from succotash.domain.values import CustomerId, OrderId, Shard
from succotash.infrastructure.rows.value import refund_totals_of, refund_warning_of
from succotash.infrastructure.sqlite.columns import json_text, micros
from succotash.infrastructure.sqlite.functions import shard_parameters
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("refunds")


class SQLiteRefundRepository(SQLiteRepository, RefundRepository):
    """Refunds that do not match their orders."""

    @override
    def judge_refunds(
        self, refunded: Sequence[tuple[CustomerId, OrderId]]
    ) -> list[RefundWarning | None]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_refunded"], keys=json_text([*dict.fromkeys(refunded)]))
        judged = {(row["customer_id"], row["order_id"]): refund_warning_of(row) for row in rows}
        return [judged[each] for each in refunded]

    @override
    def total_refunds(self, as_of: datetime, *, shard: Shard | None = None) -> RefundTotals:
        with self._unit.reading() as session:
            [row] = session.run(
                _SQL["total_refunds"], as_of=micros(as_of), **shard_parameters(shard)
            )
        return refund_totals_of(row)
