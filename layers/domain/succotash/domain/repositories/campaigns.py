"""The port to retention campaigns and their metrics."""

from abc import ABC, abstractmethod
from datetime import datetime

from succotash.domain.campaigns.campaigns import (
    CampaignMetrics,
    CampaignStatus,
    CampaignSummary,
    RetentionCampaign,
)
from succotash.domain.values import CampaignId, Currency


class CampaignRepository(ABC):
    """Retention campaigns and their metrics."""

    @abstractmethod
    def save_retention_campaign(self, campaign: RetentionCampaign) -> None:
        """Insert or replace a campaign."""

    @abstractmethod
    def get_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        """The campaign; NotFoundError if unknown."""

    @abstractmethod
    def lock_retention_campaign(self, campaign_id: CampaignId) -> RetentionCampaign:
        """The campaign as it is now, to change it; NotFoundError if unknown.

        Until the transaction ends, another that locks or saves the same campaign waits.
        """

    @abstractmethod
    def delete_retention_campaign(self, campaign_id: CampaignId) -> None:
        """Delete a campaign that has no members; NotFoundError if unknown."""

    @abstractmethod
    def get_all_retention_campaigns(
        self, *, status: CampaignStatus | None = None
    ) -> list[RetentionCampaign]:
        """Campaigns, newest first, then by id."""

    @abstractmethod
    def get_active_retention_campaigns(self, at: datetime) -> list[RetentionCampaign]:
        """Campaigns with status active whose time has come and is not over, newest first.

        A campaign runs from `starts_at` (included) to `ends_at` (excluded); None is open.
        """

    @abstractmethod
    def update_campaign_metrics(self, campaign_id: CampaignId, metrics: CampaignMetrics) -> None:
        """Replace the campaign's metrics; NotFoundError where there is no such campaign."""

    @abstractmethod
    def pause_for_gone_webhook(
        self, campaign_id: CampaignId, called_at: datetime, at: datetime
    ) -> bool:
        """Pause an active campaign whose webhook wants no more calls; whether it was paused.

        Not where somebody changed it after the call at `called_at`.
        """

    @abstractmethod
    def get_campaign_performance_summary(self, *, currency: Currency) -> CampaignSummary:
        """All campaigns together; one campaign's rates are `CampaignPerformance.of` it.

        Revenue is that of the campaigns whose revenue is in this currency: what others brought
        in, before the deployment's currency was changed, is left out.
        """
