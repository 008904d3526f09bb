"""Refunds that do not match their orders in SQLite."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from succotash.domain.repositories.refunds import RefundRepository
from succotash.domain.value.refunds import RefundTotals, RefundWarning
from succotash.domain.values import CustomerId, OrderId, Shard
from succotash.infrastructure.sqlite.columns import json_text, micros
from succotash.infrastructure.sqlite.connection import Row
from succotash.infrastructure.sqlite.functions import shard_parameters
from succotash.infrastructure.sqlite.repository import SQLiteRepository

_REFUNDED = """
SELECT k.value ->> 0 AS customer_id, k.value ->> 1 AS order_id,
       o.order_id IS NOT NULL AS is_known, o.refund_of IS NOT NULL AS is_refund,
       coalesce(o.amount, 0) AS amount,
       o.order_id IS NULL AND EXISTS (
           SELECT 1 FROM orders AS other WHERE other.order_id = k.value ->> 1
       ) AS is_anothers,
       (
           SELECT exact_sum(r.amount) FROM orders AS r
           WHERE r.customer_id = k.value ->> 0 AND r.refund_of = k.value ->> 1
       ) AS refunded
FROM json_each(:keys) AS k
LEFT JOIN orders AS o ON o.customer_id = k.value ->> 0 AND o.order_id = k.value ->> 1
"""
_TOTAL_REFUNDS = """
WITH refunds AS (
    SELECT customer_id, refund_of AS order_id, COUNT(*) AS refunds, exact_sum(amount) AS amount
    FROM orders
    WHERE refund_of IS NOT NULL AND ordered_at <= :as_of
      AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard)
    GROUP BY customer_id, refund_of
)
SELECT r.refunds, r.amount, exact_add(o.amount, r.amount) AS net
FROM refunds AS r
LEFT JOIN orders AS o
       ON o.customer_id = r.customer_id AND o.order_id = r.order_id
      AND o.refund_of IS NULL AND o.ordered_at <= :as_of
WHERE o.order_id IS NULL OR o.amount + CAST(r.amount AS INTEGER) < 0
"""


class SQLiteRefundRepository(SQLiteRepository, RefundRepository):
    """Refunds that do not match their orders."""

    @override
    def judge_refunds(
        self, refunded: Sequence[tuple[CustomerId, OrderId]]
    ) -> list[RefundWarning | None]:
        with self._unit.reading() as session:
            rows = session.run(_REFUNDED, keys=json_text([*dict.fromkeys(refunded)]))
        judged = {(row["customer_id"], row["order_id"]): _refund_warning(row) for row in rows}
        return [judged[each] for each in refunded]

    @override
    def total_refunds(self, as_of: datetime, *, shard: Shard | None = None) -> RefundTotals:
        with self._unit.reading() as session:
            rows = session.run(_TOTAL_REFUNDS, as_of=micros(as_of), **shard_parameters(shard))
        unmatched = [row for row in rows if row["net"] is None]
        exceeding = [int(row["net"]) for row in rows if row["net"] is not None]
        return RefundTotals(
            sum(row["refunds"] for row in unmatched),
            sum(int(row["amount"]) for row in unmatched),
            len(exceeding),
            sum(exceeding),
        )


def _refund_warning(row: Row) -> RefundWarning | None:
    if row["is_refund"]:
        return RefundWarning.OF_REFUND
    if row["is_known"] and row["amount"] + int(row["refunded"] or 0) < 0:
        return RefundWarning.EXCEEDS_ORDER
    return RefundWarning.OF_ANOTHER_CUSTOMER if row["is_anothers"] else None
