"""What every RetentionRepository does with campaigns."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from succotash.domain.campaigns.campaigns import CampaignMetrics, CampaignStatus
from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.retention.retention import EngagementSegment, RiskLevel
from succotash.domain.values import (
    AMOUNT_LIMIT,
    MONEY_UNIT,
    CampaignId,
    Currency,
    Money,
)
from succotash.errors import NotFoundError
from tests.builders import (
    NOON,
    USD,
    a_campaign,
    at,
    days,
    minutes,
    usd,
)


class TestCampaigns:
    @pytest.mark.parametrize("level", RiskLevel)
    def test_a_campaign_targets_any_risk_level(
        self, retention: RetentionRepository, level: RiskLevel
    ) -> None:
        campaign = a_campaign(target_risk_level=level)
        retention.save_retention_campaign(campaign)
        assert retention.get_retention_campaign(campaign.campaign_id) == campaign

    def test_a_campaign_comes_back_as_it_was_saved(self, retention: RetentionRepository) -> None:
        campaign = replace(
            a_campaign(
                name="Zurück «jetzt»",
                status=CampaignStatus.PAUSED,
                target_risk_level=None,
                target_segment=EngagementSegment.AT_RISK,
                starts_at=at("2024-06-01T00:00:00.000001"),
                ends_at=at("2024-07-01T00:00:00.999999"),
                metrics=CampaignMetrics(100, 90, 80, 50, 20, 5, 4, 3, 2, usd("1234.5678")),
            ),
            description="",
            updated_at=NOON + minutes(1),
        )
        retention.save_retention_campaign(a_campaign())
        assert retention.get_retention_campaign(campaign.campaign_id) == a_campaign()
        retention.save_retention_campaign(campaign)
        assert retention.get_retention_campaign(campaign.campaign_id) == campaign

    def test_an_unknown_campaign_is_not_found(self, retention: RetentionRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            retention.get_retention_campaign(CampaignId("nowhere"))
        assert caught.value.kind == "campaign"
        with pytest.raises(NotFoundError) as caught:
            retention.update_campaign_metrics(CampaignId("nowhere"), CampaignMetrics())
        assert caught.value.kind == "campaign"

    def test_campaigns_are_listed_newest_first_then_by_id(
        self, retention: RetentionRepository
    ) -> None:
        active = CampaignStatus.ACTIVE
        for campaign_id, moment, status in (
            ("b", NOON, CampaignStatus.DRAFT),
            ("a", NOON, active),
            ("new", NOON + days(1), active),
            ("old", NOON - days(1), active),
        ):
            retention.save_retention_campaign(
                a_campaign(campaign_id, created_at=moment, status=status)
            )

        def listed(status: CampaignStatus | None = None) -> list[str]:
            found = retention.get_all_retention_campaigns(status=status)
            return [campaign.campaign_id for campaign in found]

        assert listed() == ["new", "a", "b", "old"]
        assert listed(active) == ["new", "a", "old"]
        assert listed(CampaignStatus.COMPLETED) == []

    def test_a_campaign_is_active_from_its_start_until_before_its_end(
        self, retention: RetentionRepository
    ) -> None:
        tick = timedelta(microseconds=1)
        for campaign_id, status, starts_at, ends_at in (
            ("open", CampaignStatus.ACTIVE, None, None),
            ("starts now", CampaignStatus.ACTIVE, NOON, None),
            ("starts later", CampaignStatus.ACTIVE, NOON + tick, None),
            ("over", CampaignStatus.ACTIVE, None, NOON),
            ("ends later", CampaignStatus.ACTIVE, None, NOON + tick),
            ("paused", CampaignStatus.PAUSED, None, None),
        ):
            retention.save_retention_campaign(
                a_campaign(campaign_id, status=status, starts_at=starts_at, ends_at=ends_at)
            )
        found = retention.get_active_retention_campaigns(NOON)
        assert [campaign.campaign_id for campaign in found] == ["ends later", "open", "starts now"]

    def test_a_campaign_whose_webhook_is_gone_is_paused_unless_changed_since(
        self, retention: RetentionRepository
    ) -> None:
        active = replace(a_campaign(status=CampaignStatus.ACTIVE), updated_at=NOON)
        other = replace(active, campaign_id=CampaignId("other"))
        for each in (active, other):
            retention.save_retention_campaign(each)
        later, own = NOON + minutes(2), active.campaign_id
        assert not retention.pause_for_gone_webhook(own, NOON - minutes(1), later)
        assert not retention.pause_for_gone_webhook(CampaignId("nowhere"), NOON, later)
        assert retention.get_retention_campaign(own) == active

        assert retention.pause_for_gone_webhook(own, NOON, later)
        assert not retention.pause_for_gone_webhook(own, later, later)
        assert retention.get_retention_campaign(own) == replace(
            active,
            status=CampaignStatus.PAUSED,
            updated_at=later,
            definition=replace(active.definition, webhook_gone_at=later),
        )
        assert retention.get_retention_campaign(other.campaign_id) == other

    def test_metrics_are_replaced_and_nothing_else(self, retention: RetentionRepository) -> None:
        retention.save_retention_campaign(
            a_campaign(metrics=CampaignMetrics(9, 9, 9, 9, 9, 9, 9, 9, 9, usd(9)))
        )
        metrics = CampaignMetrics(targeted=5, sent=4)
        retention.update_campaign_metrics(CampaignId("campaign"), metrics)
        found = retention.get_retention_campaign(CampaignId("campaign"))
        assert found == a_campaign(metrics=metrics)

    def test_the_summary_adds_all_campaigns_up(self, retention: RetentionRepository) -> None:
        empty = retention.get_campaign_performance_summary(currency=USD)
        assert empty.metrics == CampaignMetrics()
        assert sum(empty.campaigns_by_status.values()) == 0
        for campaign_id, status, metrics in (
            ("a", CampaignStatus.ACTIVE, CampaignMetrics(9, 8, 7, 6, 5, 4, 3, 2, 1, usd("5.0001"))),
            ("b", CampaignStatus.ACTIVE, CampaignMetrics(1, 1, 1, 1, 1, 1, 1, 1, 1, usd("0.9999"))),
            ("c", CampaignStatus.DRAFT, CampaignMetrics()),
        ):
            retention.save_retention_campaign(
                a_campaign(campaign_id, status=status, metrics=metrics)
            )
        summary = retention.get_campaign_performance_summary(currency=USD)
        by_status = {key: count for key, count in summary.campaigns_by_status.items() if count}
        assert by_status == {"active": 2, "draft": 1}
        assert summary.metrics == CampaignMetrics(10, 9, 8, 7, 6, 5, 4, 3, 2, usd(6))

    def test_the_summarys_revenue_is_that_in_the_currency_asked_for(
        self, retention: RetentionRepository
    ) -> None:
        yen = Currency("JPY")
        for campaign_id, revenue in (
            ("before", usd(5)),
            ("after", Money(Decimal(700), yen)),
            ("later", Money(Decimal(70), yen)),
        ):
            metrics = CampaignMetrics(targeted=1, revenue=revenue)
            retention.save_retention_campaign(a_campaign(campaign_id, metrics=metrics))

        def revenue_in(currency: Currency) -> Money | None:
            summary = retention.get_campaign_performance_summary(currency=currency)
            assert summary.metrics.targeted == 3
            return summary.metrics.revenue

        assert revenue_in(USD) == usd(5)
        assert revenue_in(yen) == Money(Decimal(770), yen)
        assert revenue_in(Currency("EUR")) is None

    def test_campaigns_of_the_greatest_revenue_are_summed(
        self, retention: RetentionRepository
    ) -> None:
        greatest = usd(AMOUNT_LIMIT - MONEY_UNIT)
        for number in range(3):
            metrics = CampaignMetrics(revenue=greatest)
            retention.save_retention_campaign(a_campaign(f"c{number}", metrics=metrics))
        summary = retention.get_campaign_performance_summary(currency=USD)
        assert summary.metrics.revenue == usd(3 * greatest.amount)
