"""The port to activity, engagement, churn predictions, campaigns, scoring runs and receipts."""

from succotash.domain.repositories.activity import ActivityRepository
from succotash.domain.repositories.campaign_members import CampaignMemberRepository
from succotash.domain.repositories.campaign_outcomes import CampaignOutcomeRepository
from succotash.domain.repositories.campaign_readings import CampaignReadingRepository
from succotash.domain.repositories.campaigns import CampaignRepository
from succotash.domain.repositories.engagement import EngagementRepository
from succotash.domain.repositories.found_customers import FoundCustomerRepository
from succotash.domain.repositories.grids import GridRepository
from succotash.domain.repositories.lifecycle import LifecycleRepository
from succotash.domain.repositories.overview import OverviewRepository
from succotash.domain.repositories.predictions import PredictionRepository
from succotash.domain.repositories.receipts import ReceiptRepository
from succotash.domain.repositories.retention_analytics import RetentionAnalyticsRepository
from succotash.domain.repositories.run_progress import RunProgressRepository
from succotash.domain.repositories.runs import RunRepository
from succotash.domain.repositories.shards import ShardRepository


class RetentionRepository(
    RunRepository,
    RunProgressRepository,
    ShardRepository,
    ActivityRepository,
    PredictionRepository,
    EngagementRepository,
    FoundCustomerRepository,
    CampaignRepository,
    CampaignMemberRepository,
    CampaignOutcomeRepository,
    CampaignReadingRepository,
    GridRepository,
    LifecycleRepository,
    RetentionAnalyticsRepository,
    ReceiptRepository,
    OverviewRepository,
):
    """The activity ledger, and the predictions and profiles that scoring runs keep.

    Readers see the current run only, all of it or none. What is saved without a run joins the
    current run. Every storage starts with the run `initial`, current and empty. Those who ask about
    one customer may name an alias.
    """
