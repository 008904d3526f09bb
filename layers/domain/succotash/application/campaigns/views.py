"""Campaigns as the API shows them; no revenue means none in the deployment's own currency."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from succotash.application.campaigns.effect_views import EffectView, effect_view
from succotash.application.campaigns.effects import CampaignResult
from succotash.application.campaigns.summary_views import (
    CampaignMetricsView,
    CampaignSummaryView,
    metrics_view,
)
from succotash.application.rounding import rounded_or_none
from succotash.domain.campaigns.audience_documents import audience_document
from succotash.domain.campaigns.campaigns import (
    CampaignPerformance,
    RetentionCampaign,
)
from succotash.domain.campaigns.definition import Budget, FrequencyCap, QuietHours
from succotash.domain.campaigns.templates import MessageTemplate
from succotash.domain.values import Currency, Json, Money


class MessageTemplateView(TypedDict):
    """The texts of a campaign's message."""

    subject: str
    text: str
    html: str | None


class BudgetView(TypedDict):
    """The cost of a message, and the most that all may cost."""

    cost_per_message: Decimal
    """The cost of sending one message, in `currency`."""
    total: Decimal
    """The most that all messages of the campaign may cost, in `currency`."""
    currency: str


class FrequencyCapView(TypedDict):
    """The most messages of all campaigns within so many days."""

    messages: int
    """The most messages of all campaigns that a person gets."""
    days: int
    """Within so many days."""


class QuietHoursView(TypedDict):
    """Hours of the deployment's zone in which nobody is written to."""

    starts: str
    """Such as 21:00."""
    ends: str


class CampaignView(TypedDict):
    """A retention campaign."""

    campaign_id: str
    name: str
    description: str
    status: str
    target_risk_level: str | None
    target_segment: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    audience: Mapping[str, Json] | None
    """Conditions as they were given, without those of the targets."""
    message: MessageTemplateView | None
    channel: str
    webhook_url: str | None
    webhook_gone_at: datetime | None
    """When the webhook answered 410 Gone, for which the campaign was paused."""
    budget: BudgetView | None
    frequency_cap: FrequencyCapView | None
    quiet_hours: QuietHoursView | None
    holdout_share: float
    """Share of the people reached who are not written to, to compare with."""
    attribution_days: int
    """For so long after they were assigned people's orders count."""
    looks: list[datetime]
    """When the effect is read; fixed at activation."""
    activated_at: datetime | None
    ended_at: datetime | None
    """When it was completed or cancelled."""
    metrics: CampaignMetricsView
    created_at: datetime
    updated_at: datetime


FIGURES = frozenset({"metrics", "members"})
"""The parts of a campaign that change by themselves while its messages leave."""


class CampaignDetailView(CampaignView):
    """A retention campaign, and how far its messages came."""

    members: Mapping[str, int]
    """Members by state: `held_out`, `queued`, `sent`, `bounced` (sent, and came back), `refused`
    (tried again), `uncertain` (may have been sent, and never is again), `withheld` (not wanted any
    more when it was to leave)."""


class CampaignList(TypedDict):
    """Campaigns, newest first, and how all of them together do."""

    campaigns: list[CampaignView]
    summary: CampaignSummaryView


class CostView(TypedDict):
    """The cost of messages so far."""

    amount: Decimal
    """In `currency`."""
    currency: str


class CampaignPerformanceView(TypedDict):
    """A campaign's rates, and what it changed; a rate is None where its denominator is 0."""

    campaign_id: str
    metrics: CampaignMetricsView
    delivery_rate: float | None
    """sent / targeted: messages that left, whether or not they arrived."""
    delivered_rate: float | None
    """delivered / sent: messages that arrived, as far as it was reported."""
    open_rate: float | None
    """Messages opened per message sent since the campaign began; None without any."""
    click_rate: float | None
    """clicked / sent: clicks are known even where opening is not."""
    conversion_rate: float | None
    """Customers converted per message sent since the campaign began; None without any."""
    bounce_rate: float | None
    """bounced / sent: messages that came back."""
    unsubscribe_rate: float | None
    """unsubscribed / sent, as far as it was reported."""
    complaint_rate: float | None
    """complained / sent: messages that their readers reported as spam."""
    cost: CostView | None
    """The cost of the messages sent, by the budget's cost of each; None without a budget."""
    effect: EffectView | None
    """None before the campaign is activated."""


def performance_view(
    found: CampaignPerformance, result: CampaignResult | None, own: Currency
) -> CampaignPerformanceView:
    """Serialised for the API."""
    campaign = found.campaign
    return {
        "campaign_id": campaign.campaign_id,
        "metrics": metrics_view(campaign.metrics, own),
        "delivery_rate": rounded_or_none(found.delivery_rate),
        "delivered_rate": rounded_or_none(found.delivered_rate),
        "open_rate": rounded_or_none(found.open_rate),
        "click_rate": rounded_or_none(found.click_rate),
        "conversion_rate": rounded_or_none(found.conversion_rate),
        "bounce_rate": rounded_or_none(found.bounce_rate),
        "unsubscribe_rate": rounded_or_none(found.unsubscribe_rate),
        "complaint_rate": rounded_or_none(found.complaint_rate),
        "cost": _optional(_cost_view, found.cost),
        "effect": None if result is None else effect_view(result, own),
    }


def _cost_view(cost: Money) -> CostView:
    return {"amount": cost.exact(), "currency": cost.currency}


def _message_view(message: MessageTemplate) -> MessageTemplateView:
    return {"subject": message.subject, "text": message.text, "html": message.html}


def _budget_view(budget: Budget) -> BudgetView:
    return {
        "cost_per_message": budget.cost_per_message.exact(),
        "total": budget.total.exact(),
        "currency": budget.total.currency,
    }


def _frequency_cap_view(cap: FrequencyCap) -> FrequencyCapView:
    return {"messages": cap.messages, "days": cap.days}


def _quiet_hours_view(quiet: QuietHours) -> QuietHoursView:
    return {"starts": f"{quiet.starts:%H:%M}", "ends": f"{quiet.ends:%H:%M}"}


def _optional[T, R](view: Callable[[T], R], part: T | None) -> R | None:
    return None if part is None else view(part)


def campaign_view(campaign: RetentionCampaign, own: Currency) -> CampaignView:
    """Serialised for the API."""
    definition = campaign.definition
    return {
        "campaign_id": campaign.campaign_id,
        "name": campaign.name,
        "description": campaign.description,
        "status": campaign.status,
        "target_risk_level": campaign.target_risk_level,
        "target_segment": campaign.target_segment,
        "starts_at": campaign.starts_at,
        "ends_at": campaign.ends_at,
        "audience": _optional(audience_document, definition.audience),
        "message": _optional(_message_view, definition.message),
        "channel": definition.channel,
        "webhook_url": definition.webhook_url,
        "webhook_gone_at": definition.webhook_gone_at,
        "budget": _optional(_budget_view, definition.budget),
        "frequency_cap": _optional(_frequency_cap_view, definition.frequency_cap),
        "quiet_hours": _optional(_quiet_hours_view, definition.quiet_hours),
        "holdout_share": definition.holdout_share,
        "attribution_days": definition.attribution_days,
        "looks": [*definition.looks],
        "activated_at": definition.activated_at,
        "ended_at": definition.ended_at,
        "metrics": metrics_view(campaign.metrics, own),
        "created_at": campaign.created_at,
        "updated_at": campaign.updated_at,
    }


def without_figures(campaign: CampaignView) -> Mapping[str, object]:
    """The campaign as people define it and turn it on and off."""
    return {name: value for name, value in campaign.items() if name not in FIGURES}
