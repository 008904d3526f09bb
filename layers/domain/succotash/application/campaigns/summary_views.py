"""Counts of campaigns as the API shows them, of one campaign and of all together."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TypedDict

from succotash.domain.campaigns.campaigns import CampaignMetrics, CampaignSummary
from succotash.domain.values import Currency, Money


class CampaignMetricsView(TypedDict):
    """Counts since a campaign began."""

    targeted: int
    """Customers chosen since the campaign began."""
    sent: int
    """Messages sent since the campaign began."""
    delivered: int
    """Messages that arrived, as far as it was reported."""
    opened: int
    """Messages opened since the campaign began."""
    clicked: int
    """Messages in which a link was followed."""
    converted: int
    """Customers who did what the campaign asked for."""
    bounced: int
    """Messages that came back."""
    unsubscribed: int
    """Messages by which somebody unsubscribed, as far as it was reported. Who does so by the link
    of a mail sent from here is not counted, since the link names nobody."""
    complained: int
    """Messages that somebody reported as spam."""
    revenue: Decimal
    """Net revenue attributed to the campaign, in `currency`; None where none was reported."""
    currency: str
    """The currency of the revenue; the deployment's by default."""


class CampaignSummaryView(TypedDict):
    """All campaigns together; of the revenue, what is in the deployment's currency."""

    campaigns_by_status: Mapping[str, int]
    """Campaigns by their present status."""
    metrics: CampaignMetricsView


def metrics_view(metrics: CampaignMetrics, own: Currency) -> CampaignMetricsView:
    """Serialised for the API."""
    revenue = metrics.revenue or Money(Decimal(0), own)
    return {
        "targeted": metrics.targeted,
        "sent": metrics.sent,
        "delivered": metrics.delivered,
        "opened": metrics.opened,
        "clicked": metrics.clicked,
        "converted": metrics.converted,
        "bounced": metrics.bounced,
        "unsubscribed": metrics.unsubscribed,
        "complained": metrics.complained,
        "revenue": revenue.exact(),
        "currency": revenue.currency,
    }


def summary_view(found: CampaignSummary, own: Currency) -> CampaignSummaryView:
    """Serialised for the API."""
    return {
        "campaigns_by_status": found.campaigns_by_status,
        "metrics": metrics_view(found.metrics, own),
    }
