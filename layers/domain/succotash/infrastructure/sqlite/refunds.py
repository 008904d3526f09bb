"""Refunds that do not match their orders in SQLite."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from succotash.domain.repositories.refunds import RefundRepository
from succotash.domain.value.refunds import RefundTotals, RefundWarning
from succotash.domain.values import CustomerId, OrderId, Shard
from succotash.infrastructure.rows.value import refund_totals_of
from succotash.infrastructure.sqlite.columns import json_text, micros
from succotash.infrastructure.sqlite.connection import Row
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
        judged = {(row["customer_id"], row["order_id"]): _refund_warning(row) for row in rows}
        return [judged[each] for each in refunded]

    @override
    def total_refunds(self, as_of: datetime, *, shard: Shard | None = None) -> RefundTotals:
        with self._unit.reading() as session:
            [row] = session.run(
                _SQL["total_refunds"], as_of=micros(as_of), **shard_parameters(shard)
            )
        return refund_totals_of(row)


def _refund_warning(row: Row) -> RefundWarning | None:
    if row["is_refund"]:
        return RefundWarning.OF_REFUND
    if row["is_known"] and row["amount"] + int(row["refunded"] or 0) < 0:
        return RefundWarning.EXCEEDS_ORDER
    return RefundWarning.OF_ANOTHER_CUSTOMER if row["is_anothers"] else None
