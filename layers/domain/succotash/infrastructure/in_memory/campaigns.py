"""Retention campaigns and their metrics in memory."""

import dataclasses
from collections import Counter
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
from succotash.infrastructure.in_memory.ledger import total
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic, stored


class InMemoryCampaignRepository(InMemoryRepository, CampaignRepository):
    """Retention campaigns and their metrics."""

    @override
    @atomic
    def save_retention_campaign(self, campaign: RetentionCampaign) -> None:
        self.tables.campaigns[campaign.campaign_id] = stored(campaign)

    @override
    @atomic
    def get_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        return self.tables.campaigns[campaign_id]

    @override
    @atomic
    def lock_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        # A transaction holds all of the tables.
        return self.tables.campaigns[campaign_id]

    @override
    @atomic
    def delete_retention_campaign(self, campaign_id: CampaignId) -> None:
        self.tables.campaigns[campaign_id]
        self.tables.campaigns.discard([campaign_id])

    @override
    @atomic
    def get_all_retention_campaigns(
        self, *, status: CampaignStatus | None = None
    ) -> list[RetentionCampaign]:
        matching = (
            each for each in self.tables.campaigns.values() if status in {None, each.status}
        )
        by_id = sorted(matching, key=lambda campaign: campaign.campaign_id)
        return sorted(by_id, key=lambda campaign: campaign.created_at, reverse=True)

    @override
    @atomic
    def get_active_retention_campaigns(self, at: datetime) -> list[RetentionCampaign]:
        return [
            campaign
            for campaign in self.get_all_retention_campaigns(status=CampaignStatus.ACTIVE)
            if (campaign.starts_at is None or campaign.starts_at <= at)
            and (campaign.ends_at is None or at < campaign.ends_at)
        ]

    @override
    @atomic
    def update_campaign_metrics(self, campaign_id: CampaignId, metrics: CampaignMetrics) -> None:
        campaign = self.tables.campaigns[campaign_id]
        self.tables.campaigns[campaign_id] = dataclasses.replace(campaign, metrics=metrics)

    @override
    @atomic
    def pause_for_gone_webhook(
        self, campaign_id: CampaignId, called_at: datetime, at: datetime
    ) -> bool:
        campaign = self.tables.campaigns.get(campaign_id)
        if (
            campaign is None
            or campaign.status is not CampaignStatus.ACTIVE
            or campaign.updated_at > called_at
        ):
            return False
        definition = dataclasses.replace(campaign.definition, webhook_gone_at=at)
        self.tables.campaigns[campaign_id] = dataclasses.replace(
            campaign, status=CampaignStatus.PAUSED, definition=definition, updated_at=at
        )
        return True

    @override
    @atomic
    def get_campaign_performance_summary(self, *, currency: Currency) -> CampaignSummary:
        campaigns = list(self.tables.campaigns.values())
        metrics = [campaign.metrics for campaign in campaigns]
        return CampaignSummary(
            dict(Counter(each.status.value for each in campaigns)),
            CampaignMetrics(
                targeted=sum(each.targeted for each in metrics),
                sent=sum(each.sent for each in metrics),
                delivered=sum(each.delivered for each in metrics),
                opened=sum(each.opened for each in metrics),
                clicked=sum(each.clicked for each in metrics),
                converted=sum(each.converted for each in metrics),
                bounced=sum(each.bounced for each in metrics),
                unsubscribed=sum(each.unsubscribed for each in metrics),
                complained=sum(each.complained for each in metrics),
                revenue=total(
                    each.revenue
                    for each in metrics
                    if each.revenue is not None and each.revenue.currency == currency
                ),
            ),
        )
