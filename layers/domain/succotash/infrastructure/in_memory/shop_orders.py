"""The states of shops' orders in memory."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import override

from succotash.domain.repositories.shop_orders import ShopOrderRepository
from succotash.domain.shops.columns import ShopOrderColumns, is_known_so
from succotash.domain.shops.orders import ShopOrderChange, ShopOrderKey, ShopOrderState
from succotash.domain.value.ledgers import Order, RecordOutcome
from succotash.domain.value.orders import order_contents
from succotash.domain.values import CustomerId
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic, stored


class InMemoryShopOrderRepository(InMemoryRepository, ShopOrderRepository):
    """States in a dictionary; a transaction holds all of the tables."""

    @override
    @atomic
    def find_shop_orders(self, keys: Sequence[ShopOrderKey]) -> list[ShopOrderState]:
        tables = self.tables
        found = {each.order_id for each in keys if each.order_id in tables.shop_orders}
        for each in keys:
            if each.number is not None:
                found.update(tables.shop_orders_by_number.keys((each.system, each.number)))
        return [self._with_customer(tables.shop_orders[each]) for each in sorted(found)]

    def _with_customer(self, state: ShopOrderState) -> ShopOrderState:
        if state.customer_id is None or state.customer_id in self.tables.customers:
            return state
        return dataclasses.replace(state, customer_id=self.tables.meant(state.customer_id))

    @override
    @atomic
    def add_shop_orders(
        self, states: Sequence[ShopOrderState], emails: Mapping[CustomerId, str]
    ) -> list[bool]:
        return [self._add(stored(each), emails) for each in states]

    @override
    @atomic
    def enter_shop_orders(self, orders: ShopOrderColumns) -> list[RecordOutcome | None]:
        tables = self.tables
        emails = {
            name.customer_id: email
            for name, email in zip(orders.customers, orders.emails, strict=True)
        }
        doubtful = {each for each, email in emails.items() if self._is_doubtful(each, email)}
        outcomes: list[RecordOutcome | None] = [None] * len(orders)
        for row, name in enumerate(orders.customers):
            if name.customer_id in doubtful:
                continue
            state = orders.state(row)
            if self._add(stored(state), emails):
                outcomes[row] = RecordOutcome.RECORDED
            elif is_known_so(state, tables.shop_orders.get(state.order_id)):
                outcomes[row] = RecordOutcome.UNCHANGED
        return outcomes

    def _is_doubtful(self, customer_id: CustomerId, email: str) -> bool:
        """Whether an id may be another customer's, or the e-mail."""
        tables = self.tables
        own = tables.customers.get(customer_id)
        return (
            customer_id in tables.aliases
            or (own is not None and own.canonical_email != email)
            or any(each.customer_id != customer_id for each in tables.customers_by_email[email])
        )

    def _add(self, state: ShopOrderState, emails: Mapping[CustomerId, str]) -> bool:
        tables = self.tables
        same_number = tables.shop_orders_by_number[state.system, state.number]
        if state.order_id in tables.shop_orders or (state.number is not None and [*same_number]):
            return False
        tables.shop_orders[state.order_id] = state
        self._enter(state.ledger(), emails)
        return True

    def _enter(self, entries: Sequence[Order], emails: Mapping[CustomerId, str]) -> None:
        tables = self.tables
        for entry in entries:
            kept = order_contents(stored(entry))
            tables.orders[kept.customer_id, kept.order_id] = kept
            tables.see_customer(kept.customer_id, kept.ordered_at, emails.get(kept.customer_id))

    @override
    @atomic
    def save_shop_orders(
        self, changes: Sequence[ShopOrderChange], emails: Mapping[CustomerId, str]
    ) -> None:
        tables = self.tables
        for change in changes:
            tables.shop_orders.discard([each.order_id for each in change.before])
            tables.shop_orders[change.after.order_id] = stored(change.after)
            tables.orders.discard(
                [(each.customer_id, each.order_id) for each in change.gone_entries()]
            )
            self._enter(change.new_entries(), emails)
