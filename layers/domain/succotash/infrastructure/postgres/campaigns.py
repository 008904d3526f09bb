"""Retention campaigns and their metrics in PostgreSQL."""

from datetime import datetime
from typing import override

from succotash.domain.campaigns.campaigns import (
    CampaignMetrics,
    CampaignStatus,
    CampaignSummary,
    RetentionCampaign,
)
from succotash.domain.repositories.campaigns import CampaignRepository
from succotash.domain.values import CampaignId, Currency
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.campaigns import (
    campaign_of,
    campaign_summary_of,
    definition_document,
)
from succotash.infrastructure.rows.row import only

_SQL = statements("campaigns")


class PostgresCampaignRepository(PostgresRepository, CampaignRepository):
    """Retention campaigns and their metrics."""

    @override
    def save_retention_campaign(self, campaign: RetentionCampaign) -> None:
        self._run(
            _SQL["save_campaign"],
            campaign_id=campaign.campaign_id,
            name=campaign.name,
            created_at=campaign.created_at,
            updated_at=campaign.updated_at,
            description=campaign.description,
            status=campaign.status,
            target_risk_level=campaign.target_risk_level,
            target_segment=campaign.target_segment,
            starts_at=campaign.starts_at,
            ends_at=campaign.ends_at,
            definition=definition_document(campaign.definition),
            **_metrics(campaign.metrics),
        )

    @override
    def get_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        return campaign_of(
            only("campaign", self._run(_SQL["get_campaign"], campaign_id=campaign_id))
        )

    @override
    def lock_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        return campaign_of(
            only("campaign", self._run(_SQL["lock_campaign"], campaign_id=campaign_id))
        )

    @override
    def delete_retention_campaign(self, campaign_id: CampaignId) -> None:
        only("campaign", self._run(_SQL["delete_campaign"], campaign_id=campaign_id))

    @override
    def get_all_retention_campaigns(
        self, *, status: CampaignStatus | None = None
    ) -> list[RetentionCampaign]:
        return [campaign_of(row) for row in self._run(_SQL["find_campaigns"], status=status)]

    @override
    def get_active_retention_campaigns(self, at: datetime) -> list[RetentionCampaign]:
        return [campaign_of(row) for row in self._run(_SQL["find_active_campaigns"], at=at)]

    @override
    def update_campaign_metrics(self, campaign_id: CampaignId, metrics: CampaignMetrics) -> None:
        rows = self._run(
            _SQL["update_campaign_metrics"], campaign_id=campaign_id, **_metrics(metrics)
        )
        only("campaign", rows)

    @override
    def pause_for_gone_webhook(
        self, campaign_id: CampaignId, called_at: datetime, at: datetime
    ) -> bool:
        rows = self._run(
            _SQL["pause_for_gone_webhook"],
            campaign_id=campaign_id,
            called_at=called_at,
            at=at,
            gone_at=at.isoformat(),
        )
        return bool(rows)

    @override
    def get_campaign_performance_summary(self, *, currency: Currency) -> CampaignSummary:
        [row] = self._run(_SQL["summarise_campaigns"], currency=currency)
        return campaign_summary_of(row)


def _metrics(metrics: CampaignMetrics) -> dict[str, object]:
    revenue = metrics.revenue
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
        "revenue": None if revenue is None else revenue.units(),
        "currency": None if revenue is None else revenue.currency,
    }
