"""Revenue by day, net of refunds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from succotash.domain.values import Currency, Money

REVENUE_DAYS = 800
"""The days that a run keeps, its own included: two years, and as many days before them."""


@dataclass(frozen=True, slots=True)
class RevenueDay:
    """Orders of a day, and refunds of known orders, each on the day it happened."""

    day: date
    orders: int
    refunds: int
    revenue: Money
    """Amounts of these orders, less what was refunded on the day."""


def first_revenue_day(today: date) -> date:
    """The first day that a run of this day keeps."""
    return today - timedelta(days=REVENUE_DAYS - 1)


def add_up(days: Iterable[RevenueDay]) -> list[RevenueDay]:
    """Days of several shards together, by day and currency."""
    totals = dict[tuple[date, Currency], RevenueDay]()
    for each in days:
        key = each.day, each.revenue.currency
        known = totals.get(key)
        totals[key] = each if known is None else _together(known, each)
    return [totals[key] for key in sorted(totals)]


def _together(one: RevenueDay, other: RevenueDay) -> RevenueDay:
    return RevenueDay(
        one.day,
        one.orders + other.orders,
        one.refunds + other.refunds,
        one.revenue + other.revenue,
    )
