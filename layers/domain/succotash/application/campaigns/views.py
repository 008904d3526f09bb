"""What campaigns look like from outside; no revenue is none in the deployment's own currency."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from succotash.domain.campaigns.campaigns import CampaignMetrics, CampaignSummary, RetentionCampaign
from succotash.domain.values import Currency, Money


class CampaignMetricsView(TypedDict):
    """Counts since a campaign began."""

    targeted: int
    """Customers chosen since the campaign began."""
    sent: int
    """Messages sent since the campaign began."""
    opened: int
    """Messages opened since the campaign began."""
    clicked: int
    """Messages in which a link was followed."""
    converted: int
    """Customers who did what the campaign asked for."""
    revenue: Decimal
    """Net revenue attributed to the campaign, in `currency`; None where none was reported."""
    currency: str
    """Of the revenue; the deployment's where there is none."""


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
    metrics: CampaignMetricsView
    created_at: datetime
    updated_at: datetime


class CampaignSummaryView(TypedDict):
    """All campaigns together; of the revenue, what is in the deployment's currency."""

    campaigns_by_status: Mapping[str, int]
    """Campaigns by their present status."""
    metrics: CampaignMetricsView


class CampaignList(TypedDict):
    """Campaigns, newest first, and how all of them together do."""

    campaigns: list[CampaignView]
    summary: CampaignSummaryView


class CampaignPerformanceView(TypedDict):
    """A campaign's rates; None where the denominator is 0."""

    campaign_id: str
    metrics: CampaignMetricsView
    delivery_rate: float | None
    """Messages sent per targeted customer since the campaign began, 0 to 1; None without any."""
    open_rate: float | None
    """Messages opened per message sent since the campaign began; None without any."""
    click_rate: float | None
    """clicked / sent: clicks are known even where opening is not."""
    conversion_rate: float | None
    """Customers converted per message sent since the campaign began; None without any."""


def metrics_view(metrics: CampaignMetrics, own: Currency) -> CampaignMetricsView:
    """Serialised for the API."""
    revenue = metrics.revenue or Money(Decimal(0), own)
    return {
        "targeted": metrics.targeted,
        "sent": metrics.sent,
        "opened": metrics.opened,
        "clicked": metrics.clicked,
        "converted": metrics.converted,
        "revenue": revenue.exact(),
        "currency": revenue.currency,
    }


def campaign_view(campaign: RetentionCampaign, own: Currency) -> CampaignView:
    """Serialised for the API."""
    return {
        "campaign_id": campaign.campaign_id,
        "name": campaign.name,
        "description": campaign.description,
        "status": campaign.status,
        "target_risk_level": campaign.target_risk_level,
        "target_segment": campaign.target_segment,
        "starts_at": campaign.starts_at,
        "ends_at": campaign.ends_at,
        "metrics": metrics_view(campaign.metrics, own),
        "created_at": campaign.created_at,
        "updated_at": campaign.updated_at,
    }


def summary_view(found: CampaignSummary, own: Currency) -> CampaignSummaryView:
    """Serialised for the API."""
    metrics = CampaignMetrics(
        found.targeted,
        found.sent,
        found.opened,
        found.clicked,
        found.converted,
        found.revenue,
    )
    return {
        "campaigns_by_status": found.campaigns_by_status,
        "metrics": metrics_view(metrics, own),
    }
