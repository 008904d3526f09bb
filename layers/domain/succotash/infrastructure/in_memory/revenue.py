"""Revenue by day, in memory."""

from collections.abc import Iterable
from datetime import datetime
from typing import override

from succotash.domain.repositories.revenue import RevenueRepository
from succotash.domain.value.ledgers import Order
from succotash.domain.value.revenue import RevenueDay, add_up, first_revenue_day
from succotash.domain.values import RunId, Shard
from succotash.infrastructure.in_memory.ledger import Calendar, in_shard
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import Tables, atomic


class InMemoryRevenueRepository(InMemoryRepository, RevenueRepository):
    """Revenue by day."""

    @override
    @atomic
    def build_revenue_days(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        self.tables.runs[run_id]
        add_up_revenue(self.tables, run_id, as_of, time_zone, None)


def add_up_revenue(
    tables: Tables, run_id: RunId, as_of: datetime, time_zone: str, shard: Shard | None
) -> None:
    """Add up the ledger of a shard or all."""
    calendar = Calendar(time_zone)
    first = first_revenue_day(calendar.date(as_of))
    days = [
        RevenueDay(
            calendar.date(each.ordered_at),
            int(each.refund_of is None),
            int(each.refund_of is not None),
            each.amount,
        )
        for customer_id in tables.orders_by_customer.groups()
        if in_shard(customer_id, shard)
        for each in _known(tables.orders_by_customer[customer_id], as_of)
    ]
    counted = add_up(each for each in days if each.day >= first)
    others = {} if shard is None else tables.revenue_days.get(run_id) or {}
    number = 0 if shard is None else shard.index
    tables.revenue_days[run_id] = {**others, number: counted}


def _known(orders: Iterable[Order], as_of: datetime) -> list[Order]:
    """One customer's orders until an instant, and refunds of them."""
    found = [each for each in orders if each.ordered_at <= as_of]
    bought = {each.order_id for each in found if each.refund_of is None}
    return [each for each in found if each.refund_of is None or each.refund_of in bought]
