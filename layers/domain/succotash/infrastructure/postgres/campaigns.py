"""Retention campaigns and their metrics in PostgreSQL."""

from datetime import datetime
from typing import override

from succotash.domain.repositories.campaigns import CampaignRepository
from succotash.domain.retention.retention import (
    CampaignMetrics,
    CampaignStatus,
    CampaignSummary,
    EngagementSegment,
    RetentionCampaign,
    RiskLevel,
)
from succotash.domain.values import CampaignId, Currency, Money
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.rows import only
from succotash.infrastructure.postgres.session import Row
from succotash.infrastructure.postgres.sql import campaigns as sql


class PostgresCampaignRepository(PostgresRepository, CampaignRepository):
    """Retention campaigns and their metrics."""

    @override
    def save_retention_campaign(self, campaign: RetentionCampaign) -> None:
        self._run(
            sql.SAVE_CAMPAIGN,
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
            **_metrics(campaign.metrics),
        )

    @override
    def get_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        return _campaign(only("campaign", self._run(sql.GET_CAMPAIGN, campaign_id=campaign_id)))

    @override
    def lock_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        return _campaign(only("campaign", self._run(sql.LOCK_CAMPAIGN, campaign_id=campaign_id)))

    @override
    def get_all_retention_campaigns(
        self, *, status: CampaignStatus | None = None
    ) -> list[RetentionCampaign]:
        return [_campaign(row) for row in self._run(sql.GET_CAMPAIGNS, status=status)]

    @override
    def get_active_retention_campaigns(self, at: datetime) -> list[RetentionCampaign]:
        return [_campaign(row) for row in self._run(sql.GET_ACTIVE_CAMPAIGNS, at=at)]

    @override
    def update_campaign_metrics(self, campaign_id: CampaignId, metrics: CampaignMetrics) -> None:
        rows = self._run(sql.UPDATE_CAMPAIGN_METRICS, campaign_id=campaign_id, **_metrics(metrics))
        only("campaign", rows)

    @override
    def get_campaign_performance_summary(self, *, currency: Currency) -> CampaignSummary:
        [[by_status, *counts, revenue]] = self._run(sql.CAMPAIGN_SUMMARY, currency=currency)
        values = [by_status or {}, *counts, None if revenue is None else Money(revenue, currency)]
        return CampaignSummary(*values)


def _metrics(metrics: CampaignMetrics) -> dict[str, object]:
    revenue = metrics.revenue
    return {
        "targeted": metrics.targeted,
        "sent": metrics.sent,
        "opened": metrics.opened,
        "clicked": metrics.clicked,
        "converted": metrics.converted,
        "revenue": None if revenue is None else revenue.units(),
        "currency": None if revenue is None else revenue.currency,
    }


def _campaign(row: Row) -> RetentionCampaign:
    campaign_id, name, created_at, updated_at, description, status, risk, segment = row[:8]
    starts_at, ends_at, *counts, revenue, currency = row[8:]
    metrics = [*counts, None if revenue is None else Money(revenue, currency)]
    return RetentionCampaign(
        campaign_id,
        name,
        created_at,
        updated_at,
        description,
        CampaignStatus(status),
        None if risk is None else RiskLevel(risk),
        None if segment is None else EngagementSegment(segment),
        starts_at,
        ends_at,
        CampaignMetrics(*metrics),
    )
