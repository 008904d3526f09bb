"""Reads the events of the three systems, each by its own reader."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from succotash.application.shops.events import shopify, stripe, woocommerce
from succotash.application.shops.events.fields import Fields
from succotash.domain.shops.events import ShopEvent, ShopEventKind
from succotash.domain.shops.orders import Told
from succotash.domain.values import Currency, Json


@dataclass(frozen=True, slots=True)
class EventFormat:
    """The reader of a system's events."""

    fields: Fields
    """The fields that are kept."""
    kind_of: Callable[[Mapping[str, Json], str | None], ShopEventKind | None]
    """The kind of recording that an event with this body and topic needs; None for none."""
    told_in: Callable[[ShopEvent, Currency], Iterator[Told]]
    """The orders of an event; InvalidInputError if it cannot be read."""
    topic_header: str | None = None


FORMATS: Mapping[str, EventFormat] = {
    "shopify": EventFormat(
        shopify.FIELDS,
        lambda body, _topic: shopify.kind_of(body),
        shopify.told_in,
    ),
    "woocommerce": EventFormat(
        woocommerce.FIELDS,
        woocommerce.kind_of,
        woocommerce.told_in,
        "x-wc-webhook-topic",
    ),
    "stripe": EventFormat(
        stripe.FIELDS,
        lambda body, _topic: stripe.kind_of(body),
        stripe.told_in,
    ),
}
"""The readers of events by system."""
