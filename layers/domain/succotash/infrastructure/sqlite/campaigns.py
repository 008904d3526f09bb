"""Retention campaigns and their metrics in SQLite."""

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
from succotash.errors import NotFoundError
from succotash.infrastructure.rows.campaigns import (
    campaign_of,
    campaign_summary_of,
    definition_document,
)
from succotash.infrastructure.sqlite.columns import json_text, micros, optional_micros
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("campaigns")


class SQLiteCampaignRepository(SQLiteRepository, CampaignRepository):
    """Retention campaigns and their metrics."""

    @override
    def save_retention_campaign(self, campaign: RetentionCampaign) -> None:
        with self._unit.writing() as session:
            session.run(
                _SQL["save_campaign"],
                campaign_id=campaign.campaign_id,
                name=campaign.name,
                description=campaign.description,
                status=campaign.status,
                target_risk_level=campaign.target_risk_level,
                target_segment=campaign.target_segment,
                starts_at=optional_micros(campaign.starts_at),
                ends_at=optional_micros(campaign.ends_at),
                created_at=micros(campaign.created_at),
                updated_at=micros(campaign.updated_at),
                definition=json_text(definition_document(campaign.definition)),
                **_metric_columns(campaign.metrics),
            )

    @override
    def get_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        with self._unit.reading() as session:
            for row in session.run(_SQL["get_campaign"], campaign_id=campaign_id):
                return campaign_of(row)
        raise NotFoundError("campaign")

    @override
    def lock_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            for row in session.run(_SQL["get_campaign"], campaign_id=campaign_id):
                return campaign_of(row)
        raise NotFoundError("campaign")

    @override
    def delete_retention_campaign(self, campaign_id: CampaignId) -> None:
        with self._unit.writing() as session:
            if not session.change(_SQL["delete_campaign"], campaign_id=campaign_id):
                raise NotFoundError("campaign")

    @override
    def get_all_retention_campaigns(
        self, *, status: CampaignStatus | None = None
    ) -> list[RetentionCampaign]:
        with self._unit.reading() as session:
            return [campaign_of(row) for row in session.run(_SQL["find_campaigns"], status=status)]

    @override
    def get_active_retention_campaigns(self, at: datetime) -> list[RetentionCampaign]:
        with self._unit.reading() as session:
            return [
                campaign_of(row)
                for row in session.run(_SQL["find_active_campaigns"], at=micros(at))
            ]

    @override
    def update_campaign_metrics(self, campaign_id: CampaignId, metrics: CampaignMetrics) -> None:
        with self._unit.writing() as session:
            changed = session.change(
                _SQL["update_campaign_metrics"], campaign_id=campaign_id, **_metric_columns(metrics)
            )
            if not changed:
                raise NotFoundError("campaign")

    @override
    def pause_for_gone_webhook(
        self, campaign_id: CampaignId, called_at: datetime, at: datetime
    ) -> bool:
        with self._unit.writing() as session:
            changed = session.change(
                _SQL["pause_for_gone_webhook"],
                campaign_id=campaign_id,
                called_at=micros(called_at),
                at=micros(at),
                gone_at=at.isoformat(),
            )
        return bool(changed)

    @override
    def get_campaign_performance_summary(self, *, currency: Currency) -> CampaignSummary:
        with self._unit.reading() as session:
            [row] = session.run(_SQL["summarise_campaigns"], currency=currency)
        return campaign_summary_of(row)


def _metric_columns(metrics: CampaignMetrics) -> dict[str, object]:
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
        "revenue": None if metrics.revenue is None else metrics.revenue.units(),
        "currency": None if metrics.revenue is None else metrics.revenue.currency,
    }
