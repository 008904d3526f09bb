"""Events as Shopify sends them. What an event is about is told by its signed body alone."""

from collections.abc import Iterator, Mapping
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
from succotash.application.shops.files.cells import amount, currency, email, instant, system_id
from succotash.application.shops.files.shopify import PAID, SYSTEM, UNPAID
from succotash.application.shops.marketing import MarketingWord
from succotash.domain.shops.events import ShopEvent, ShopEventKind
from succotash.domain.shops.orders import ShopOrder, ShopRefund, Skip, Told
from succotash.domain.values import Currency, Json, Money
from succotash.errors import InvalidInputError

_MONEY: Fields = {"shop_money": {"amount": None, "currency_code": None}}
_CONSENT: Fields = {"state": None, "consent_updated_at": None}
_TRANSACTION: Fields = {
    "kind": None,
    "status": None,
    "amount": None,
    "currency": None,
    "amount_set": _MONEY,
}
_REFUND: Fields = {
    "id": None,
    "order_id": None,
    "created_at": None,
    "transactions": _TRANSACTION,
}
FIELDS: Fields = {
    **_REFUND,
    "name": None,
    "updated_at": None,
    "cancelled_at": None,
    "financial_status": None,
    "currency": None,
    "total_price": None,
    "test": None,
    "email": None,
    "contact_email": None,
    "buyer_accepts_marketing": None,
    "customer": {"id": None, "email": None, "email_marketing_consent": _CONSENT},
    "refunds": _REFUND,
    "customer_id": None,
    "email_address": None,
    "email_marketing_consent": _CONSENT,
    "shop_id": None,
    "shop_domain": None,
    "orders_to_redact": None,
    "data_request": {"id": None},
}
_PROGRESS = (
    "pending",
    "unpaid",
    "authorized",
    "partially_paid",
    "paid",
    "expired",
    "voided",
    "partially_refunded",
    "refunded",
)
"""Financial statuses, in the order in which one may follow another within a second."""
_SAID = {"subscribed": True, "unsubscribed": False, "redacted": False, "not_subscribed": False}
"""States of consent that say yes or no; `pending` and `invalid` say neither."""


def kind_of(body: Mapping[str, Json]) -> ShopEventKind | None:
    """The kind of recording that the event needs; None if nobody records it."""
    if "orders_to_redact" in body or "data_request" in body:
        return ShopEventKind.PRIVACY
    if "financial_status" in body or {"order_id", "transactions"} <= body.keys():
        return ShopEventKind.LEDGER
    return ShopEventKind.LEDGER if object_of(body, "email_marketing_consent") else None


def told_in(event: ShopEvent, currency_here: Currency) -> Iterator[Told]:
    """Read the orders of an event; InvalidInputError if it cannot be read."""
    body = event.body
    if "financial_status" in body:
        if body.get("test") is not True:
            yield _order(body)
    elif "transactions" in body:
        yield from _refunds([body], text_of(body, "order_id"), currency_here, is_alone=True)


def words_in(event: ShopEvent) -> Iterator[MarketingWord]:
    """Read the consent that an event carries, where it says yes or no and since when."""
    body = event.body
    for said, address in (
        (body, text_of(body, "email") or text_of(body, "email_address")),
        (object_of(body, "customer"), text_of(object_of(body, "customer"), "email")),
    ):
        consent = object_of(said, "email_marketing_consent")
        state = _SAID.get(text_of(consent, "state").lower())
        since = text_of(consent, "consent_updated_at")
        canonical = email("email", address) if state is not None and since else None
        if canonical is not None and state is not None:
            at = instant("consent_updated_at", since)
            yield MarketingWord(SYSTEM, canonical, at, is_granted=state)


def _order(body: Mapping[str, Json]) -> ShopOrder:
    money = currency("currency", text_of(body, "currency"))
    total = Money(total_of(body, "total_price"), money)
    customer = object_of(body, "customer")
    own_address = email("customer.email", text_of(customer, "email"))
    address = (
        email("email", text_of(body, "email"))
        or email("contact_email", text_of(body, "contact_email"))
        or own_address
    )
    # An order may carry another e-mail than its customer's, whose number then is not its buyer's.
    is_own = own_address is None or own_address == address
    customer_number = system_id("customer.id", text_of(customer, "id")) if is_own else None
    number = _id("id", text_of(body, "id"))
    status = text_of(body, "financial_status").lower()
    if status not in PAID | UNPAID:
        known = ", ".join(sorted(PAID | UNPAID))
        raise InvalidInputError.of("financial_status", "unknown_status", f"Must be one of {known}")
    cancelled = text_of(body, "cancelled_at")
    progress = _PROGRESS.index(status) + (len(_PROGRESS) if cancelled else 0)
    accepts = body.get("buyer_accepts_marketing")
    return ShopOrder(
        system=SYSTEM,
        number=number,
        name=system_id("name", text_of(body, "name")),
        told_at=in_sequence(instant("updated_at", text_of(body, "updated_at")), progress),
        ordered_at=instant("created_at", text_of(body, "created_at")),
        total=total,
        email=address,
        customer_number=customer_number,
        skip=_skip(
            status,
            total,
            is_cancelled=bool(cancelled),
            is_named=bool(address or customer_number),
        ),
        refunds=tuple(_refunds(objects_of(body, "refunds"), number, money)),
        accepts_marketing=accepts if isinstance(accepts, bool) else None,
    )


def _skip(status: str, total: Money, *, is_cancelled: bool, is_named: bool) -> Skip | None:
    if status not in PAID:
        return Skip.CANCELLED if is_cancelled else Skip.UNPAID
    if not total.amount:
        return Skip.FREE
    return None if is_named else Skip.NOBODY_NAMED


def _refunds(
    refunds: Iterator[Mapping[str, Json]] | list[Mapping[str, Json]],
    order_number: str,
    money: Currency,
    *,
    is_alone: bool = False,
) -> Iterator[ShopRefund]:
    """The refunds by which money went back; one alone does not say which currency its order has."""
    for refund in refunds:
        back = Decimal(0)
        for each in objects_of(refund, "transactions"):
            if (text_of(each, "kind"), text_of(each, "status")) != ("refund", "success"):
                continue
            given, found = _shop_money(each)
            if found != money and is_alone:
                return
            if found != money:
                raise InvalidInputError.of(
                    "transactions", "other_currency", f"Must be in {money}, as the order is"
                )
            back += given
        if back:
            yield ShopRefund(
                SYSTEM,
                _id("order_id", order_number),
                _id("id", text_of(refund, "id")),
                instant("created_at", text_of(refund, "created_at")),
                Money(back, money),
            )


def _shop_money(transaction: Mapping[str, Json]) -> tuple[Decimal, Currency]:
    """The amount of a transaction, in the shop's currency where both are given."""
    in_shop = object_of(object_of(transaction, "amount_set"), "shop_money")
    if in_shop:
        return amount_of(in_shop, "amount"), currency(
            "currency_code", text_of(in_shop, "currency_code")
        )
    return (
        amount("amount", text_of(transaction, "amount")),
        currency("currency", text_of(transaction, "currency")),
    )


def _id(name: str, text: str) -> str:
    found = system_id(name, text)
    if found is None:
        raise InvalidInputError.of(name, "required", "Required")
    return found
