"""Payments as Stripe exports them: a row for each attempt, amounts as decimals in any currency."""

from collections.abc import Sequence
from datetime import UTC
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
from succotash.application.shops.files.formats import FileContext, RowReader, ShopFormat
from succotash.domain.shops.orders import DISPUTE, RefundTotal, ShopOrder, ShopRefund, Skip
from succotash.domain.values import Money
from succotash.errors import InvalidInputError

SYSTEM = "stripe"
_PAID = frozenset({"paid", "refunded", "partially refunded", "partial refund", "succeeded"})
_UNPAID = frozenset(
    {
        "pending",
        "canceled",
        "requires_payment_method",
        "requires_confirmation",
        "requires_action",
        "requires_capture",
        "uncaptured",
    }
)
_FAILED = frozenset({"failed", "blocked"})
_REQUIRED = ("id", "Amount", "Amount Refunded", "Currency", "Captured", "Status")
_OPTIONAL = (
    "Customer ID",
    "Customer Email",
    "Refunded date (UTC)",
    "Mode",
    "Disputed Amount",
    "Dispute Status",
    "Dispute Date (UTC)",
)
_LOST = "lost"


class StripePayments(ShopFormat):
    """Payments > Export, of the form with this column for the time."""

    name = SYSTEM
    amounts = ("Amount", "Amount Refunded")

    def __init__(self, title: str, created: str) -> None:
        self.title = title
        self._created = created
        self.required = (*_REQUIRED, created)
        self.known = (*self.required, *_OPTIONAL)

    @override
    def reader(self, header: Sequence[str], context: FileContext) -> RowReader:
        return _StripeRows(header, context, self._created)


class _StripeRows(RowReader):
    system = SYSTEM

    def __init__(self, header: Sequence[str], context: FileContext, created: str) -> None:
        self._columns = Columns(header, (*_REQUIRED, created, *_OPTIONAL))
        self._id = header.index("id")
        self._created = created
        self._sign = context.decimal_sign
        self._now = context.now

    @override
    def key(self, cells: list[str]) -> str | None:
        return cells[self._id].strip() or None

    @override
    def order(self, cells: list[str]) -> ShopOrder:
        (
            number,
            total_text,
            refunded_text,
            currency_text,
            captured,
            status,
            created,
            customer,
            email_text,
            refunded_on,
            mode,
            disputed_text,
            dispute,
            disputed_on,
        ) = self._columns.of(cells)
        money = currency("Currency", currency_text)
        price = Money(total("Amount", total_text, self._sign), money)
        ordered_at = instant(self._created, created, UTC)
        refunded = given_back("Amount Refunded", refunded_text, self._sign)
        gone_at = ordered_at
        if refunded_on:
            gone_at = instant("Refunded date (UTC)", refunded_on, UTC)
        disputes: tuple[ShopRefund, ...] = ()
        if dispute.strip().lower() == _LOST:
            lost = Money(given_back("Disputed Amount", disputed_text, self._sign), money)
            at = instant("Dispute Date (UTC)", disputed_on, UTC) if disputed_on else ordered_at
            disputes = (ShopRefund(SYSTEM, number.strip(), DISPUTE, at, lost),)
        address, customer_number = (
            email("Customer Email", email_text),
            system_id("Customer ID", customer),
        )
        return ShopOrder(
            system=SYSTEM,
            number=system_id("id", number),
            name=None,
            told_at=gone_at,
            ordered_at=ordered_at,
            total=price,
            email=address,
            customer_number=customer_number,
            skip=_skip(
                status.strip().lower(),
                price,
                is_test=mode.strip().lower() == "test",
                is_captured=captured.strip().lower() == "true",
                is_named=bool(address or customer_number),
            ),
            refunded=RefundTotal(Money(refunded, money), gone_at, self._now) if refunded else None,
            refunds=disputes,
        )


def _skip(
    status: str, total: Money, *, is_test: bool, is_captured: bool, is_named: bool
) -> Skip | None:
    if status not in _PAID | _UNPAID | _FAILED:
        known = ", ".join(sorted(_PAID | _UNPAID | _FAILED))
        raise InvalidInputError.of("Status", "unknown_status", f"Must be one of {known}")
    if is_test:
        return Skip.TEST
    if status in _FAILED:
        return Skip.FAILED
    if status in _UNPAID or not is_captured:
        return Skip.UNPAID
    if not total.amount:
        return Skip.FREE
    return None if is_named else Skip.NOBODY_NAMED
