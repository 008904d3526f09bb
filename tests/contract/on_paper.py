"""What ledgers come to and where periods begin, as a person would count it on paper."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from succotash.domain.retention.retention import (
    GridPeriod,
)
from succotash.domain.value.ledgers import Order
from succotash.domain.values import CustomerId, OrderId

EPOCH = date(1970, 1, 1)


def purchases_on_paper(orders: Sequence[Order], until: datetime) -> list[tuple[datetime, Decimal]]:
    settled = settled_on_paper(orders, until)
    return sorted((moment, net) for moment, net, is_purchase in settled if is_purchase)


def over_refunds_on_paper(
    orders: Sequence[Order], until: datetime
) -> list[tuple[datetime, Decimal]]:
    return [(moment, net) for moment, net, _ in settled_on_paper(orders, until) if net < 0]


def settled_on_paper(
    orders: Sequence[Order], until: datetime
) -> list[tuple[datetime, Decimal, bool]]:
    """Orders and what they came to, and whether each was a purchase after all."""
    settled = []
    for original in orders:
        if original.refund_of is not None or original.ordered_at > until:
            continue
        refunds = [
            order.amount.amount
            for order in orders
            if order.refund_of == original.order_id
            and order.customer_id == original.customer_id
            and order.ordered_at <= until
        ]
        net = original.amount.amount + sum(refunds)
        settled.append((original.ordered_at, net, not refunds or net > 0))
    return settled


def joined_on_paper(
    orders: Sequence[Order], source: CustomerId, target: CustomerId, addition: str
) -> list[Order]:
    """The orders once one customer is another one; ids that the latter has get an addition."""
    taken = {each.order_id for each in orders if each.customer_id == target}

    def renamed(order_id: OrderId) -> OrderId:
        return OrderId(f"{order_id}{addition}") if order_id in taken else order_id

    return [
        replace(
            each,
            customer_id=target,
            order_id=renamed(each.order_id),
            refund_of=each.refund_of and renamed(each.refund_of),
        )
        if each.customer_id == source
        else each
        for each in orders
    ]


def period_start(day: date, period: GridPeriod) -> date:
    match period:
        case GridPeriod.DAY:
            return day
        case GridPeriod.WEEK:
            year, week, _ = day.isocalendar()
            return date.fromisocalendar(year, week, 1)
        case GridPeriod.MONTH:
            return date(day.year, day.month, 1)
