"""The states of shops' orders in PostgreSQL."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import override

from succotash.domain.repositories.shop_orders import ShopOrderRepository
from succotash.domain.shops.columns import ShopOrderColumns
from succotash.domain.shops.orders import ShopOrderChange, ShopOrderKey, ShopOrderState
from succotash.domain.value.ledgers import RecordOutcome
from succotash.domain.value.orders import OrderColumns
from succotash.domain.values import CustomerId, Json, instant_text
from succotash.infrastructure.postgres import bulk
from succotash.infrastructure.postgres.orders import PostgresOrderRepository, order_document
from succotash.infrastructure.postgres.planning import plan_for_many_keys
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb, Row, Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.shops import refunds_document, shop_order_state_of

_SQL = statements("shop_orders")
_COLUMNS = statements("shop_order_columns")
_OUTCOMES = {each.value[0]: each for each in (RecordOutcome.RECORDED, RecordOutcome.UNCHANGED)}
"""The outcomes by their first letter."""


class PostgresShopOrderRepository(PostgresRepository, ShopOrderRepository):
    """States in a table, by COPY where they are many."""

    @override
    def find_shop_orders(self, keys: Sequence[ShopOrderKey]) -> list[ShopOrderState]:
        given: list[Json] = [
            {"system": each.system, "number": each.number, "order_id": each.order_id}
            for each in keys
        ]

        def find(session: Session) -> list[Row]:
            session.run(_SQL["lock_systems"], systems=sorted({each.system for each in keys}))
            return session.run(_SQL["find_shop_orders"], keys=Jsonb(given))

        return [shop_order_state_of(row) for row in self._in_transaction(find)]

    @override
    def add_shop_orders(
        self, states: Sequence[ShopOrderState], emails: Mapping[CustomerId, str]
    ) -> list[bool]:
        chunks = bulk.lines((), _stage_columns(states, emails))

        def add(session: Session) -> list[bool]:
            plan_for_many_keys(session)
            session.run(_SQL["make_stage"])
            session.run(_SQL["clear_stage"])
            session.copy_in(_SQL["copy_to_stage"], chunks)
            known = {row["place"] for row in session.run(_SQL["add_staged_shop_orders"])}
            refunds = OrderColumns()
            for place, state in enumerate(states):
                if place not in known:
                    for entry in state.ledger()[1:]:
                        refunds.append(entry)
            PostgresOrderRepository.within(session).import_orders(refunds)
            return [place not in known for place in range(len(states))]

        return self._in_transaction(add) if states else []

    @override
    def enter_shop_orders(self, orders: ShopOrderColumns) -> list[RecordOutcome | None]:
        chunks = bulk.lines(
            (),
            (
                bulk.numbers(range(len(orders))),
                bulk.texts(orders.order_ids),
                bulk.optional_texts(orders.numbers),
                orders.told_at,
                bulk.texts([each.customer_id for each in orders.customers]),
                orders.ordered_at,
                orders.amounts,
                bulk.texts(orders.emails),
            ),
        )

        def enter(session: Session) -> str:
            plan_for_many_keys(session)
            session.run(_COLUMNS["make_stage_of_columns"])
            session.run(_COLUMNS["clear_stage_of_columns"])
            session.copy_in(_COLUMNS["copy_to_stage_of_columns"], chunks)
            session.run(_COLUMNS["plan_stage_of_columns"])
            [entered] = session.run(
                _COLUMNS["enter_staged_shop_orders"], own=orders.system, currency=orders.currency
            )
            return str(entered["outcomes"])

        letters = self._in_transaction(enter) if len(orders) else ""
        return [*map(_OUTCOMES.get, letters)]

    @override
    def save_shop_orders(
        self, changes: Sequence[ShopOrderChange], emails: Mapping[CustomerId, str]
    ) -> None:
        replaced = [
            state.order_id
            for change in changes
            for state in change.before
            if state.order_id != change.after.order_id
        ]
        entries = [each for change in changes for each in change.new_entries()]
        gone: list[Json] = [
            {"customer_id": each.customer_id, "order_id": each.order_id}
            for change in changes
            for each in change.gone_entries()
        ]

        def save(session: Session) -> None:
            if replaced:
                session.run(_SQL["delete_shop_orders"], order_ids=replaced)
            session.run(
                _SQL["save_shop_orders"],
                states=Jsonb([_document(each.after) for each in changes]),
                gone=Jsonb(gone),
                entries=Jsonb(
                    [
                        {**order_document(place, each), "email": emails.get(each.customer_id)}
                        for place, each in enumerate(entries)
                    ]
                ),
            )

        if changes:
            self._in_transaction(save)


def _stage_columns(
    states: Sequence[ShopOrderState], emails: Mapping[CustomerId, str]
) -> tuple[Iterable[str], ...]:
    """The columns to copy; those that nearly all files leave empty are not looked through."""
    totals = [each.total for each in states]
    refunded = [each.refunded for each in states]
    nothing = [bulk.NULL] * len(states)
    has_refunds = any(refunded)
    return (
        bulk.numbers(range(len(states))),
        bulk.texts(each.order_id for each in states),
        bulk.texts(each.system for each in states),
        bulk.optional_texts([each.number for each in states]),
        _instants(each.told_at for each in states),
        bulk.optional_texts([each.customer_id for each in states]),
        _instants(each.ordered_at for each in states),
        bulk.optional_amounts(None if each is None else each.units() for each in totals),
        bulk.optional_texts([None if each is None else each.currency for each in totals]),
        bulk.optional_amounts(None if each is None else each.amount.units() for each in refunded)
        if has_refunds
        else nothing,
        _instants(None if each is None else each.refunded_at for each in refunded)
        if has_refunds
        else nothing,
        _instants(None if each is None else each.told_at for each in refunded)
        if has_refunds
        else nothing,
        bulk.optional_texts(
            [json.dumps(refunds_document(each)) if each.refunds else None for each in states]
        )
        if any(each.refunds for each in states)
        else nothing,
        bulk.optional_texts(
            [None if each.customer_id is None else emails.get(each.customer_id) for each in states]
        ),
    )


def _instants(moments: Iterable[datetime | None]) -> Iterable[str]:
    return (bulk.NULL if each is None else each.isoformat() for each in moments)


def _document(state: ShopOrderState) -> dict[str, Json]:
    total, refunded = state.total, state.refunded
    return {
        "order_id": state.order_id,
        "system": state.system,
        "number": state.number,
        "told_at": None if state.told_at is None else instant_text(state.told_at),
        "customer_id": state.customer_id,
        "ordered_at": None if state.ordered_at is None else instant_text(state.ordered_at),
        "amount": None if total is None else total.units(),
        "currency": None if total is None else total.currency,
        "refunded": None if refunded is None else refunded.amount.units(),
        "refunded_at": None if refunded is None else instant_text(refunded.refunded_at),
        "refunded_told_at": None if refunded is None else instant_text(refunded.told_at),
        "refunds": refunds_document(state),
    }
