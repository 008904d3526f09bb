"""Customers and the two ledgers of what they do: orders and activity."""

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import compress

from succotash.domain.values import CampaignId, CustomerId, EventId, LeadId, Money, OrderId

CLOCK_TOLERANCE = timedelta(minutes=5)
"""The time by which a sender's clock may be ahead before its facts count as from the future."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer who ordered or was active. The e-mail, where known, ties them to their lead."""

    customer_id: CustomerId
    first_seen_at: datetime
    canonical_email: str | None = None
    lead_id: LeadId | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A purchase, or, with `refund_of`, money given back (a negative amount).

    The customer's id holds nothing personal.
    """

    customer_id: CustomerId
    order_id: OrderId
    ordered_at: datetime
    amount: Money
    refund_of: OrderId | None = None
    canonical_email: str | None = None
    """Tells who the customer is, and ties them to a lead; not kept with the order and, as the
    former ids, not compared on repetition."""
    former_ids: tuple[CustomerId, ...] = ()
    """The ids that older keys made of an address or number that the customer goes by."""


class RecordOutcome(StrEnum):
    """The outcome of one item of a batch."""

    RECORDED = "recorded"
    UNCHANGED = "unchanged"
    """The same item was there already."""
    CONFLICTING = "conflicting"
    """Another item with this id was there already; it stays."""
    REPLACED = "replaced"
    """A shop's order that was known otherwise: what it says now took the place of that."""
    ERASED = "erased"
    """Not younger than the erasure of whom it is about: not taken."""


class ActivityKind(StrEnum):
    """The kinds of activity; CUSTOM carries a name of the sender's own."""

    SESSION = "session"
    CLICK = "click"
    CONVERSION = "conversion"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class ActivityEvent:
    """An activity other than buying. E-mail and former ids are as an order's."""

    customer_id: CustomerId
    event_id: EventId
    occurred_at: datetime
    kind: ActivityKind
    name: str | None = None
    duration_seconds: float | None = None
    interests: tuple[str, ...] = ()
    campaign_id: CampaignId | None = None
    canonical_email: str | None = None
    former_ids: tuple[CustomerId, ...] = ()


def event_identity(event: ActivityEvent) -> tuple[str, str]:
    """The key of an event."""
    return event.customer_id, event.event_id


def event_contents(event: ActivityEvent) -> ActivityEvent:
    """The contents of an event, by which two with one identity are compared."""
    return replace(event, canonical_email=None, former_ids=())


@dataclass(frozen=True, slots=True)
class Histories:
    """Sufficient statistics of customers' event days as of an instant: equally long columns.

    Rows are ordered by customer id. A day counts once however much happened on it; days are
    calendar days of the deployment's zone. Recency is measured from the first to the last event
    day, age from the first event day to the day of `as_of`, both in whole days.
    """

    customer_ids: list[str]
    first_day: array[int]
    """Days since 1970-01-01."""
    frequency: array[int]
    """Event days after the first."""
    recency: array[int]
    age: array[int]
    holdout: array[int]
    """Event days after `as_of` up to the end of the holdout; all 0 where none was asked for."""

    def without(self, customer_ids: Collection[str]) -> "Histories":
        """The rows of all other customers."""
        stays = _others(self, customer_ids)
        return Histories(
            list(compress(self.customer_ids, stays)),
            _only(self.first_day, stays),
            _only(self.frequency, stays),
            _only(self.recency, stays),
            _only(self.age, stays),
            _only(self.holdout, stays),
        )


@dataclass(frozen=True, slots=True)
class WeekOfPurchases:
    """The purchases of customers in a week."""

    days: int
    """Days with a purchase, of all of them together."""
    revenue: int
    """The revenue of these purchases, net, in ten-thousandths."""


@dataclass(frozen=True, slots=True)
class PurchaseHistories:
    """Purchase days with money. Amounts are whole ten-thousandths of the currency.

    A purchase is an order netted with its refunds; a wholly refunded order is none, an order of
    amount zero is one. What refunds give back beyond their order is in `over_refunds` alone.
    """

    days: Histories
    orders: array[int]
    revenue: array[int]
    """The revenue of all purchases, net."""
    repeat_revenue: array[int]
    """The revenue of purchases after the first day, net."""
    first_purchase_at: list[str]
    last_purchase_at: list[str]
    """Instants, ISO 8601 with offset, UTC."""
    holdout_revenue: array[int]
    over_refunds: array[int]
    """Given back as of `as_of` beyond what the orders were worth; 0 or less."""
    left_out: list[str]
    """Customers of whom 64 bits do not hold one of these amounts, by id; they have no row."""


@dataclass(frozen=True, slots=True)
class ActivitySummaries:
    """Days with a purchase or any activity, and what the activity consisted of.

    Covers every customer with an order or an event. `days` counts purchase days and activity
    days together. A session is an event of kind session, or clicks no more than 30 minutes apart
    from each other where a customer has no session events.
    """

    days: Histories
    sessions: array[int]
    clicks: array[int]
    conversions: array[int]
    session_seconds: array[float]
    """Sum over session events that have a duration."""
    timed_sessions: array[int]
    """Session events that have a duration."""
    last_session_at: list[str | None]
    """ISO 8601 with offset, UTC."""
    interests: list[Mapping[str, int]]
    """The number of times that each interest was named."""

    def without(self, customer_ids: Collection[str]) -> "ActivitySummaries":
        """The rows of all other customers."""
        stays = _others(self.days, customer_ids)
        return ActivitySummaries(
            self.days.without(customer_ids),
            _only(self.sessions, stays),
            _only(self.clicks, stays),
            _only(self.conversions, stays),
            _only(self.session_seconds, stays),
            _only(self.timed_sessions, stays),
            list(compress(self.last_session_at, stays)),
            list(compress(self.interests, stays)),
        )


def _others(days: Histories, customer_ids: Collection[str]) -> list[bool]:
    gone = set(customer_ids)
    return [each not in gone for each in days.customer_ids]


def _only[T: (int, float)](values: array[T], stays: Iterable[bool]) -> array[T]:
    return array(values.typecode, compress(values, stays))


def repeats_within(keys: Sequence[tuple[str, str]]) -> list[int | None]:
    """For each key, the place of its first occurrence, or None where it is the first."""
    seen: dict[tuple[str, str], int] = {}
    places: list[int | None] = []
    for place, key in enumerate(keys):
        places.append(seen.get(key))
        seen.setdefault(key, place)
    return places
