"""Customers with what the current run found of them, for who looks for them or lists them."""

from dataclasses import dataclass
from datetime import datetime

from succotash.domain.consents.consents import ConsentState
from succotash.domain.retention.retention import ChurnPrediction, RiskLevel, UserEngagementProfile
from succotash.domain.value.ledgers import ActivityEvent, Order
from succotash.domain.value.ltv import CustomerLTV
from succotash.domain.values import CustomerId, Money, SegmentId


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """A customer, and all that the current run found of them."""

    customer_id: CustomerId
    canonical_email: str | None = None
    aliases: tuple[CustomerId, ...] = ()
    """In order."""
    prediction: ChurnPrediction | None = None
    value: CustomerLTV | None = None


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """The results of the current run about one customer, and their newest orders and events."""

    prediction: ChurnPrediction
    profile: UserEngagementProfile | None
    value: CustomerLTV | None
    """None of who was active and never bought."""
    orders: tuple[Order, ...]
    """Orders and refunds, newest first."""
    events: tuple[ActivityEvent, ...]
    """Newest first."""


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Filters of a list of customers; None allows any, also one whom no run knows."""

    risk: RiskLevel | None = None
    segment_id: SegmentId | None = None


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer in a list of all of them."""

    customer_id: CustomerId
    canonical_email: str | None = None
    segment_id: SegmentId | None = None
    """The segment of their value by the current run; None where it knows none."""
    risk_level: RiskLevel | None = None
    probability_alive: float | None = None
    predicted_clv: Money | None = None
    value_at_risk: Money | None = None
    last_purchase_at: datetime | None = None
    marketing: ConsentState | None = None
    """The last answer about marketing; None without one."""
