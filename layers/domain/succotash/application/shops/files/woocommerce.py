"""Orders of WooCommerce as two plug-ins export them; the files of its core name no customer."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import override

from succotash.application.shops.files.cells import (
    Columns,
    amount,
    currency,
    email,
    instant,
    system_id,
    total,
)
from succotash.application.shops.files.formats import FileContext, RowReader, ShopFormat
from succotash.domain.shops.orders import RefundTotal, ShopOrder, Skip
from succotash.domain.values import Currency, Money
from succotash.errors import InvalidInputError, Violation

SYSTEM = "woocommerce"
STATUSES = {
    "processing": None,
    "completed": None,
    "refunded": None,
    "ready-for-pickup": None,
    "on-hold": Skip.UNPAID,
    "pending": Skip.UNPAID,
    "pending-payment": Skip.UNPAID,
    "failed": Skip.FAILED,
    "cancelled": Skip.CANCELLED,
    "checkout-draft": Skip.DRAFT,
    "draft": Skip.DRAFT,
    "auto-draft": Skip.DRAFT,
    "new": Skip.DRAFT,
    "trash": Skip.CANCELLED,
}
"""The statuses, in its own words or as the English shop shows them; None for what was paid."""
_GUEST = "0"
_WEBTOFFEE = (
    "order_id",
    "order_number",
    "order_date",
    "status",
    "order_total",
    "order_currency",
    "billing_email",
    "paid_date",
    "customer_id",
    "customer_email",
    "refund_items",
)
_ADVANCED = (
    "Order Number",
    "Order Status",
    "Order Date",
    "Email (Billing)",
    "Order Total Amount",
    "Order ID",
    "Currency",
    "Customer User ID",
    "Order Refund Amount",
)
_REFUND = re.compile(r"(?:^|;)\s*amount:([^|]*)\|.*?\|?date:([^;|]*)", re.DOTALL)


class WebToffeeOrders(ShopFormat):
    """Order Export & Order Import for WooCommerce, by WebToffee."""

    name = SYSTEM
    title = "WooCommerce, Order Export & Order Import (WebToffee)"
    required = _WEBTOFFEE[:7]
    known = _WEBTOFFEE
    amounts = ("order_total",)

    @override
    def reader(self, header: Sequence[str], context: FileContext) -> RowReader:
        return _WebToffeeRows(header, context)


class AdvancedExportOrders(ShopFormat):
    """Advanced Order Export for WooCommerce, by AlgolPlus."""

    name = SYSTEM
    title = "WooCommerce, Advanced Order Export"
    required = _ADVANCED[:5]
    known = _ADVANCED
    amounts = ("Order Total Amount", "Order Refund Amount")

    @override
    def reader(self, header: Sequence[str], context: FileContext) -> RowReader:
        if "Currency" not in header and context.currency is None:
            raise InvalidInputError.of(
                "Currency",
                "column_missing",
                "Missing column: Currency; tick it in the export, or name the file's currency",
            )
        return _AdvancedRows(header, context)


class _WebToffeeRows(RowReader):
    system = SYSTEM

    def __init__(self, header: Sequence[str], context: FileContext) -> None:
        self._columns = Columns(header, _WEBTOFFEE)
        self._id, self._total = header.index("order_id"), header.index("order_total")
        self._context = context

    @override
    def key(self, cells: list[str]) -> str | None:
        return cells[self._id].strip() or None

    @override
    def repeats(self, first: list[str], cells: list[str]) -> bool:
        return True

    @override
    def differs(self, first: list[str], cells: list[str]) -> Violation | None:
        return _differing(first, cells, self._total, "order_total")

    @override
    def order(self, cells: list[str]) -> ShopOrder:
        (
            number,
            name,
            ordered,
            status,
            total_text,
            currency_text,
            billing,
            paid,
            customer,
            account,
            refunds,
        ) = self._columns.of(cells)
        zone, sign = self._context.zone, self._context.decimal_sign
        money = currency("order_currency", currency_text)
        price = Money(total("order_total", total_text, sign), money)
        ordered_at = instant("order_date", ordered, zone)
        address = email("billing_email", billing) or email("customer_email", account)
        customer_number = system_id("customer_id", customer)
        given_back, gone_at = self._refunds(refunds, ordered_at)
        return _order(
            (number, name, "order_id", "order_number"),
            status=status,
            ordered_at=ordered_at,
            told_at=max(
                ordered_at, gone_at, instant("paid_date", paid, zone) if paid else ordered_at
            ),
            price=price,
            address=address,
            customer_number=None if customer_number == _GUEST else customer_number,
            refunded=given_back,
            refunded_at=gone_at,
            now=self._context.now,
        )

    def _refunds(self, text: str, ordered_at: datetime) -> tuple[Decimal, datetime]:
        """The sum of the refunds, and the time of the last.

        Text within may hold the separators, so each part is told by how it begins.
        """
        found = _REFUND.findall(text)
        if text.strip() and len(found) != text.count("amount:"):
            raise InvalidInputError.of(
                "refund_items", "not_refunds", "Must be amount:…|reason:…|date:…"
            )
        sign, zone = self._context.decimal_sign, self._context.zone
        sums = [abs(amount("refund_items", each, sign)) for each, _ in found]
        dates = [instant("refund_items", date.strip(), zone) for _, date in found]
        return sum(sums, Decimal(0)), max(dates, default=ordered_at)


class _AdvancedRows(RowReader):
    system = SYSTEM

    def __init__(self, header: Sequence[str], context: FileContext) -> None:
        self._columns = Columns(header, _ADVANCED)
        self._number = header.index("Order Number")
        self._total = header.index("Order Total Amount")
        self._status = header.index("Order Status")
        self._context = context

    @override
    def key(self, cells: list[str]) -> str | None:
        return cells[self._number].strip() or None

    @override
    def continues(self, cells: list[str]) -> bool:
        # A setting of the plug-in leaves an order's own cells empty below its first row.
        return not cells[self._status] and not cells[self._total]

    @override
    def repeats(self, first: list[str], cells: list[str]) -> bool:
        return True

    @override
    def differs(self, first: list[str], cells: list[str]) -> Violation | None:
        return _differing(first, cells, self._total, "Order Total Amount")

    @override
    def order(self, cells: list[str]) -> ShopOrder:
        (
            name,
            status,
            ordered,
            billing,
            total_text,
            number,
            currency_text,
            customer,
            refunded_text,
        ) = self._columns.of(cells)
        zone, sign = self._context.zone, self._context.decimal_sign
        money = self._currency(currency_text)
        ordered_at = instant("Order Date", ordered, zone)
        customer_number = system_id("Customer User ID", customer)
        return _order(
            (number, name, "Order ID", "Order Number"),
            status=status,
            ordered_at=ordered_at,
            told_at=ordered_at,
            price=Money(total("Order Total Amount", total_text, sign), money),
            address=email("Email (Billing)", billing),
            customer_number=None if customer_number == _GUEST else customer_number,
            refunded=abs(amount("Order Refund Amount", refunded_text, sign)),
            refunded_at=ordered_at,
            now=self._context.now,
        )

    def _currency(self, text: str) -> Currency:
        if not text and self._context.currency is not None:
            return self._context.currency
        return currency("Currency", text)


def _order(
    called: tuple[str, str, str, str],
    *,
    status: str,
    ordered_at: datetime,
    told_at: datetime,
    price: Money,
    address: str | None,
    customer_number: str | None,
    refunded: Decimal,
    refunded_at: datetime,
    now: datetime,
) -> ShopOrder:
    number, name, number_column, name_column = called
    written = status.strip().lower().removeprefix("wc-").replace(" ", "-")
    if written not in STATUSES:
        raise InvalidInputError.of(
            "status", "unknown_status", f"Must be one of {', '.join(STATUSES)}"
        )
    skip = STATUSES[written]
    if written == "refunded" and not refunded:
        refunded = price.amount
    if skip is None and not price.amount:
        skip = Skip.FREE
    if skip is None and not (address or customer_number):
        skip = Skip.NOBODY_NAMED
    back = Money(refunded, price.currency)
    return ShopOrder(
        system=SYSTEM,
        number=system_id(number_column, number),
        name=system_id(name_column, name),
        told_at=told_at,
        ordered_at=ordered_at,
        total=price,
        email=address,
        customer_number=customer_number,
        skip=skip,
        refunded=RefundTotal(back, refunded_at, now) if refunded else None,
    )


def _differing(first: list[str], cells: list[str], place: int, column: str) -> Violation | None:
    if cells[place] and cells[place] != first[place]:
        return Violation(column, "differing_rows", "Rows of one order must have the same total")
    return None
