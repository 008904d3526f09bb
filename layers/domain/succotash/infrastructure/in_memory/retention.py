"""Activity, engagement, churn, campaigns and scoring runs in memory."""

from succotash.domain.repositories.retention import RetentionRepository
from succotash.infrastructure.in_memory.activity import InMemoryActivityRepository
from succotash.infrastructure.in_memory.campaign_members import InMemoryCampaignMemberRepository
from succotash.infrastructure.in_memory.campaign_outcomes import InMemoryCampaignOutcomeRepository
from succotash.infrastructure.in_memory.campaign_readings import InMemoryCampaignReadingRepository
from succotash.infrastructure.in_memory.campaigns import InMemoryCampaignRepository
from succotash.infrastructure.in_memory.engagement import InMemoryEngagementRepository
from succotash.infrastructure.in_memory.found_customers import InMemoryFoundCustomerRepository
from succotash.infrastructure.in_memory.grids import InMemoryGridRepository
from succotash.infrastructure.in_memory.lifecycle import InMemoryLifecycleRepository
from succotash.infrastructure.in_memory.overview import InMemoryOverviewRepository
from succotash.infrastructure.in_memory.predictions import InMemoryPredictionRepository
from succotash.infrastructure.in_memory.receipts import InMemoryReceiptRepository
from succotash.infrastructure.in_memory.retention_analytics import (
    InMemoryRetentionAnalyticsRepository,
)
from succotash.infrastructure.in_memory.run_progress import InMemoryRunProgressRepository
from succotash.infrastructure.in_memory.runs import InMemoryRunRepository
from succotash.infrastructure.in_memory.shards import InMemoryShardRepository


class InMemoryRetentionRepository(
    InMemoryRunRepository,
    InMemoryRunProgressRepository,
    InMemoryShardRepository,
    InMemoryActivityRepository,
    InMemoryPredictionRepository,
    InMemoryEngagementRepository,
    InMemoryFoundCustomerRepository,
    InMemoryCampaignRepository,
    InMemoryCampaignMemberRepository,
    InMemoryCampaignOutcomeRepository,
    InMemoryCampaignReadingRepository,
    InMemoryGridRepository,
    InMemoryLifecycleRepository,
    InMemoryRetentionAnalyticsRepository,
    InMemoryReceiptRepository,
    InMemoryOverviewRepository,
    RetentionRepository,
):
    """Activity and what runs make of it, in dictionaries."""
