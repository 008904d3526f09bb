"""Purchase histories, which models are fitted to, in memory."""

from array import array
from datetime import datetime
from typing import override

from succotash.domain.repositories.purchases import PurchaseRepository
from succotash.domain.value.ledgers import Histories, PurchaseHistories, WeekOfPurchases
from succotash.domain.values import LARGEST_UNITS, Currency, Shard
from succotash.infrastructure.in_memory.ledger import (
    Calendar,
    instant_text,
    over_refunds_of,
    purchases_by_customer,
    purchases_of,
)
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic


class InMemoryPurchaseRepository(InMemoryRepository, PurchaseRepository):
    """Purchase histories, which models are fitted to."""

    @override
    @atomic
    def purchase_histories(
        self,
        as_of: datetime,
        time_zone: str,
        *,
        shard: Shard | None = None,
        holdout_until: datetime | None = None,
    ) -> PurchaseHistories:
        calendar = Calendar(time_zone)
        today = calendar.day(as_of)
        days = Histories([], array("q"), array("q"), array("q"), array("q"), array("q"))
        found = PurchaseHistories(
            days, array("q"), array("q"), array("q"), [], [], array("q"), array("q"), []
        )
        for customer_id, purchases in purchases_by_customer(self.tables, as_of, shard):
            orders = self.tables.orders_by_customer[customer_id]
            bought_on = [calendar.day(each.at) for each in purchases]
            first, last = bought_on[0], bought_on[-1]
            held_out = [
                each for each in purchases_of(orders, holdout_until or as_of) if each.at > as_of
            ]
            revenue = sum(each.net for each in purchases)
            repeat_revenue = sum(
                each.net for each, day in zip(purchases, bought_on, strict=True) if day != first
            )
            holdout_revenue = sum(each.net for each in held_out)
            over_refunds = sum(each.net for each in over_refunds_of(orders, as_of))
            if max(revenue, holdout_revenue, -over_refunds) > LARGEST_UNITS:
                found.left_out.append(customer_id)
                continue
            days.customer_ids.append(customer_id)
            days.first_day.append(first)
            days.frequency.append(len(set(bought_on)) - 1)
            days.recency.append(last - first)
            days.age.append(today - first)
            days.holdout.append(len({calendar.day(each.at) for each in held_out}))
            found.orders.append(len(purchases))
            found.revenue.append(revenue)
            found.repeat_revenue.append(repeat_revenue)
            found.holdout_revenue.append(holdout_revenue)
            found.over_refunds.append(over_refunds)
            found.first_purchase_at.append(instant_text(purchases[0].at))
            found.last_purchase_at.append(instant_text(purchases[-1].at))
        return found

    @override
    @atomic
    def count_purchases_by_week(
        self,
        as_of: datetime,
        until: datetime,
        time_zone: str,
        *,
        weeks: range | None = None,
        shard: Shard | None = None,
    ) -> list[WeekOfPurchases]:
        calendar = Calendar(time_zone)
        cut = calendar.day(as_of)
        count = (calendar.day(until) - cut) // 7 + 1
        bought, revenue = [0] * count, [0] * count
        for customer_id, _ in purchases_by_customer(self.tables, as_of, shard):
            orders = self.tables.orders_by_customer[customer_id]
            later = [each for each in purchases_of(orders, until) if each.at > as_of]
            for day in {calendar.day(each.at) for each in later}:
                bought[(day - cut) // 7] += 1
            for each in later:
                revenue[(calendar.day(each.at) - cut) // 7] += each.net
        counted = [WeekOfPurchases(*each) for each in zip(bought, revenue, strict=True)]
        return counted if weeks is None else counted[weeks.start : weeks.stop]

    @override
    @atomic
    def get_currencies(self, as_of: datetime) -> set[Currency]:
        orders = self.tables.orders.values()
        return {order.amount.currency for order in orders if order.ordered_at <= as_of}
