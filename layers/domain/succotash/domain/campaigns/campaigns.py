"""Campaigns: their life, what may change about one when, and how they do."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from succotash.domain.campaigns.alternatives import AudienceField
from succotash.domain.campaigns.audiences import Audience, Condition, Operator, everybody_of
from succotash.domain.campaigns.definition import CampaignChannel, CampaignDefinition
from succotash.domain.campaigns.looks import LookPlan
from succotash.domain.campaigns.outcomes import OutcomeKind
from succotash.domain.retention.retention import EngagementSegment, RiskLevel
from succotash.domain.values import CampaignId, Currency, Money
from succotash.errors import (
    ConflictError,
    IllegalTransitionError,
    InvalidInputError,
    Violation,
)


class CampaignStatus(StrEnum):
    """The life of a retention campaign."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


CAMPAIGN_STEPS: Mapping[CampaignStatus, frozenset[CampaignStatus]] = {
    CampaignStatus.DRAFT: frozenset({CampaignStatus.ACTIVE, CampaignStatus.CANCELLED}),
    CampaignStatus.ACTIVE: frozenset(
        {CampaignStatus.PAUSED, CampaignStatus.COMPLETED, CampaignStatus.CANCELLED}
    ),
    CampaignStatus.PAUSED: frozenset(
        {CampaignStatus.ACTIVE, CampaignStatus.COMPLETED, CampaignStatus.CANCELLED}
    ),
    CampaignStatus.COMPLETED: frozenset(),
    CampaignStatus.CANCELLED: frozenset(),
}
"""The statuses that may follow each status."""


@dataclass(frozen=True, slots=True)
class CampaignMetrics:
    """Counts since a campaign began."""

    targeted: int = 0
    sent: int = 0
    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    converted: int = 0
    bounced: int = 0
    unsubscribed: int = 0
    complained: int = 0
    revenue: Money | None = None
    """Attributed to the campaign; None where none was."""

    def with_outcomes(self, outcomes: Mapping[OutcomeKind, int]) -> "CampaignMetrics":
        """With so many more of each kind. Messages count as sent by their members' states."""

        def more(kind: OutcomeKind) -> int:
            return outcomes.get(kind, 0)

        return replace(
            self,
            delivered=self.delivered + more(OutcomeKind.DELIVERED),
            opened=self.opened + more(OutcomeKind.OPENED),
            clicked=self.clicked + more(OutcomeKind.CLICKED),
            converted=self.converted + more(OutcomeKind.CONVERTED),
            bounced=self.bounced + more(OutcomeKind.BOUNCED),
            unsubscribed=self.unsubscribed + more(OutcomeKind.UNSUBSCRIBED),
            complained=self.complained + more(OutcomeKind.COMPLAINED),
        )


@dataclass(frozen=True, slots=True)
class RetentionCampaign:
    """An effort to keep the customers of an audience."""

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
    definition: CampaignDefinition = field(default_factory=CampaignDefinition)

    @property
    def audience(self) -> Audience | None:
        """The audience of its targets and its definition; None where neither names one."""
        targets = [
            Audience(Condition(name, Operator.EQUAL, (value,)))
            for name, value in (
                (AudienceField.RISK_LEVEL, self.target_risk_level),
                (AudienceField.ENGAGEMENT_SEGMENT, self.target_segment),
            )
            if value is not None
        ]
        own = self.definition.audience
        if own is not None and own.customer_ids is not None:
            return own
        parts = targets if own is None else [*targets, own]
        return everybody_of(parts) if parts else None

    def ended_at(self, now: datetime) -> datetime | None:
        """When somebody ended it, also after its end, or else its end; None where it goes on."""
        decided = self.definition.ended_at
        if decided is not None and decided <= now:
            return decided
        return self.ends_at if self.ends_at is not None and self.ends_at <= now else None

    def is_running(self, at: datetime) -> bool:
        """Whether it is active, has begun, and is not over."""
        return (
            self.status is CampaignStatus.ACTIVE
            and (self.starts_at is None or self.starts_at <= at)
            and (self.ends_at is None or at < self.ends_at)
        )


@dataclass(frozen=True, slots=True)
class CampaignPerformance:
    """A campaign's rates; each is None where its denominator is 0."""

    campaign: RetentionCampaign
    delivery_rate: float | None
    """sent / targeted"""
    delivered_rate: float | None
    """delivered / sent"""
    open_rate: float | None
    """opened / sent"""
    click_rate: float | None
    """clicked / sent: a mail program that hides opening still follows links"""
    conversion_rate: float | None
    """converted / sent"""
    bounce_rate: float | None
    """bounced / sent"""
    unsubscribe_rate: float | None
    """unsubscribed / sent"""
    complaint_rate: float | None
    """complained / sent"""
    cost: Money | None = None
    """The cost of the messages sent; None if no budget gives the cost of one."""

    @classmethod
    def of(cls, campaign: RetentionCampaign) -> "CampaignPerformance":
        """Computed from the campaign's metrics."""

        def rate(part: int, whole: int) -> float | None:
            return part / whole if whole else None

        metrics, budget = campaign.metrics, campaign.definition.budget
        return cls(
            campaign,
            delivery_rate=rate(metrics.sent, metrics.targeted),
            delivered_rate=rate(metrics.delivered, metrics.sent),
            open_rate=rate(metrics.opened, metrics.sent),
            click_rate=rate(metrics.clicked, metrics.sent),
            conversion_rate=rate(metrics.converted, metrics.sent),
            bounce_rate=rate(metrics.bounced, metrics.sent),
            unsubscribe_rate=rate(metrics.unsubscribed, metrics.sent),
            complaint_rate=rate(metrics.complained, metrics.sent),
            cost=None
            if budget is None
            else Money(
                budget.cost_per_message.amount * metrics.sent, budget.cost_per_message.currency
            ),
        )


@dataclass(frozen=True, slots=True)
class CampaignSummary:
    """All campaigns together."""

    campaigns_by_status: Mapping[str, int]
    metrics: CampaignMetrics
    """Added up; of the revenue, what is in the currency asked for."""


@dataclass(frozen=True, slots=True)
class CampaignChange:
    """Changes to a campaign; what is not named stays."""

    values: Mapping[str, Any] = field(default_factory=dict)
    """The new values, by field of RetentionCampaign or of its definition; None removes one."""


_ALWAYS = frozenset({"name", "description"})
_WHILE_OPEN = frozenset(
    {*_ALWAYS, "status", "ends_at", "budget", "frequency_cap", "quiet_hours", "webhook_url"}
)
"""The properties that may change after activation: none decides who is written to."""
_OF_CAMPAIGN = frozenset(
    {"name", "description", "status", "starts_at", "ends_at", "target_risk_level", "target_segment"}
)


def changed_campaign(
    campaign: RetentionCampaign, change: CampaignChange, now: datetime, currency: Currency
) -> RetentionCampaign:
    """The campaign with the change.

    IllegalTransitionError; FixedByActivationError; InvalidInputError where it would contradict
    itself, or lacks what an active campaign needs.
    """
    wanted = CampaignStatus(str(change.values.get("status") or campaign.status))
    if wanted is not campaign.status and wanted not in CAMPAIGN_STEPS[campaign.status]:
        raise IllegalTransitionError(campaign.status, wanted)
    own = {name: value for name, value in change.values.items() if name in _OF_CAMPAIGN}
    defined = {name: value for name, value in change.values.items() if name not in _OF_CAMPAIGN}
    changed: RetentionCampaign = replace(
        campaign,
        **{**own, "status": wanted},
        definition=replace(campaign.definition, **defined),
        updated_at=now,
    )
    _require_changeable(campaign, changed, change.values)
    check_campaign(changed, currency)
    if campaign.status is CampaignStatus.DRAFT and wanted is CampaignStatus.ACTIVE:
        return _activated(changed, now)
    if wanted is CampaignStatus.ACTIVE:
        return replace(changed, definition=replace(changed.definition, webhook_gone_at=None))
    if wanted is not campaign.status and not CAMPAIGN_STEPS[wanted]:
        return replace(changed, definition=replace(changed.definition, ended_at=now))
    return changed


def _require_changeable(
    campaign: RetentionCampaign, changed: RetentionCampaign, values: Mapping[str, object]
) -> None:
    if campaign.status is CampaignStatus.DRAFT:
        return
    may_change = _WHILE_OPEN if CAMPAIGN_STEPS[campaign.status] else _ALWAYS | {"status"}

    def value(of: RetentionCampaign, name: str) -> object:
        return getattr(of if name in _OF_CAMPAIGN else of.definition, name)

    for name in sorted(values.keys() - may_change):
        if value(campaign, name) != value(changed, name):
            raise FixedByActivationError(name)


def _activated(campaign: RetentionCampaign, now: datetime) -> RetentionCampaign:
    """The campaign with its looks fixed; InvalidInputError names all that it lacks."""
    definition = campaign.definition
    lacks = [
        Violation(name, "required_to_activate", "Required to activate a campaign")
        for name, value in (
            ("audience", campaign.audience),
            ("message", definition.message),
            ("ends_at", campaign.ends_at),
            ("webhook_url", definition.webhook_url or _needs_no_webhook(definition.channel)),
        )
        if value is None
    ]
    ends_at, starts_at = campaign.ends_at, max(campaign.starts_at or now, now)
    if ends_at is not None and ends_at <= now:
        lacks.append(Violation("ends_at", "in_the_past", "Must be in the future"))
    if lacks or ends_at is None:
        raise InvalidInputError(lacks)
    looks = definition.looks or definition.usual_looks(starts_at, ends_at)
    plan = LookPlan.of(starts_at, definition.attribution, looks)
    fixed = replace(definition, looks=looks, activated_at=now, boundaries=plan.document())
    return replace(campaign, definition=fixed)


def _needs_no_webhook(channel: CampaignChannel) -> CampaignChannel | None:
    return None if channel is CampaignChannel.WEBHOOK else channel


def check_campaign(campaign: RetentionCampaign, currency: Currency) -> None:
    """InvalidInputError where the campaign contradicts itself, with everything that does."""
    violations = campaign.definition.violations(currency)
    starts, ends = campaign.starts_at, campaign.ends_at
    if starts is not None and ends is not None and ends <= starts:
        violations.append(Violation("ends_at", "range_reversed", "Must be after the start"))
    own = campaign.definition.audience
    targets = (campaign.target_risk_level, campaign.target_segment)
    if own is not None and own.customer_ids is not None and any(targets):
        violations.append(
            Violation(
                "audience", "audience_and_target", "Must not list customers in addition to a target"
            )
        )
    if violations:
        raise InvalidInputError(violations)
    if (audience := campaign.audience) is not None:
        audience.alternatives()


class FixedByActivationError(ConflictError):
    """The change decides who is written to, and the campaign has begun."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} cannot change once a campaign was activated")


class ChannelNotConfiguredError(ConflictError):
    """The campaign's channel needs a setting that this deployment does not have."""

    def __init__(self, channel: CampaignChannel, setting: str) -> None:
        super().__init__(f"campaigns by {channel} need the setting {setting}")


class NotADraftError(ConflictError):
    """Only drafts can be deleted: others have members, whose outcomes are kept."""

    def __init__(self) -> None:
        super().__init__("only a draft can be deleted")


class CampaignNotRunningError(ConflictError):
    """The campaign is not active, has not begun, or is over."""

    def __init__(self) -> None:
        super().__init__("the campaign is not running")
