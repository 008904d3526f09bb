"""Events as WooCommerce sends them: an order as it is when it is sent, or that it was deleted."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from succotash.application.shops.events.fields import (
    Fields,
    amount_of,
    in_sequence,
    object_of,
    objects_of,
    text_of,
    total_of,
)
from succotash.application.shops.files.cells import currency, email, instant, system_id
from succotash.application.shops.files.woocommerce import STATUSES, SYSTEM
from succotash.domain.shops.events import ShopEvent, ShopEventKind
from succotash.domain.shops.orders import (
    RefundTotal,
    ShopDeletion,
    ShopOrder,
    ShopRefund,
    Skip,
    Told,
)
from succotash.domain.values import Currency, Json, Money
from succotash.errors import InvalidInputError

DELETED = "order.deleted"
FIELDS: Fields = {
    "id": None,
    "number": None,
    "status": None,
    "currency": None,
    "date_created_gmt": None,
    "date_modified_gmt": None,
    "total": None,
    "customer_id": None,
    "billing": {"email": None},
    "refunds": {"id": None, "total": None},
}
_GUEST = "0"
_PROGRESS = (
    "pending",
    "on-hold",
    "processing",
    "ready-for-pickup",
    "completed",
    "failed",
    "cancelled",
    "refunded",
)
"""Statuses, in the order in which one may follow another within a second."""


def kind_of(body: Mapping[str, Json], topic: str | None) -> ShopEventKind | None:
    """The kind of recording that the event needs; None if nobody records it.

    Only the topic tells a deleted order from a deleted product. It is not signed: who could send
    a body that the shop signed under another topic could delete an order with a product's number.
    """
    is_order = {"status", "total", "billing", "date_created_gmt"} <= body.keys()
    is_deleted = topic == DELETED and body.keys() == {"id"}
    return ShopEventKind.LEDGER if is_order or is_deleted else None


def told_in(event: ShopEvent, currency_here: Currency) -> Iterator[Told]:
    """Read the orders of an event; InvalidInputError if it cannot be read."""
    if "status" in event.body:
        yield _order(event.body)
    else:
        yield ShopDeletion(SYSTEM, _id(event.body), event.received_at, currency_here)


def _order(body: Mapping[str, Json]) -> ShopOrder:
    status = text_of(body, "status").removeprefix("wc-")
    if status not in STATUSES:
        known = ", ".join(STATUSES)
        raise InvalidInputError.of("status", "unknown_status", f"Must be one of {known}")
    money = currency("currency", text_of(body, "currency"))
    total = Money(total_of(body, "total"), money)
    number = _id(body)
    address = email("billing.email", text_of(object_of(body, "billing"), "email"))
    customer = system_id("customer_id", text_of(body, "customer_id"))
    customer_number = None if customer == _GUEST else customer
    changed_at = instant("date_modified_gmt", text_of(body, "date_modified_gmt"), UTC)
    refunds = tuple(_refunds(body, number, money, changed_at))
    # The list of an event holds whatever a file's total did, under the dates of later events.
    given_back = sum((each.amount.amount for each in refunds), Decimal(0))
    if status == "refunded" and not refunds:
        given_back = total.amount
    told_at = in_sequence(changed_at, _PROGRESS.index(status) if status in _PROGRESS else 0)
    skip = STATUSES[status]
    if skip is None and not total.amount:
        skip = Skip.FREE
    if skip is None and not (address or customer_number):
        skip = Skip.NOBODY_NAMED
    return ShopOrder(
        system=SYSTEM,
        number=number,
        name=system_id("number", text_of(body, "number")),
        told_at=told_at,
        ordered_at=instant("date_created_gmt", text_of(body, "date_created_gmt"), UTC),
        total=total,
        email=address,
        customer_number=customer_number,
        skip=skip,
        refunded=RefundTotal(Money(given_back, money), changed_at, told_at) if given_back else None,
        refunds=refunds,
        has_all_refunds=True,
    )


def _refunds(
    body: Mapping[str, Json], number: str, money: Currency, at: datetime
) -> Iterator[ShopRefund]:
    """Refunds have no date of their own: each counts as of the earliest event that names it."""
    for refund in objects_of(body, "refunds"):
        back = abs(amount_of(refund, "total"))
        if back:
            yield ShopRefund(SYSTEM, number, _id(refund), at, Money(back, money))


def _id(body: Mapping[str, Json]) -> str:
    found = system_id("id", text_of(body, "id"))
    if found is None:
        raise InvalidInputError.of("id", "required", "Required")
    return found
