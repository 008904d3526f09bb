"""The ledger of orders, and its customers, in memory."""

from collections.abc import Sequence
from typing import override

from succotash.domain.repositories.orders import OrderRepository
from succotash.domain.value.ledgers import Customer, Order, RecordOutcome
from succotash.domain.value.orders import OrderColumns, order_contents
from succotash.domain.values import CustomerId
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic, stored


class InMemoryOrderRepository(InMemoryRepository, OrderRepository):
    """The ledger of orders, and its customers."""

    @override
    @atomic
    def record_orders(self, orders: Sequence[Order]) -> list[RecordOutcome]:
        return [self._record(order) for order in orders]

    def _record(self, order: Order) -> RecordOutcome:
        key = (order.customer_id, order.order_id)
        kept = order_contents(stored(order))
        known = self.tables.orders.get(key)
        if known is not None and known != kept:
            return RecordOutcome.CONFLICTING
        if known is None:
            self.tables.orders[key] = kept
        self.tables.see_customer(order.customer_id, kept.ordered_at, order.canonical_email)
        return RecordOutcome.RECORDED if known is None else RecordOutcome.UNCHANGED

    @override
    def import_orders(self, orders: OrderColumns) -> list[RecordOutcome]:
        return self.record_orders([*orders.orders()])

    @override
    @atomic
    def get_customer(self, customer_id: CustomerId) -> Customer:
        return self.tables.customers[self.tables.meant(customer_id)]

    @override
    @atomic
    def get_customers_by_email(self, canonical_email: str) -> list[Customer]:
        customers = self.tables.customers_by_email[canonical_email]
        return sorted(customers, key=lambda customer: customer.customer_id)

    @override
    @atomic
    def get_orders(self, customer_id: CustomerId) -> list[Order]:
        orders = self.tables.orders_by_customer[self.tables.meant(customer_id)]
        return sorted(orders, key=lambda order: (order.ordered_at, order.order_id))
