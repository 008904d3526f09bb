"""The ledger of orders, and its customers, in PostgreSQL."""

from collections.abc import Sequence
from typing import override

from succotash.domain.repositories.orders import OrderRepository
from succotash.domain.value.ledgers import Customer, Order, RecordOutcome
from succotash.domain.value.orders import OrderColumns
from succotash.domain.values import CustomerId, Json, Money, instant_text
from succotash.infrastructure.postgres import bulk
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.rows import only
from succotash.infrastructure.postgres.session import Jsonb, Session
from succotash.infrastructure.postgres.sql import orders as sql


class PostgresOrderRepository(PostgresRepository, OrderRepository):
    """The ledger of orders, and its customers."""

    @override
    def record_orders(self, orders: Sequence[Order]) -> list[RecordOutcome]:
        documents = [_order_document(place, order) for place, order in enumerate(orders)]
        rows = self._run(sql.RECORD_ORDERS, orders=Jsonb([*documents]))
        outcomes = [outcome for [outcome] in rows]
        unseen = [place for place, outcome in enumerate(outcomes) if outcome is None]
        if unseen:
            judged = self._run(
                sql.JUDGE_ORDERS, orders=Jsonb([documents[place] for place in unseen])
            )
            for place, [outcome] in zip(unseen, judged, strict=True):
                outcomes[place] = outcome
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
            session.run(sql.PREFER_INDEXES)
            session.run(sql.MAKE_STAGE)
            session.run(sql.CLEAR_STAGE)
            session.copy_in(sql.STAGE_ORDERS, chunks)
            outcomes = [RecordOutcome.RECORDED] * len(orders)
            if known := [place for [place] in session.run(sql.ADD_STAGED_ORDERS)]:
                for place, outcome in session.run(sql.JUDGE_STAGED_ORDERS, places=known):
                    outcomes[place] = RecordOutcome(outcome)
                session.run(
                    sql.UNSTAGE_ORDERS,
                    places=[each for each in known if outcomes[each] is RecordOutcome.CONFLICTING],
                )
            session.run(sql.MEET_STAGED_CUSTOMERS)
            return outcomes

        return self._in_transaction(merge) if len(orders) else []

    @override
    def get_customer(self, customer_id: CustomerId) -> Customer:
        return Customer(*only("customer", self._run(sql.GET_CUSTOMER, customer_id=customer_id)))

    @override
    def get_customers_by_email(self, canonical_email: str) -> list[Customer]:
        rows = self._run(sql.CUSTOMERS_BY_EMAIL, canonical_email=canonical_email)
        return [Customer(*row) for row in rows]

    @override
    def get_orders(self, customer_id: CustomerId, *, newest: int | None = None) -> list[Order]:
        rows = self._run(sql.NEWEST_ORDERS, customer_id=customer_id, limit=newest)
        return [
            Order(customer, order_id, ordered_at, Money(amount, currency), refund_of)
            for customer, order_id, ordered_at, amount, currency, refund_of in reversed(rows)
        ]


def _order_document(place: int, order: Order) -> dict[str, Json]:
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
