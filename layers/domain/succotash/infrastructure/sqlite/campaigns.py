"""Retention campaigns and their metrics in SQLite."""

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
from succotash.domain.values import CampaignId, Currency
from succotash.errors import NotFoundError
from succotash.infrastructure.sqlite.columns import (
    instant,
    micros,
    money,
    optional_instant,
    optional_micros,
)
from succotash.infrastructure.sqlite.connection import Row
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.rows import total

_SAVE_CAMPAIGN = """
INSERT INTO retention_campaigns (
    campaign_id, name, description, status, target_risk_level, target_segment, starts_at, ends_at,
    created_at, updated_at, targeted, sent, opened, clicked, converted, revenue, currency
)
VALUES (
    :campaign_id, :name, :description, :status, :target_risk_level, :target_segment, :starts_at,
    :ends_at, :created_at, :updated_at, :targeted, :sent, :opened, :clicked, :converted, :revenue,
    :currency
)
ON CONFLICT (campaign_id) DO UPDATE SET
    name = excluded.name,
    description = excluded.description,
    status = excluded.status,
    target_risk_level = excluded.target_risk_level,
    target_segment = excluded.target_segment,
    starts_at = excluded.starts_at,
    ends_at = excluded.ends_at,
    created_at = excluded.created_at,
    updated_at = excluded.updated_at,
    targeted = excluded.targeted,
    sent = excluded.sent,
    opened = excluded.opened,
    clicked = excluded.clicked,
    converted = excluded.converted,
    revenue = excluded.revenue,
    currency = excluded.currency
"""
_CAMPAIGN = "SELECT * FROM retention_campaigns WHERE campaign_id = :campaign_id"
_CAMPAIGNS = """
SELECT * FROM retention_campaigns
WHERE :status IS NULL OR status = :status
ORDER BY created_at DESC, campaign_id
"""
_ACTIVE_CAMPAIGNS = """
SELECT * FROM retention_campaigns
WHERE status = 'active'
  AND (starts_at IS NULL OR starts_at <= :at)
  AND (ends_at IS NULL OR ends_at > :at)
ORDER BY created_at DESC, campaign_id
"""
_UPDATE_METRICS = """
UPDATE retention_campaigns SET
    targeted = :targeted,
    sent = :sent,
    opened = :opened,
    clicked = :clicked,
    converted = :converted,
    revenue = :revenue,
    currency = :currency
WHERE campaign_id = :campaign_id
"""
_CAMPAIGN_TOTALS = """
SELECT status, COUNT(*) AS campaigns, SUM(targeted) AS targeted, SUM(sent) AS sent,
       SUM(opened) AS opened, SUM(clicked) AS clicked, SUM(converted) AS converted,
       exact_sum(revenue) FILTER (WHERE currency = :currency) AS revenue, :currency AS currency
FROM retention_campaigns
GROUP BY status
"""


class SQLiteCampaignRepository(SQLiteRepository, CampaignRepository):
    """Retention campaigns and their metrics."""

    @override
    def save_retention_campaign(self, campaign: RetentionCampaign) -> None:
        with self._unit.writing() as session:
            session.run(
                _SAVE_CAMPAIGN,
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
                **_metric_columns(campaign.metrics),
            )

    @override
    def get_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        with self._unit.reading() as session:
            for row in session.run(_CAMPAIGN, campaign_id=campaign_id):
                return _campaign(row)
        raise NotFoundError("campaign")

    @override
    def lock_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            for row in session.run(_CAMPAIGN, campaign_id=campaign_id):
                return _campaign(row)
        raise NotFoundError("campaign")

    @override
    def get_all_retention_campaigns(
        self, *, status: CampaignStatus | None = None
    ) -> list[RetentionCampaign]:
        with self._unit.reading() as session:
            return [_campaign(row) for row in session.run(_CAMPAIGNS, status=status)]

    @override
    def get_active_retention_campaigns(self, at: datetime) -> list[RetentionCampaign]:
        with self._unit.reading() as session:
            return [_campaign(row) for row in session.run(_ACTIVE_CAMPAIGNS, at=micros(at))]

    @override
    def update_campaign_metrics(self, campaign_id: CampaignId, metrics: CampaignMetrics) -> None:
        with self._unit.writing() as session:
            changed = session.change(
                _UPDATE_METRICS, campaign_id=campaign_id, **_metric_columns(metrics)
            )
            if not changed:
                raise NotFoundError("campaign")

    @override
    def get_campaign_performance_summary(self, *, currency: Currency) -> CampaignSummary:
        with self._unit.reading() as session:
            rows = session.run(_CAMPAIGN_TOTALS, currency=currency)
        return CampaignSummary(
            campaigns_by_status={row["status"]: row["campaigns"] for row in rows},
            targeted=sum(row["targeted"] for row in rows),
            sent=sum(row["sent"] for row in rows),
            opened=sum(row["opened"] for row in rows),
            clicked=sum(row["clicked"] for row in rows),
            converted=sum(row["converted"] for row in rows),
            revenue=total(rows, "revenue"),
        )


def _metric_columns(metrics: CampaignMetrics) -> dict[str, object]:
    return {
        "targeted": metrics.targeted,
        "sent": metrics.sent,
        "opened": metrics.opened,
        "clicked": metrics.clicked,
        "converted": metrics.converted,
        "revenue": None if metrics.revenue is None else metrics.revenue.units(),
        "currency": None if metrics.revenue is None else metrics.revenue.currency,
    }


def _campaign(row: Row) -> RetentionCampaign:
    risk, segment = row["target_risk_level"], row["target_segment"]
    return RetentionCampaign(
        campaign_id=row["campaign_id"],
        name=row["name"],
        created_at=instant(row["created_at"]),
        updated_at=instant(row["updated_at"]),
        description=row["description"],
        status=CampaignStatus(row["status"]),
        target_risk_level=None if risk is None else RiskLevel(risk),
        target_segment=None if segment is None else EngagementSegment(segment),
        starts_at=optional_instant(row["starts_at"]),
        ends_at=optional_instant(row["ends_at"]),
        metrics=CampaignMetrics(
            targeted=row["targeted"],
            sent=row["sent"],
            opened=row["opened"],
            clicked=row["clicked"],
            converted=row["converted"],
            revenue=money(row["revenue"], row["currency"]),
        ),
    )
