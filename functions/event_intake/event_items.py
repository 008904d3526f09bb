"""One order or event of a batch."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from succotash.domain.people.identities import NameCustomer
from succotash.domain.value.ledgers import ActivityEvent, ActivityKind, Order
from succotash.domain.values import CampaignId, EventId
from succotash.http.batches import BATCH_LIMIT, Kind
from succotash.http.fields import (
    LAX,
    Closed,
    Exact,
    Id,
    Instant,
    Line,
)
from succotash.http.orders import OrderItem
from succotash.http.reading import Unchecked, read_model

LONGEST_DURATION = 31 * 24 * 3600
"""Seconds."""


class ActivityItem(Closed):
    """An activity of a customer other than buying."""

    customer_id: Id
    event_id: Id
    occurred_at: Instant
    kind: Annotated[ActivityKind, LAX]
    name: Line | None = None
    """The name of the activity; required where the kind is custom."""
    duration_seconds: Annotated[float, Field(ge=0, le=LONGEST_DURATION), Exact] | None = None
    """The duration in seconds."""
    interests: Annotated[tuple[Line, ...], LAX, Field(max_length=20)] = ()
    campaign_id: Id | None = None

    @model_validator(mode="after")
    def _custom_has_a_name(self) -> Self:
        if self.kind is ActivityKind.CUSTOM and self.name is None:
            raise PydanticCustomError("name_missing", "Required for a custom event")
        return self

    def event(self, name_customer: NameCustomer) -> ActivityEvent:
        """The event, its customer under an id that is not personal."""
        name = name_customer(self.customer_id, None)
        return ActivityEvent(
            customer_id=name.customer_id,
            event_id=EventId(self.event_id),
            occurred_at=self.occurred_at,
            kind=self.kind,
            name=self.name,
            duration_seconds=self.duration_seconds,
            interests=self.interests,
            campaign_id=None if self.campaign_id is None else CampaignId(self.campaign_id),
            canonical_email=name.canonical_email,
            former_ids=name.former_ids,
        )


class OrdersBody(Closed):
    """A batch of orders."""

    orders: Annotated[tuple[OrderItem, ...], Field(min_length=1, max_length=BATCH_LIMIT)]


class ActivityBody(Closed):
    """A batch of events."""

    events: Annotated[tuple[ActivityItem, ...], Field(min_length=1, max_length=BATCH_LIMIT)]


def orders(own_currency: str, name_customer: NameCustomer) -> Kind[Order]:
    """Batches of orders; amounts without a currency are in the deployment's."""

    def read(item: Unchecked) -> Order:
        order: OrderItem = read_model(OrderItem, item)
        return order.order(own_currency, name_customer)

    return Kind("orders", "order_id", read)


def activity(name_customer: NameCustomer) -> Kind[ActivityEvent]:
    """Batches of events."""

    def read(item: Unchecked) -> ActivityEvent:
        event: ActivityItem = read_model(ActivityItem, item)
        return event.event(name_customer)

    return Kind("events", "event_id", read)
