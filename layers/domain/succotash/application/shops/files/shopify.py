"""Orders as Shopify exports them: a row for each line item, the order itself on the first one."""

from collections.abc import Sequence
from datetime import datetime
from typing import override

from succotash.application.shops.files.cells import (
    Columns,
    currency,
    email,
    given_back,
    instant,
    system_id,
    total,
)
from succotash.application.shops.files.formats import FileContext, RowReader, ShopFormat, UsualOrder
from succotash.application.shops.files.usual_shopify import UsualShopifyOrders
from succotash.domain.shops.orders import RefundTotal, ShopOrder, Skip
from succotash.domain.values import Money
from succotash.errors import InvalidInputError

SYSTEM = "shopify"
REFUNDED = "refunded"
"""Everything was given back, also where no column says how much."""
PAID = frozenset({"paid", "partially_refunded", REFUNDED})
UNPAID = frozenset({"authorized", "expired", "pending", "partially_paid", "voided", "unpaid"})
_TEST_GATEWAY = "bogus"
"""In the name of the gateway of a shop's test orders."""
_COLUMNS = (
    "Name",
    "Email",
    "Financial Status",
    "Currency",
    "Total",
    "Created at",
    "Paid at",
    "Fulfilled at",
    "Cancelled at",
    "Canceled at",
    "Accepts Marketing",
    "Payment Method",
    "Refunded Amount",
    "Id",
)
_YES_NO = {"yes": True, "no": False, "true": True, "false": False}


class ShopifyOrders(ShopFormat):
    """Orders > Export, CSV; with every column or with those of older exports."""

    name = SYSTEM
    title = "Shopify, orders"
    required = _COLUMNS[:6]
    known = _COLUMNS
    amounts = ("Total", "Refunded Amount")

    @override
    def reader(self, header: Sequence[str], context: FileContext) -> RowReader:
        return _ShopifyRows(header, context)


class _ShopifyRows(RowReader):
    system = SYSTEM

    def __init__(self, header: Sequence[str], context: FileContext) -> None:
        self._columns = Columns(header, _COLUMNS)
        self._name, self._status = header.index("Name"), header.index("Financial Status")
        self._context = context
        self._usual = UsualShopifyOrders(context)

    @override
    def usual(self, cells: list[str]) -> UsualOrder | None:
        return self._usual.read(self._columns.of(cells))

    @override
    def key(self, cells: list[str]) -> str | None:
        return cells[self._name].strip() or None

    @override
    def continues(self, cells: list[str]) -> bool:
        return not cells[self._status]

    @override
    def order(self, cells: list[str]) -> ShopOrder:
        (
            name,
            email_text,
            status,
            currency_text,
            total_text,
            created,
            paid,
            fulfilled,
            cancelled,
            canceled,
            marketing,
            gateway,
            refunded_text,
            number,
        ) = self._columns.of(cells)
        sign = self._context.decimal_sign
        money = currency("Currency", currency_text)
        price = Money(total("Total", total_text, sign), money)
        ordered_at = instant("Created at", created)
        cancelled_at = cancelled or canceled
        told_at = _latest(ordered_at, created, paid, fulfilled, cancelled_at)
        address = email("Email", email_text)
        refunded = given_back("Refunded Amount", refunded_text, sign)
        state = status.strip().lower()
        if state == REFUNDED and not refunded:
            refunded = price.amount
        return ShopOrder(
            system=SYSTEM,
            number=system_id("Id", number),
            name=system_id("Name", name),
            told_at=told_at,
            ordered_at=ordered_at,
            total=price,
            email=address,
            skip=_skip(state, gateway, price, address, is_cancelled=bool(cancelled_at)),
            refunded=RefundTotal(
                Money(refunded, money),
                instant("Cancelled at", cancelled_at) if cancelled_at else ordered_at,
                self._context.now,
            )
            if refunded
            else None,
            accepts_marketing=_YES_NO.get(marketing.strip().lower()),
        )


def _latest(ordered_at: datetime, created: str, *others: str) -> datetime:
    """The latest of an order's instants."""
    told_at, latest = ordered_at, created
    for text in others:
        # Of two texts with one offset the later one is the greater one.
        if text and (text[19:] != latest[19:] or text > latest):
            told_at, latest = max(told_at, instant("Paid at", text)), text
    return told_at


def _skip(
    status: str, gateway: str, total: Money, address: str | None, *, is_cancelled: bool
) -> Skip | None:
    if status not in PAID | UNPAID:
        raise InvalidInputError.of(
            "Financial Status",
            "unknown_status",
            f"Must be one of {', '.join(sorted(PAID | UNPAID))}",
        )
    if _TEST_GATEWAY in gateway.lower():
        return Skip.TEST
    if status not in PAID:
        return Skip.CANCELLED if is_cancelled else Skip.UNPAID
    if not total.amount:
        return Skip.FREE
    return Skip.NOBODY_NAMED if address is None else None
