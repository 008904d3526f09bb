"""Purchases as both the value and the retention side count them."""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from succotash.domain.value.ledgers import Order
from succotash.domain.value.refunds import RefundTotals
from succotash.domain.values import CustomerId, Money, OrderId, Shard
from succotash.infrastructure.in_memory.tables import Tables

_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order netted with its refunds, in ten-thousandths."""

    at: datetime
    net: int


def purchases_of(orders: Iterable[Order], until: datetime) -> list[Purchase]:
    """One customer's purchases at or before an instant, netted as of then, earliest first."""
    return [each for each, is_purchase in _settled(orders, until) if is_purchase]


def over_refunds_of(orders: Iterable[Order], until: datetime) -> list[Purchase]:
    """One customer's orders refunded beyond their amount, which are no purchases; as above."""
    return [each for each, _ in _settled(orders, until) if each.net < 0]


def refunds_of(orders: Iterable[Order], until: datetime) -> RefundTotals:
    """One customer's refunds at or before an instant that match no order, or exceed theirs."""
    known = [order for order in orders if order.ordered_at <= until]
    bought = {order.order_id for order in known if order.refund_of is None}
    unmatched = [
        order.amount.units()
        for order in known
        if order.refund_of is not None and order.refund_of not in bought
    ]
    exceeding = over_refunds_of(known, until)
    return RefundTotals(
        len(unmatched), sum(unmatched), len(exceeding), sum(each.net for each in exceeding)
    )


def _settled(orders: Iterable[Order], until: datetime) -> list[tuple[Purchase, bool]]:
    """Orders netted with their refunds, and whether each is a purchase."""
    refunds: defaultdict[OrderId, list[int]] = defaultdict(list)
    originals: list[Order] = []
    for order in orders:
        if order.ordered_at > until:
            continue
        if order.refund_of is None:
            originals.append(order)
        else:
            refunds[order.refund_of].append(order.amount.units())
    settled = []
    for order in originals:
        given_back = refunds.get(order.order_id, ())
        net = order.amount.units() + sum(given_back)
        settled.append((Purchase(order.ordered_at, net), not given_back or net > 0))
    return sorted(settled, key=lambda each: each[0].at)


def in_shard(customer_id: str, shard: Shard | None) -> bool:
    """Whether the customer belongs to the shard; None is all of them."""
    return shard is None or zlib.crc32(customer_id.encode()) % shard.count == shard.index


def purchases_by_customer(
    tables: Tables, until: datetime, shard: Shard | None = None
) -> Iterator[tuple[CustomerId, list[Purchase]]]:
    """Customers with a purchase at or before `until`, by id, and what they bought."""
    for customer_id in sorted(tables.orders_by_customer.groups()):
        if in_shard(customer_id, shard) and (
            purchases := purchases_of(tables.orders_by_customer[customer_id], until)
        ):
            yield customer_id, purchases


class Calendar:
    """Days and months as people in one time zone count them."""

    def __init__(self, time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)

    def date(self, moment: datetime) -> date:
        """The calendar day of an instant."""
        return moment.astimezone(self._zone).date()

    def day(self, moment: datetime) -> int:
        """The calendar day of an instant, in days since 1970-01-01."""
        return self.date(moment).toordinal() - _EPOCH


def month_number(day: date) -> int:
    """Months since the year 0."""
    return day.year * 12 + day.month


def instant_text(moment: datetime) -> str:
    """ISO 8601, in UTC."""
    return moment.astimezone(UTC).isoformat()


def total(amounts: Iterable[Money]) -> Money | None:
    """The sum of the amounts; None of none."""
    found: Money | None = None
    for amount in amounts:
        found = amount if found is None else found + amount
    return found
