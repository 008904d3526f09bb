"""Orders as shop systems tell them, with what a test leaves out."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from succotash.domain.shops.orders import RefundTotal, ShopOrder, ShopRefund
from succotash.domain.values import Currency, Money
from tests.builders.values import NOON

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
