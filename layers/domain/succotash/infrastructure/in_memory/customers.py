"""Customers and their aliases in memory."""

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import override

from succotash.domain.people.identities import (
    Account,
    Join,
    KnownCustomers,
    anonymous_order_id,
    join_addition,
    may_be_personal,
)
from succotash.domain.repositories.customers import TOMBSTONES_TOLD, CustomerRepository
from succotash.domain.retention.retention import ChurnPrediction, UserEngagementProfile
from succotash.domain.value.ledgers import Customer, Order
from succotash.domain.value.ltv import CustomerLTV
from succotash.domain.values import CustomerId, EventId, OrderId, RunId
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.table import Table
from succotash.infrastructure.in_memory.tables import atomic


class InMemoryCustomerRepository(InMemoryRepository, CustomerRepository):
    """Aliases in a dictionary; a transaction holds all of the tables."""

    @override
    @atomic
    def find_known(
        self,
        names: Collection[str],
        canonical_emails: Collection[str],
        tombstones: Collection[str] | None = (),
        *,
        aliases_only: Collection[str] = (),
        alone: bool = False,
    ) -> KnownCustomers:
        accounts = {}
        for name in {
            *names,
            *(each for each in aliases_only if CustomerId(each) in self.tables.aliases),
        }:
            customer_id = self.tables.meant(CustomerId(name))
            if (customer := self.tables.customers.get(customer_id)) is not None:
                accounts[name] = _account(customer)
        owners = {
            email: sorted(map(_account, found), key=lambda each: each.customer_id)
            for email in canonical_emails
            if (found := [*self.tables.customers_by_email[email]])
        }
        erasures = self.tables.erasures
        if tombstones is None:
            tombstones = [*islice(erasures.keys(), TOMBSTONES_TOLD + 1)]
        erased = {each: erasures[each] for each in tombstones if each in erasures}
        return KnownCustomers(accounts, owners, erased)

    @override
    @atomic
    def save_aliases(self, aliases: Mapping[CustomerId, CustomerId]) -> None:
        for alias, customer_id in aliases.items():
            if alias not in self.tables.aliases and customer_id in self.tables.customers:
                self.tables.aliases[alias] = customer_id

    @override
    @atomic
    def get_aliases(
        self, customer_ids: Collection[CustomerId]
    ) -> dict[CustomerId, list[CustomerId]]:
        return {
            customer_id: sorted(aliases)
            for customer_id in customer_ids
            if (aliases := [*self._aliases(customer_id)])
        }

    @override
    @atomic
    def find_shared_emails(self, *, limit: int = 1000) -> dict[str, list[Account]]:
        groups = sorted(email for email in self.tables.customers_by_email.groups() if email)
        shared: dict[str, list[Account]] = {}
        for email in groups:
            found = [*self.tables.customers_by_email[email]]
            if len(found) > 1 and len(shared) < limit:
                accounts = map(_account, found)
                shared[email] = sorted(accounts, key=lambda each: each.customer_id)
        return shared

    @override
    @atomic
    def find_left_over(
        self, *, targets: Collection[CustomerId] | None = None, limit: int = 1000
    ) -> list[Join]:
        found = [
            Join(alias, customer_id)
            for customer_id in self.tables.aliases_by_customer.groups()
            if targets is None or customer_id in targets
            for alias in self._aliases(customer_id)
            if alias in self.tables.customers and alias != customer_id
        ]
        return sorted(found, key=lambda join: join.source)[:limit]

    @override
    @atomic
    def find_personal_ids(
        self, *, after: str = "", email: str | None = None, limit: int = 1000
    ) -> list[CustomerId]:
        ids = (each.customer_id for each in self.tables.customers.values())
        return sorted(
            each
            for each in ids
            if may_be_personal(each) and each > after and email in {None, each.lower()}
        )[:limit]

    @override
    @atomic
    def join_customers(self, joins: Sequence[Join]) -> None:
        for join in joins:
            self._join(join)

    def _join(self, join: Join) -> None:
        tables, source, target = self.tables, join.source, join.target
        addition = join_addition(join)
        left = tables.customers.get(source)
        if left is not None:
            email = left.canonical_email or join.canonical_email
            tables.see_customer(target, left.first_seen_at, email)
        orders = [*tables.orders_by_customer[source]]
        there = {each.order_id: each for each in tables.orders_by_customer[target]}
        differing = {
            each.order_id
            for each in orders
            if there.get(each.order_id) not in {None, dataclasses.replace(each, customer_id=target)}
        }
        # What refunds an order that differs is another refund, however alike they look.
        clashing = differing | {
            each.order_id
            for each in orders
            if each.refund_of in differing and each.order_id in there
        }

        def added[T: str](order_id: T) -> T:
            return type(order_id)(order_id + addition) if order_id in clashing else order_id

        for order in orders:
            moved = dataclasses.replace(
                order,
                customer_id=target,
                order_id=added(order.order_id),
                refund_of=None if order.refund_of is None else added(order.refund_of),
            )
            self._move_order(order, moved)
        for event in [*tables.events_by_customer[source]]:
            kept = dataclasses.replace(event, customer_id=target)
            if tables.events.get((target, event.event_id)) not in {None, kept}:
                kept = dataclasses.replace(kept, event_id=EventId(event.event_id + addition))
            tables.events.discard([(source, event.event_id)])
            if (target, kept.event_id) not in tables.events:
                tables.events[target, kept.event_id] = kept
        self._move_results(tables.values, source, target)
        self._move_results(tables.predictions, source, target)
        self._move_results(tables.profiles, source, target)
        for member in [*tables.members_by_customer[source]]:
            key = (member.campaign_id, member.person_key)
            tables.members[key] = dataclasses.replace(member, customer_id=target)
        for alias in [*self._aliases(source)]:
            tables.aliases.discard([alias])
            if alias != target:
                tables.aliases[alias] = target
        tables.customers.discard([source])
        if not may_be_personal(source) and source not in tables.aliases:
            tables.aliases[source] = target

    def _move_order(self, order: Order, moved: Order) -> None:
        orders = self.tables.orders
        orders.discard([(order.customer_id, order.order_id)])
        if (moved.customer_id, moved.order_id) not in orders:
            orders[moved.customer_id, moved.order_id] = moved

    def _move_results[T: CustomerLTV | ChurnPrediction | UserEngagementProfile](
        self, table: Table[tuple[RunId, CustomerId], T], source: CustomerId, target: CustomerId
    ) -> None:
        for run in self.tables.runs.values():
            row = table.get((run.run_id, source))
            table.discard([(run.run_id, source)])
            if row is not None and (run.run_id, target) not in table:
                table[run.run_id, target] = dataclasses.replace(row, customer_id=target)

    @override
    @atomic
    def delete_results_of_nobody(self, run_id: RunId) -> int:
        tables = self.tables

        def gone(keys: Iterable[tuple[RunId, CustomerId]]) -> list[tuple[RunId, CustomerId]]:
            return [key for key in keys if key[1] not in tables.customers]

        return (
            tables.values.discard(gone(tables.values_by_run.keys(run_id)))
            + tables.predictions.discard(gone(tables.predictions_by_run.keys(run_id)))
            + tables.profiles.discard(gone(tables.profiles_by_run.keys(run_id)))
        )

    @override
    @atomic
    def anonymise_customers(
        self, anonyms: Mapping[CustomerId, CustomerId], salt: str
    ) -> dict[str, int]:
        tables = self.tables
        moved = Counter[str](orders=0, customers=0, customer_aliases=0)
        for source, target in anonyms.items():
            for order in [*tables.orders_by_customer[source]]:
                tables.shop_orders.discard([order.order_id])
                refund_of = order.refund_of
                anonymous = dataclasses.replace(
                    order,
                    customer_id=target,
                    order_id=OrderId(anonymous_order_id(salt, order.order_id)),
                    refund_of=refund_of and OrderId(anonymous_order_id(salt, refund_of)),
                )
                self._move_order(order, anonymous)
                moved["orders"] += 1
            self._move_results(tables.values, source, target)
            moved["customer_aliases"] += tables.aliases.discard([*self._aliases(source)])
            customer = tables.customers.get(source)
            if customer is not None:
                tables.customers[target] = Customer(target, customer.first_seen_at)
                moved["customers"] += tables.customers.discard([source])
        return dict(moved)

    def _aliases(self, customer_id: CustomerId) -> Iterable[CustomerId]:
        return self.tables.aliases_by_customer.keys(customer_id)


def _account(customer: Customer) -> Account:
    return Account(customer.customer_id, customer.first_seen_at, customer.canonical_email)
