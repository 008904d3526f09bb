"""Consents of buyers to marketing, when they ordered and since."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from succotash.application.consents.recording import address_key_of, key_of_addresses
from succotash.domain.consents.consents import (
    MARKETING,
    Consent,
    ConsentOrigin,
    ConsentState,
    ImportedConsents,
)
from succotash.domain.people.erasures import Tombstones
from succotash.domain.shops.columns import ShopOrderColumns, is_later
from succotash.domain.shops.orders import ShopOrder, Skip, key_of
from succotash.domain.values import instant_text


@dataclass(frozen=True, slots=True)
class MarketingWord:
    """A customer's yes or no to marketing, as their shop reports it."""

    system: str
    email: str
    """In canonical form."""
    said_at: datetime
    is_granted: bool

    def consent(self, now: datetime, tombstones: Tombstones) -> Consent:
        """The consent to keep; the same word gives the same one again."""
        state = ConsentState.GRANTED if self.is_granted else ConsentState.DENIED
        said = f"{self.system}\0{self.email}\0{state}\0{instant_text(self.said_at)}"
        return Consent(
            f"shop:{hashlib.sha256(said.encode()).hexdigest()[:32]}",
            self.email,
            MARKETING,
            state,
            self.said_at,
            now,
            ConsentOrigin.IMPORT,
            source_id=self.system,
            address_key=address_key_of(tombstones, self.email),
        )


def consents_of(
    orders: Iterable[ShopOrder], now: datetime, tombstones: Tombstones
) -> list[Consent]:
    """The latest that each buyer said, dated by the order; blank says nothing.

    It counts as imported: a yes in a shop's order never outweighs a no that came another way. The
    same order gives the same consent again.
    """
    latest: dict[str, ShopOrder] = {}
    for order in orders:
        if order.accepts_marketing is None or order.email is None or order.skip is Skip.TEST:
            continue
        known = latest.get(order.email)
        if known is None or order.ordered_at >= known.ordered_at:
            latest[order.email] = order
    return [
        _consent(email, order, now, address_key_of(tombstones, email))
        for email, order in latest.items()
    ]


def usual_consents_of(
    orders: ShopOrderColumns, now: datetime, tombstones: Tombstones
) -> ImportedConsents:
    """Find consents as `consents_of` does, for orders by the ten thousand."""
    latest: dict[str, int] = {}
    said_at = orders.ordered_at
    for row, (email, said) in enumerate(zip(orders.emails, orders.accepts_marketing, strict=True)):
        if said is None:
            continue
        known = latest.setdefault(email, row)
        if known != row and not is_later(said_at[known], said_at[row]):
            latest[email] = row
    rows = latest.values()
    address_key = key_of_addresses(tombstones)
    order_ids = [orders.order_ids[row] for row in rows]
    said_each = [bool(orders.accepts_marketing[row]) for row in rows]
    return ImportedConsents(
        MARKETING,
        now,
        [_consent_id(*each) for each in zip(order_ids, latest, said_each, strict=True)],
        [*latest],
        said_each,
        [said_at[row] for row in rows],
        order_ids,
        [*map(address_key, latest)],
    )


def _consent_id(order_id: str, email: str, accepts_marketing: object) -> str:
    said = f"{order_id}\0{email}\0{accepts_marketing}"
    return f"order:{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def _consent(email: str, order: ShopOrder, now: datetime, address_key: str | None) -> Consent:
    order_id = key_of(order).order_id
    return Consent(
        _consent_id(order_id, email, order.accepts_marketing),
        email,
        MARKETING,
        ConsentState.GRANTED if order.accepts_marketing else ConsentState.DENIED,
        order.ordered_at,
        now,
        ConsentOrigin.IMPORT,
        source_id=order_id,
        address_key=address_key,
    )
