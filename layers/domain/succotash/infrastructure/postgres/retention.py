"""Activity, engagement, churn, campaigns and scoring runs in PostgreSQL."""

from succotash.domain.repositories.retention import RetentionRepository
from succotash.infrastructure.postgres.activity import PostgresActivityRepository
from succotash.infrastructure.postgres.campaign_members import PostgresCampaignMemberRepository
from succotash.infrastructure.postgres.campaign_outcomes import PostgresCampaignOutcomeRepository
from succotash.infrastructure.postgres.campaign_readings import PostgresCampaignReadingRepository
from succotash.infrastructure.postgres.campaigns import PostgresCampaignRepository
from succotash.infrastructure.postgres.engagement import PostgresEngagementRepository
from succotash.infrastructure.postgres.found_customers import PostgresFoundCustomerRepository
from succotash.infrastructure.postgres.grids import PostgresGridRepository
from succotash.infrastructure.postgres.lifecycle import PostgresLifecycleRepository
from succotash.infrastructure.postgres.overview import PostgresOverviewRepository
from succotash.infrastructure.postgres.predictions import PostgresPredictionRepository
from succotash.infrastructure.postgres.receipts import PostgresReceiptRepository
from succotash.infrastructure.postgres.retention_analytics import (
    PostgresRetentionAnalyticsRepository,
)
from succotash.infrastructure.postgres.run_progress import PostgresRunProgressRepository
from succotash.infrastructure.postgres.runs import PostgresRunRepository
from succotash.infrastructure.postgres.shards import PostgresShardRepository


class PostgresRetentionRepository(
    PostgresRunRepository,
    PostgresRunProgressRepository,
    PostgresShardRepository,
    PostgresActivityRepository,
    PostgresPredictionRepository,
    PostgresEngagementRepository,
    PostgresFoundCustomerRepository,
    PostgresCampaignRepository,
    PostgresCampaignMemberRepository,
    PostgresCampaignOutcomeRepository,
    PostgresCampaignReadingRepository,
    PostgresGridRepository,
    PostgresLifecycleRepository,
    PostgresRetentionAnalyticsRepository,
    PostgresReceiptRepository,
    PostgresOverviewRepository,
    RetentionRepository,
):
    """Activity and what runs make of it in tables."""
