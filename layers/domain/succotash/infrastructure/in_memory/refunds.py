"""Refunds that do not match their orders in memory."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from succotash.domain.repositories.refunds import RefundRepository
from succotash.domain.value.refunds import RefundTotals, RefundWarning
from succotash.domain.values import CustomerId, OrderId, Shard
from succotash.infrastructure.in_memory.ledger import in_shard, refunds_of
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic


class InMemoryRefundRepository(InMemoryRepository, RefundRepository):
    """Refunds that do not match their orders."""

    @override
    @atomic
    def judge_refunds(
        self, refunded: Sequence[tuple[CustomerId, OrderId]]
    ) -> list[RefundWarning | None]:
        judged = {each: self._judge_refunds(*each) for each in set(refunded)}
        return [judged[each] for each in refunded]

    def _judge_refunds(self, customer_id: CustomerId, order_id: OrderId) -> RefundWarning | None:
        known = self.tables.orders.get((customer_id, order_id))
        if known is None:
            others = any(True for _ in self.tables.orders_by_id[order_id])
            return RefundWarning.OF_ANOTHER_CUSTOMER if others else None
        if known.refund_of is not None:
            return RefundWarning.OF_REFUND
        own = self.tables.orders_by_customer[customer_id]
        given_back = sum(each.amount.units() for each in own if each.refund_of == order_id)
        return RefundWarning.EXCEEDS_ORDER if known.amount.units() + given_back < 0 else None

    @override
    @atomic
    def total_refunds(self, as_of: datetime, *, shard: Shard | None = None) -> RefundTotals:
        totals = RefundTotals()
        for customer_id in self.tables.orders_by_customer.groups():
            if in_shard(customer_id, shard):
                totals += refunds_of(self.tables.orders_by_customer[customer_id], as_of)
        return totals
