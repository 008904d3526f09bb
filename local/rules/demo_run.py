"""The demo data, recorded and scored by the code that runs, with a recount of it by hand."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf
from typing import Self

from local import demo
from succotash.container import Container
from succotash.domain.retention.labels import RunLabel
from succotash.domain.retention.retention import ChurnPrediction, UserEngagementProfile
from succotash.domain.value.ledgers import ActivityEvent, ActivityKind, Order
from succotash.domain.value.ltv import CustomerLTV
from succotash.domain.values import Currency, CustomerId, EventId, Money, OrderId

EVERYBODY = 10_000
"""More than the demo has customers."""
USD = Currency(demo.CURRENCY)


@dataclass(frozen=True, slots=True)
class Recount:
    """One customer's orders and activity before the run, recounted from the demo data alone."""

    bought: Sequence[tuple[date, Decimal]]
    """Days and amounts of orders, earliest first."""
    active: Sequence[date]
    """Days of events, one for each event."""
    kinds: Mapping[str, int]
    """Events by kind."""

    @property
    def days(self) -> set[date]:
        """With an order or an event."""
        return {day for day, _ in self.bought} | set(self.active)


@dataclass(frozen=True, slots=True)
class DemoRun:
    """One run over the demo data, in memory."""

    container: Container
    label: RunLabel
    values: Mapping[str, CustomerLTV]
    predictions: Mapping[str, ChurnPrediction]
    """The greatest value at risk first."""
    profiles: Mapping[str, UserEngagementProfile]
    recounts: Mapping[str, Recount]

    @classmethod
    def make(cls) -> Self:
        """Record everything as the API does, and score it as of the demo's instant."""
        container = a_container()
        forms, repositories = container.get_form_handler(), container.storage.repositories
        for _, fields in demo.SUBMISSIONS:
            forms.submit_form(fields)
        orders = [order_of(item) for item in [*demo.cdnow_orders(), *demo.named_orders()]]
        events = [_event_of(item) for item in demo.visits()]
        container.get_ltv_handler().record_orders(orders)
        container.get_retention_handler().record_activity(events)
        container.get_churn_scoring().run(demo.SCORED_AT)
        values = repositories.ltv.find_values(limit=EVERYBODY)
        predictions = repositories.retention.find_predictions(limit=EVERYBODY).found
        profile = repositories.retention.get_user_engagement_profile
        return cls(
            container,
            values.run,
            {each.customer_id: each for each in values.found},
            {each.customer_id: each for each in predictions},
            {each.customer_id: profile(each.customer_id) for each in predictions},
            _recounts(orders, events),
        )

    @property
    def day(self) -> date:
        """The day of the run."""
        return self.label.as_of.date()

    def silent_days(self, customer_id: str) -> int:
        """Since the customer's last order or event."""
        return (self.day - max(self.recounts[customer_id].days)).days

    def usual_gap(self, customer_id: str) -> float:
        """Mean days between the customer's days with an order or event; infinite of one day."""
        days = self.recounts[customer_id].days
        return (max(days) - min(days)).days / (len(days) - 1) if len(days) > 1 else inf


def a_container() -> Container:
    """Storage in memory with the default settings."""
    return Container({"SUCCOTASH_STORAGE": "memory", "CURRENCY": USD})


def order_of(item: demo.Item) -> Order:
    """An order of the demo data."""
    email = item.get("email")
    return Order(
        CustomerId(str(item["customer_id"])),
        OrderId(str(item["order_id"])),
        _instant(item["ordered_at"]),
        Money(Decimal(str(item["amount"])), USD),
        canonical_email=None if email is None else str(email),
    )


def _event_of(item: demo.Item) -> ActivityEvent:
    seconds, interests = item.get("duration_seconds"), item.get("interests", [])
    return ActivityEvent(
        CustomerId(str(item["customer_id"])),
        EventId(str(item["event_id"])),
        _instant(item["occurred_at"]),
        ActivityKind(str(item["kind"])),
        duration_seconds=None if seconds is None else float(str(seconds)),
        interests=tuple(map(str, interests)) if isinstance(interests, list) else (),
    )


def _instant(text: object) -> datetime:
    return datetime.fromisoformat(str(text)).astimezone(UTC)


def _recounts(orders: Sequence[Order], events: Sequence[ActivityEvent]) -> dict[str, Recount]:
    bought, active = (
        defaultdict[str, list[tuple[date, Decimal]]](list),
        defaultdict[str, list[date]](list),
    )
    kinds = defaultdict[str, dict[str, int]](dict)
    for order in orders:
        bought[order.customer_id].append((order.ordered_at.date(), order.amount.amount))
    for event in events:
        active[event.customer_id].append(event.occurred_at.date())
        counts = kinds[event.customer_id]
        counts[event.kind] = counts.get(event.kind, 0) + 1
    return {
        customer_id: Recount(sorted(bought[customer_id]), active[customer_id], kinds[customer_id])
        for customer_id in [*bought, *active.keys() - bought.keys()]
    }
