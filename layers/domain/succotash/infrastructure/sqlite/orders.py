"""The ledger of orders, and its customers, in SQLite."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from collections.abc import Mapping, Sequence
from typing import override

from succotash.domain.repositories.orders import OrderRepository
from succotash.domain.value.ledgers import Customer, Order, RecordOutcome
from succotash.domain.value.orders import OrderColumns
from succotash.domain.values import CustomerId, Money
from succotash.errors import NotFoundError
from succotash.infrastructure.sqlite.columns import instant, json_text, micros
from succotash.infrastructure.sqlite.connection import Row
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sightings import MEANT, Sighting, see_customers

_KNOWN_ORDERS = """
SELECT o.*
FROM json_each(:keys) AS k
JOIN orders AS o ON o.customer_id = k.value ->> 0 AND o.order_id = k.value ->> 1
"""
_ADD_ORDER = """
INSERT INTO orders (customer_id, order_id, ordered_at, amount, currency, refund_of)
VALUES (:customer_id, :order_id, :ordered_at, :amount, :currency, :refund_of)
"""
# A negative limit is none.
_NEWEST_ORDERS = f"""
SELECT * FROM orders WHERE customer_id = {MEANT}
ORDER BY ordered_at DESC, order_id DESC
LIMIT :limit
"""

_CUSTOMER = f"SELECT * FROM customers WHERE customer_id = {MEANT}"
_CUSTOMERS_BY_EMAIL = """
SELECT * FROM customers WHERE canonical_email = :canonical_email ORDER BY customer_id
"""


class SQLiteOrderRepository(SQLiteRepository, OrderRepository):
    """The ledger of orders, and its customers."""

    @override
    def record_orders(self, orders: Sequence[Order]) -> list[RecordOutcome]:
        batch = [_order_columns(order) for order in orders]
        keys = [(order["customer_id"], order["order_id"]) for order in batch]
        with self._unit.writing() as session:
            known = {
                (row["customer_id"], row["order_id"]): dict(row)
                for row in session.run(_KNOWN_ORDERS, keys=json_text(keys))
            }
            recordings = [
                _recording(known.get(key), order) for key, order in zip(keys, batch, strict=True)
            ]
            became = list(zip(recordings, batch, orders, strict=True))
            session.run_for_each(
                _ADD_ORDER,
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
            for row in session.run(_CUSTOMER, customer_id=customer_id):
                return _customer(row)
        raise NotFoundError("customer")

    @override
    def get_customers_by_email(self, canonical_email: str) -> list[Customer]:
        with self._unit.reading() as session:
            rows = session.run(_CUSTOMERS_BY_EMAIL, canonical_email=canonical_email)
        return [_customer(row) for row in rows]

    @override
    def get_orders(self, customer_id: CustomerId, *, newest: int | None = None) -> list[Order]:
        with self._unit.reading() as session:
            rows = session.run(
                _NEWEST_ORDERS, customer_id=customer_id, limit=-1 if newest is None else newest
            )
        return [_order(row) for row in reversed(rows)]


def _order_columns(order: Order) -> dict[str, object]:
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


def _order(row: Row) -> Order:
    return Order(
        customer_id=row["customer_id"],
        order_id=row["order_id"],
        ordered_at=instant(row["ordered_at"]),
        amount=Money.of_units(row["amount"], row["currency"]),
        refund_of=row["refund_of"],
    )


def _customer(row: Row) -> Customer:
    return Customer(
        customer_id=row["customer_id"],
        first_seen_at=instant(row["first_seen_at"]),
        canonical_email=row["canonical_email"],
        lead_id=row["lead_id"],
    )
