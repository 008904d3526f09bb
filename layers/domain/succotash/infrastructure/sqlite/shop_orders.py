"""The states of shops' orders in SQLite."""

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import override

from succotash.domain.repositories.shop_orders import ShopOrderRepository
from succotash.domain.shops.columns import ShopOrderColumns, is_known_so
from succotash.domain.shops.orders import ShopOrderChange, ShopOrderKey, ShopOrderState
from succotash.domain.value.ledgers import Order, RecordOutcome
from succotash.domain.values import CustomerId
from succotash.infrastructure.rows.shops import refunds_document, shop_order_state_of
from succotash.infrastructure.sqlite.columns import json_text, micros, optional_micros
from succotash.infrastructure.sqlite.connection import Session
from succotash.infrastructure.sqlite.orders import order_columns
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sightings import Sighting, see_customers
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("shop_orders")


class SQLiteShopOrderRepository(SQLiteRepository, ShopOrderRepository):
    """States in a table; who writes is alone."""

    @override
    def find_shop_orders(self, keys: Sequence[ShopOrderKey]) -> list[ShopOrderState]:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            return _find(session, keys)

    @override
    def add_shop_orders(
        self, states: Sequence[ShopOrderState], emails: Mapping[CustomerId, str]
    ) -> list[bool]:
        with self._unit.writing() as session:
            return _add(session, states, emails)

    @override
    def enter_shop_orders(self, orders: ShopOrderColumns) -> list[RecordOutcome | None]:
        emails = {
            name.customer_id: email
            for name, email in zip(orders.customers, orders.emails, strict=True)
        }
        states = [orders.state(row) for row in range(len(orders))]
        with self._unit.writing() as session:
            doubtful = {
                row["customer_id"]
                for row in session.run(
                    _SQL["find_doubtful_customers"], emails=json_text([*map(list, emails.items())])
                )
            }
            rows = [row for row, each in enumerate(states) if each.customer_id not in doubtful]
            added = _add(session, [states[row] for row in rows], emails)
            left = [states[row] for row, is_added in zip(rows, added, strict=True) if not is_added]
            keys = [ShopOrderKey(each.system, None, each.order_id) for each in left]
            known = {each.order_id: each for each in _find(session, keys)}
        outcomes: list[RecordOutcome | None] = [None] * len(orders)
        for row, is_added in zip(rows, added, strict=True):
            if is_added:
                outcomes[row] = RecordOutcome.RECORDED
            elif is_known_so(states[row], known.get(states[row].order_id)):
                outcomes[row] = RecordOutcome.UNCHANGED
        return outcomes

    @override
    def save_shop_orders(
        self, changes: Sequence[ShopOrderChange], emails: Mapping[CustomerId, str]
    ) -> None:
        entries = [each for change in changes for each in change.new_entries()]
        with self._unit.writing() as session:
            session.run_for_each(
                _SQL["delete_shop_order"],
                [{"order_id": state.order_id} for each in changes for state in each.before],
            )
            session.run_for_each(
                _SQL["add_shop_order"], [_state_columns(each.after) for each in changes]
            )
            session.run_for_each(
                _SQL["delete_entry"],
                [
                    {"customer_id": each.customer_id, "order_id": each.order_id}
                    for change in changes
                    for each in change.gone_entries()
                ],
            )
            _enter(session, entries, emails)


def _find(session: Session, keys: Sequence[ShopOrderKey]) -> list[ShopOrderState]:
    given = [[each.system, each.number, each.order_id] for each in keys]
    rows = session.run(_SQL["find_shop_orders"], keys=json_text(given))
    return [shop_order_state_of(row) for row in rows]


def _add(
    session: Session, states: Sequence[ShopOrderState], emails: Mapping[CustomerId, str]
) -> list[bool]:
    """Add and enter the states that nothing stands in the way of; whether each was added."""
    added = [session.change(_SQL["add_shop_order"], **_state_columns(each)) == 1 for each in states]
    entries = [each for state in compress(states, added) for each in state.ledger()]
    _enter(session, entries, emails)
    return added


def _enter(session: Session, entries: Sequence[Order], emails: Mapping[CustomerId, str]) -> None:
    session.run_for_each(_SQL["save_entry"], [order_columns(each) for each in entries])
    see_customers(
        session,
        [
            Sighting(each.customer_id, micros(each.ordered_at), emails.get(each.customer_id))
            for each in entries
        ],
    )


def _state_columns(state: ShopOrderState) -> dict[str, object]:
    total, refunded = state.total, state.refunded
    refunds = refunds_document(state)
    return {
        "order_id": state.order_id,
        "system": state.system,
        "number": state.number,
        "told_at": optional_micros(state.told_at),
        "customer_id": state.customer_id,
        "ordered_at": optional_micros(state.ordered_at),
        "amount": None if total is None else total.units(),
        "currency": None if total is None else total.currency,
        "refunded": None if refunded is None else refunded.amount.units(),
        "refunded_at": None if refunded is None else micros(refunded.refunded_at),
        "refunded_told_at": None if refunded is None else micros(refunded.told_at),
        "refunds": None if refunds is None else json_text(refunds),
    }
