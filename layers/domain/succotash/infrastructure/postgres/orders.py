"""The ledger of orders, and its customers, in PostgreSQL."""

from collections.abc import Sequence
from typing import override

from succotash.domain.repositories.orders import OrderRepository
from succotash.domain.value.ledgers import Customer, Order, RecordOutcome
from succotash.domain.value.orders import OrderColumns
from succotash.domain.values import CustomerId, Json, instant_text
from succotash.infrastructure.postgres import bulk
from succotash.infrastructure.postgres.planning import plan_for_many_keys
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb, Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.rows.value import customer_of, order_of

_SQL = statements("orders")
_OUTCOMES = {
    each.value[0]: each
    for each in (RecordOutcome.RECORDED, RecordOutcome.UNCHANGED, RecordOutcome.CONFLICTING)
}
"""Outcomes of staged orders by their first letter."""


class PostgresOrderRepository(PostgresRepository, OrderRepository):
    """The ledger of orders, and its customers."""

    @override
    def record_orders(self, orders: Sequence[Order]) -> list[RecordOutcome]:
        documents = [order_document(place, order) for place, order in enumerate(orders)]
        rows = self._run(_SQL["record_orders"], orders=Jsonb([*documents]))
        outcomes = [row["outcome"] for row in rows]
        unseen = [place for place, outcome in enumerate(outcomes) if outcome is None]
        if unseen:
            judged = self._run(
                _SQL["judge_orders"], orders=Jsonb([documents[place] for place in unseen])
            )
            for place, row in zip(unseen, judged, strict=True):
                outcomes[place] = row["outcome"]
        return [RecordOutcome(outcome) for outcome in outcomes]

    @override
    def import_orders(self, orders: OrderColumns) -> list[RecordOutcome]:
        chunks = bulk.lines(
            (),
            (
                bulk.numbers(range(len(orders))),
                bulk.texts(orders.customer_ids),
                bulk.texts(orders.order_ids),
                orders.ordered_at,
                bulk.amounts(orders.amounts),
                bulk.texts(orders.currencies),
                bulk.optional_texts(orders.refunds_of),
                bulk.optional_texts(orders.canonical_emails),
            ),
        )

        def merge(session: Session) -> list[RecordOutcome]:
            plan_for_many_keys(session)
            session.run(_SQL["make_stage"])
            session.run(_SQL["clear_stage"])
            session.copy_in(_SQL["copy_to_stage"], chunks)
            [recorded] = session.run(_SQL["record_staged_orders"])
            letters: str = recorded["outcomes"]
            unseen = [place for place, letter in enumerate(letters) if letter not in _OUTCOMES]
            later = {
                row["place"]: RecordOutcome(row["outcome"])
                for row in (
                    session.run(_SQL["judge_staged_orders"], places=unseen) if unseen else []
                )
            }
            outcomes = [
                _OUTCOMES.get(letter) or later[place] for place, letter in enumerate(letters)
            ]
            if conflicting := [
                place for place, each in enumerate(outcomes) if each is RecordOutcome.CONFLICTING
            ]:
                session.run(_SQL["unstage_orders"], places=conflicting)
            session.run(_SQL["meet_staged_customers"])
            return outcomes

        return self._in_transaction(merge) if len(orders) else []

    @override
    def get_customer(self, customer_id: CustomerId) -> Customer:
        rows = self._run(_SQL["get_customer"], customer_id=customer_id)
        return customer_of(only("customer", rows))

    @override
    def get_customers_by_email(self, canonical_email: str) -> list[Customer]:
        rows = self._run(_SQL["get_customers_by_email"], canonical_email=canonical_email)
        return [customer_of(row) for row in rows]

    @override
    def get_orders(self, customer_id: CustomerId) -> list[Order]:
        return [order_of(row) for row in self._run(_SQL["get_orders"], customer_id=customer_id)]


def order_document(place: int, order: Order) -> dict[str, Json]:
    """An order as statements take it; `place` is its place in the batch."""
    return {
        "place": place,
        "customer_id": order.customer_id,
        "order_id": order.order_id,
        "ordered_at": instant_text(order.ordered_at),
        "units": order.amount.units(),
        "currency": order.amount.currency,
        "refund_of": order.refund_of,
        "email": order.canonical_email,
    }
