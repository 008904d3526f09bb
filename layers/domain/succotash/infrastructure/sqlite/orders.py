"""The ledger of orders, and its customers, in SQLite."""

from collections.abc import Mapping, Sequence
from typing import override

from succotash.domain.repositories.orders import OrderRepository
from succotash.domain.value.ledgers import Customer, Order, RecordOutcome
from succotash.domain.value.orders import OrderColumns
from succotash.domain.values import CustomerId
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.rows.value import customer_of, order_of
from succotash.infrastructure.sqlite.columns import json_text, micros
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sightings import Sighting, see_customers
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("orders")


class SQLiteOrderRepository(SQLiteRepository, OrderRepository):
    """The ledger of orders, and its customers."""

    @override
    def record_orders(self, orders: Sequence[Order]) -> list[RecordOutcome]:
        batch = [order_columns(order) for order in orders]
        keys = [(order["customer_id"], order["order_id"]) for order in batch]
        with self._unit.writing() as session:
            known = {
                (row["customer_id"], row["order_id"]): dict(row)
                for row in session.run(_SQL["find_known_orders"], keys=json_text(keys))
            }
            recordings = [
                _recording(known.get(key), order) for key, order in zip(keys, batch, strict=True)
            ]
            became = list(zip(recordings, batch, orders, strict=True))
            session.run_for_each(
                _SQL["add_order"],
                [
                    columns
                    for recording, columns, _ in became
                    if recording is RecordOutcome.RECORDED
                ],
            )
            see_customers(
                session,
                [
                    Sighting(order.customer_id, micros(order.ordered_at), order.canonical_email)
                    for recording, _, order in became
                    if recording is not RecordOutcome.CONFLICTING
                ],
            )
        return recordings

    @override
    def import_orders(self, orders: OrderColumns) -> list[RecordOutcome]:
        return self.record_orders([*orders.orders()])

    @override
    def get_customer(self, customer_id: CustomerId) -> Customer:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_customer"], customer_id=customer_id)
        return customer_of(only("customer", rows))

    @override
    def get_customers_by_email(self, canonical_email: str) -> list[Customer]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_customers_by_email"], canonical_email=canonical_email)
        return [customer_of(row) for row in rows]

    @override
    def get_orders(self, customer_id: CustomerId) -> list[Order]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_orders"], customer_id=customer_id)
        return [order_of(row) for row in rows]


def order_columns(order: Order) -> dict[str, object]:
    """An order by column."""
    return {
        "customer_id": order.customer_id,
        "order_id": order.order_id,
        "ordered_at": micros(order.ordered_at),
        "amount": order.amount.units(),
        "currency": order.amount.currency,
        "refund_of": order.refund_of,
    }


def _recording(known: Mapping[str, object] | None, given: Mapping[str, object]) -> RecordOutcome:
    if known is None:
        return RecordOutcome.RECORDED
    return RecordOutcome.UNCHANGED if known == given else RecordOutcome.CONFLICTING
