"""Campaigns: what they are, what may change about one, and which of its numbers make sense."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from succotash.domain.retention.retention import EngagementSegment, RiskLevel
from succotash.domain.values import CampaignId, Currency, Money, amount_violation
from succotash.errors import IllegalTransitionError, InvalidInputError, Violation


class CampaignStatus(StrEnum):
    """The life of a retention campaign."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"


CAMPAIGN_STEPS: Mapping[CampaignStatus, frozenset[CampaignStatus]] = {
    CampaignStatus.DRAFT: frozenset({CampaignStatus.ACTIVE, CampaignStatus.COMPLETED}),
    CampaignStatus.ACTIVE: frozenset({CampaignStatus.PAUSED, CampaignStatus.COMPLETED}),
    CampaignStatus.PAUSED: frozenset({CampaignStatus.ACTIVE, CampaignStatus.COMPLETED}),
    CampaignStatus.COMPLETED: frozenset(),
}
"""Which status may follow which."""


@dataclass(frozen=True, slots=True)
class CampaignMetrics:
    """Counts since a campaign began."""

    targeted: int = 0
    sent: int = 0
    opened: int = 0
    clicked: int = 0
    converted: int = 0
    revenue: Money | None = None
    """Attributed to the campaign; None where none was."""


@dataclass(frozen=True, slots=True)
class RetentionCampaign:
    """An effort to keep the customers of a risk level or an engagement segment."""

    campaign_id: CampaignId
    name: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    status: CampaignStatus = CampaignStatus.DRAFT
    target_risk_level: RiskLevel | None = None
    target_segment: EngagementSegment | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    metrics: CampaignMetrics = field(default_factory=CampaignMetrics)


@dataclass(frozen=True, slots=True)
class CampaignPerformance:
    """A campaign's rates; each is None where its denominator is 0."""

    campaign: RetentionCampaign
    delivery_rate: float | None
    """sent / targeted"""
    open_rate: float | None
    """opened / sent"""
    click_rate: float | None
    """clicked / sent: a mail program that hides opening still follows links"""
    conversion_rate: float | None
    """converted / sent"""

    @classmethod
    def of(cls, campaign: RetentionCampaign) -> "CampaignPerformance":
        """Computed from the campaign's metrics."""

        def rate(part: int, whole: int) -> float | None:
            return part / whole if whole else None

        metrics = campaign.metrics
        return cls(
            campaign,
            delivery_rate=rate(metrics.sent, metrics.targeted),
            open_rate=rate(metrics.opened, metrics.sent),
            click_rate=rate(metrics.clicked, metrics.sent),
            conversion_rate=rate(metrics.converted, metrics.sent),
        )


@dataclass(frozen=True, slots=True)
class CampaignSummary:
    """All campaigns together."""

    campaigns_by_status: Mapping[str, int]
    targeted: int
    sent: int
    opened: int
    clicked: int
    converted: int
    revenue: Money | None
    """In the currency asked for; None where no campaign has any in it."""


@dataclass(frozen=True, slots=True)
class CampaignChange:
    """What shall be different about a campaign; None leaves it."""

    name: str | None = None
    description: str | None = None
    status: CampaignStatus | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    metrics: CampaignMetrics | None = None


def changed_campaign(
    campaign: RetentionCampaign, change: CampaignChange, now: datetime
) -> RetentionCampaign:
    """The campaign with the change.

    IllegalTransitionError; InvalidInputError where it would end before it starts.
    """
    wanted = change.status or campaign.status
    if wanted is not campaign.status and wanted not in CAMPAIGN_STEPS[campaign.status]:
        raise IllegalTransitionError(campaign.status, wanted)
    changed = replace(
        campaign,
        name=change.name or campaign.name,
        description=campaign.description if change.description is None else change.description,
        status=wanted,
        starts_at=change.starts_at or campaign.starts_at,
        ends_at=change.ends_at or campaign.ends_at,
        metrics=change.metrics or campaign.metrics,
        updated_at=now,
    )
    require_order(changed)
    return changed


def require_order(campaign: RetentionCampaign) -> None:
    """InvalidInputError where the campaign ends before it starts."""
    starts, ends = campaign.starts_at, campaign.ends_at
    if starts is not None and ends is not None and ends <= starts:
        raise InvalidInputError.of("ends_at", "range_reversed", "Must be after the start")


def check_metrics(metrics: CampaignMetrics, currency: Currency) -> None:
    """InvalidInputError where metrics contradict themselves or are in another currency."""
    revenue = metrics.revenue
    if revenue is not None and (violation := _revenue_violation(revenue, currency)) is not None:
        raise InvalidInputError([violation])
    if metrics.sent > metrics.targeted:
        raise InvalidInputError.of("metrics.sent", "more_than_targeted", "Must not exceed targeted")
    for name, count in (
        ("opened", metrics.opened),
        ("clicked", metrics.clicked),
        ("converted", metrics.converted),
    ):
        if count > metrics.sent:
            raise InvalidInputError.of(f"metrics.{name}", "more_than_sent", "Must not exceed sent")


def _revenue_violation(revenue: Money, currency: Currency) -> Violation | None:
    if revenue.currency != currency:
        return Violation("metrics.currency", "currency_mismatch", f"Must be {currency}")
    if revenue.amount < 0:
        return Violation("metrics.revenue", "negative", "Must not be negative")
    return amount_violation("metrics.revenue", revenue.amount)
