"""Events as Stripe sends them: charges, refunds and disputes, with amounts in minor units."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from succotash.application.shops.events.fields import (
    Fields,
    in_sequence,
    object_of,
    text_of,
)
from succotash.application.shops.files.cells import email, system_id
from succotash.application.shops.files.stripe import SYSTEM
from succotash.domain.shops.amounts import money_of_stripe
from succotash.domain.shops.events import ShopEvent, ShopEventKind
from succotash.domain.shops.orders import (
    DISPUTE,
    RefundTotal,
    ShopOrder,
    ShopRefund,
    Skip,
    Told,
)
from succotash.domain.values import Currency, Json, Money, amount_violation
from succotash.errors import InvalidInputError

FIELDS: Fields = {
    "type": None,
    "created": None,
    "livemode": None,
    "data": {
        "object": {
            "id": None,
            "object": None,
            "amount": None,
            "amount_refunded": None,
            "currency": None,
            "captured": None,
            "paid": None,
            "status": None,
            "created": None,
            "billing_details": {"email": None},
            "receipt_email": None,
            "customer": {"id": None, "email": None},
            "charge": {"id": None},
        }
    },
}
_CHARGES = (
    "charge.pending",
    "charge.failed",
    "charge.expired",
    "charge.succeeded",
    "charge.captured",
    "charge.updated",
    "charge.refunded",
)
"""Events with a charge, in the order in which one may follow another within a second."""
_REFUNDS = ("charge.refund.updated", "refund.created", "refund.updated", "refund.failed")
_DISPUTES = (
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
)
_NOTHING_TAKEN = ("won", "prevented")
"""Ends of a dispute after which the money is the shop's again."""
_INQUIRY = "warning_"
"""Begins the statuses of inquiries, which move no money."""


def kind_of(body: Mapping[str, Json]) -> ShopEventKind | None:
    """The kind of recording that the event needs; None if nobody records it, as with tests.

    A payment is told by its charge, so the event about its intent says nothing new.
    """
    is_known = text_of(body, "type") in {*_CHARGES, *_REFUNDS, *_DISPUTES}
    return ShopEventKind.LEDGER if is_known and body.get("livemode") is True else None


def told_in(event: ShopEvent, currency_here: Currency) -> Iterator[Told]:
    """Read the orders of an event; InvalidInputError if it cannot be read."""
    kind = text_of(event.body, "type")
    of = object_of(object_of(event.body, "data"), "object")
    at = _instant(event.body, "created")
    if kind in _CHARGES:
        yield _charge(of, in_sequence(at, _CHARGES.index(kind)))
        return
    charge = _reference(of, "charge")
    money = _money(of, "amount")
    if charge is None or money.currency != currency_here:
        return  # without a charge it is about no payment that counts here
    if kind in _DISPUTES:
        status = text_of(of, "status")
        if not status.startswith(_INQUIRY):
            disputed_at = _instant(of, "created")
            is_reversed = status in _NOTHING_TAKEN
            yield ShopRefund(SYSTEM, charge, DISPUTE, disputed_at, money, is_reversed)
        return
    status = text_of(of, "status")
    is_reversed = status in {"failed", "canceled"}
    yield ShopRefund(SYSTEM, charge, _id(of), _instant(of, "created"), money, is_reversed)


def _charge(charge: Mapping[str, Json], told_at: datetime) -> ShopOrder:
    total = _money(charge, "amount")
    customer = object_of(charge, "customer")
    address = (
        email("billing_details.email", text_of(object_of(charge, "billing_details"), "email"))
        or email("receipt_email", text_of(charge, "receipt_email"))
        or email("customer.email", text_of(customer, "email"))
    )
    customer_number = _reference(charge, "customer")
    refunded = _money({"amount_refunded": 0, **charge}, "amount_refunded")
    return ShopOrder(
        system=SYSTEM,
        number=_id(charge),
        name=None,
        told_at=told_at,
        ordered_at=_instant(charge, "created"),
        total=total,
        email=address,
        customer_number=customer_number,
        skip=_skip(charge, total, is_named=bool(address or customer_number)),
        refunded=RefundTotal(refunded, told_at, told_at) if refunded.amount else None,
    )


def _skip(charge: Mapping[str, Json], total: Money, *, is_named: bool) -> Skip | None:
    status = text_of(charge, "status")
    if status == "failed":
        return Skip.FAILED
    if status != "succeeded" or charge.get("captured") is not True:
        return Skip.UNPAID
    if not total.amount:
        return Skip.FREE
    return None if is_named else Skip.NOBODY_NAMED


def _money(of: Mapping[str, Json], name: str) -> Money:
    units, code = of.get(name), text_of(of, "currency")
    if not isinstance(units, int) or isinstance(units, bool):
        raise InvalidInputError.of(name, "not_an_amount", "Must be whole minor units")
    if len(code) != 3 or not (code.isascii() and code.isalpha()):  # noqa: PLR2004 - ISO 4217
        raise InvalidInputError.of("currency", "unknown_currency", "Unknown currency")
    money = money_of_stripe(units, code)
    if (unfit := amount_violation(name, money.amount)) is not None:
        raise InvalidInputError([unfit])
    return money


def _instant(of: Mapping[str, Json], name: str) -> datetime:
    seconds = of.get(name)
    if not isinstance(seconds, int) or not 0 < seconds < 2**35:
        raise InvalidInputError.of(name, "not_an_instant", "Must be seconds since 1970")
    return datetime.fromtimestamp(seconds, UTC)


def _reference(of: Mapping[str, Json], name: str) -> str | None:
    """The id of another object, which may stand there as a whole."""
    return system_id(name, text_of(of, name) or text_of(object_of(of, name), "id"))


def _id(of: Mapping[str, Json]) -> str:
    found = system_id("id", text_of(of, "id"))
    if found is None:
        raise InvalidInputError.of("id", "required", "Required")
    return found
