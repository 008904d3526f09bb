"""Orders as shop systems tell them, with what a test leaves out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from succotash.domain.shops.columns import ShopOrderColumns
from succotash.domain.shops.orders import RefundTotal, ShopOrder, ShopRefund, key_of
from succotash.domain.values import Currency, Money
from tests.builders.values import NOON, PSEUDONYMS

USD = Currency("USD")


def money(amount: str) -> Money:
    return Money(Decimal(amount), USD)


def a_shop_order(
    number: str | None = "555", name: str | None = "#1001", **changes: object
) -> ShopOrder:
    order = ShopOrder(
        system="shopify",
        number=number,
        name=name,
        told_at=NOON,
        ordered_at=NOON - timedelta(days=1),
        total=money("49.90"),
        email="ada@example.com",
    )
    return replace(order, **changes)  # type: ignore[arg-type]  # each test names fields


def a_shop_refund(
    refund_id: str = "r1",
    amount: str = "15",
    at: datetime = NOON,
    *,
    number: str = "555",
    is_reversed: bool = False,
) -> ShopRefund:
    return ShopRefund("shopify", number, refund_id, at, money(amount), is_reversed)


def a_total(amount: str, at: datetime = NOON, told_at: datetime = NOON) -> RefundTotal:
    return RefundTotal(money(amount), at, told_at)


def is_usual(order: ShopOrder) -> bool:
    """Whether an order fits into columns."""
    names_an_email_alone = order.email is not None and order.customer_number is None
    has_refunds = order.refunded is not None or order.refunds or order.has_all_refunds
    return names_an_email_alone and order.skip is None and not has_refunds


def columns_of(
    orders: Sequence[ShopOrder], lines: Sequence[int] | None = None, system: str = "shopify"
) -> ShopOrderColumns:
    """Usual orders as columns."""
    emails = [order.email for order in orders if order.email is not None]
    return ShopOrderColumns(
        system,
        USD,
        range(len(orders)) if lines is None else lines,
        [key_of(order).order_id for order in orders],
        [order.number for order in orders],
        [_written(order.told_at) for order in orders],
        [_written(order.ordered_at) for order in orders],
        [f"{order.total.amount}" for order in orders],
        [PSEUDONYMS.name_of_email(email) for email in emails],
        emails,
        [order.accepts_marketing for order in orders],
    )


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S %z")
