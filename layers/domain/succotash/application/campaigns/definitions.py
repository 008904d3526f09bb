"""Campaigns against churn: drafting them, running them, and how they do."""

from datetime import datetime

from succotash.application.campaigns.effects import CampaignResult
from succotash.application.campaigns.looks import CampaignLooks
from succotash.application.campaigns.rules import CampaignRules
from succotash.application.campaigns.summary_views import summary_view
from succotash.application.campaigns.views import (
    CampaignDetailView,
    CampaignList,
    CampaignPerformanceView,
    CampaignView,
    campaign_view,
    performance_view,
    without_figures,
)
from succotash.application.preconditions import Precondition
from succotash.domain.campaigns.campaigns import (
    CampaignChange,
    CampaignPerformance,
    CampaignStatus,
    NotADraftError,
    RetentionCampaign,
    changed_campaign,
    check_campaign,
)
from succotash.domain.campaigns.definition import CampaignDefinition
from succotash.domain.repositories.campaigns import CampaignRepository
from succotash.domain.repositories.delivery import ANY_ADDRESS, WebhookAddresses
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention.retention import EngagementSegment, RiskLevel
from succotash.domain.values import CampaignId, Clock, Currency, IdFactory
from succotash.errors import InvalidInputError


class Campaigns:
    """Retention campaigns and their numbers."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        new_id: IdFactory,
        currency: Currency,
        rules: CampaignRules | None = None,
        addresses: WebhookAddresses = ANY_ADDRESS,
    ) -> None:
        """Without `rules` every channel is there."""
        self._campaign_rules = rules or CampaignRules(currency=currency)
        self._addresses = addresses
        self._storage = storage
        self._clock = clock
        self._new_id = new_id
        self._currency = currency
        self._looks = CampaignLooks(storage, clock, currency)

    def get_retention_campaigns(self, status: CampaignStatus | None = None) -> CampaignList:
        """Campaigns, newest first."""
        retention = self._storage.repositories.retention
        campaigns = retention.get_all_retention_campaigns(status=status)
        summary = retention.get_campaign_performance_summary(currency=self._currency)
        return {
            "campaigns": [campaign_view(each, self._currency) for each in campaigns],
            "summary": summary_view(summary, self._currency),
        }

    def get_retention_campaign(self, campaign_id: str) -> CampaignDetailView:
        """A campaign and how far its messages came; NotFoundError if unknown."""
        retention = self._storage.repositories.retention
        campaign = retention.get_retention_campaign(CampaignId(campaign_id))
        states = retention.count_member_states(campaign.campaign_id)
        members = {state.value: count for state, count in states.items()}
        return {**campaign_view(campaign, self._currency), "members": members}

    def get_campaign_performance(self, campaign_id: str) -> CampaignPerformanceView:
        """A campaign's rates and what it changed; NotFoundError if unknown.

        Looks that have come and that nobody has read yet are read.
        """
        retention = self._storage.repositories.retention
        campaign = retention.get_retention_campaign(CampaignId(campaign_id))
        result = CampaignResult.of(campaign, self._looks.read(campaign), self._clock())
        return performance_view(CampaignPerformance.of(campaign), result, self._currency)

    def create_retention_campaign(
        self,
        name: str,
        *,
        description: str = "",
        target_risk_level: RiskLevel | None = None,
        target_segment: EngagementSegment | None = None,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        definition: CampaignDefinition | None = None,
    ) -> CampaignView:
        """Draft a campaign; InvalidInputError where it contradicts itself."""
        now = self._clock()
        campaign = RetentionCampaign(
            campaign_id=CampaignId(self._new_id()),
            name=name,
            created_at=now,
            updated_at=now,
            description=description,
            target_risk_level=target_risk_level,
            target_segment=target_segment,
            starts_at=starts_at,
            ends_at=ends_at,
            definition=definition or CampaignDefinition(),
        )
        check_campaign(campaign, self._currency)
        self._check_webhook(campaign.definition.webhook_url)
        self._storage.repositories.retention.save_retention_campaign(campaign)
        return campaign_view(campaign, self._currency)

    def update_retention_campaign(
        self, campaign_id: str, change: CampaignChange, require: Precondition | None = None
    ) -> CampaignView:
        """Change a campaign, in one transaction.

        NotFoundError; IllegalTransitionError; FixedByActivationError; InvalidInputError where it
        would contradict itself, or lacks what an active campaign needs; ChannelNotConfiguredError.
        What `require` raises of the campaign, without its figures, goes on.
        """
        now = self._clock()
        self._check_webhook(change.values.get("webhook_url"))

        def work(repositories: Repositories) -> RetentionCampaign:
            retention = repositories.retention
            campaign = self._locked(retention, campaign_id, require)
            changed = changed_campaign(campaign, change, now, self._currency)
            if changed.status is CampaignStatus.ACTIVE is not campaign.status:
                self._campaign_rules.require_channel(changed)
            retention.save_retention_campaign(changed)
            return changed

        return campaign_view(self._storage.in_transaction(work), self._currency)

    def _check_webhook(self, url: str | None) -> None:
        """InvalidInputError where a webhook may not be called; before any transaction begins."""
        if url is not None and (violation := self._addresses.violation(url)) is not None:
            raise InvalidInputError([violation])

    def delete_retention_campaign(
        self, campaign_id: str, require: Precondition | None = None
    ) -> None:
        """Delete a draft, in one transaction; NotFoundError; NotADraftError.

        What `require` raises of the campaign, without its figures, goes on.
        """

        def work(repositories: Repositories) -> None:
            retention = repositories.retention
            campaign = self._locked(retention, campaign_id, require)
            if campaign.status is not CampaignStatus.DRAFT:
                raise NotADraftError
            retention.delete_retention_campaign(campaign.campaign_id)

        self._storage.in_transaction(work)

    def _locked(
        self, campaigns: CampaignRepository, campaign_id: str, require: Precondition | None
    ) -> RetentionCampaign:
        campaign = campaigns.lock_retention_campaign(CampaignId(campaign_id))
        if require is not None:
            require(without_figures(campaign_view(campaign, self._currency)))
        return campaign
