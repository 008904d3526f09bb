"""Activity, engagement, churn, campaigns and scoring runs in SQLite."""

from succotash.domain.repositories.retention import RetentionRepository
from succotash.infrastructure.sqlite.activity import SQLiteActivityRepository
from succotash.infrastructure.sqlite.campaign_members import SQLiteCampaignMemberRepository
from succotash.infrastructure.sqlite.campaign_outcomes import SQLiteCampaignOutcomeRepository
from succotash.infrastructure.sqlite.campaign_readings import SQLiteCampaignReadingRepository
from succotash.infrastructure.sqlite.campaigns import SQLiteCampaignRepository
from succotash.infrastructure.sqlite.engagement import SQLiteEngagementRepository
from succotash.infrastructure.sqlite.found_customers import SQLiteFoundCustomerRepository
from succotash.infrastructure.sqlite.grids import SQLiteGridRepository
from succotash.infrastructure.sqlite.lifecycle import SQLiteLifecycleRepository
from succotash.infrastructure.sqlite.overview import SQLiteOverviewRepository
from succotash.infrastructure.sqlite.predictions import SQLitePredictionRepository
from succotash.infrastructure.sqlite.receipts import SQLiteReceiptRepository
from succotash.infrastructure.sqlite.retention_analytics import SQLiteRetentionAnalyticsRepository
from succotash.infrastructure.sqlite.run_progress import SQLiteRunProgressRepository
from succotash.infrastructure.sqlite.runs import SQLiteRunRepository
from succotash.infrastructure.sqlite.shards import SQLiteShardRepository


class SQLiteRetentionRepository(
    SQLiteRunRepository,
    SQLiteRunProgressRepository,
    SQLiteShardRepository,
    SQLiteActivityRepository,
    SQLitePredictionRepository,
    SQLiteEngagementRepository,
    SQLiteFoundCustomerRepository,
    SQLiteCampaignRepository,
    SQLiteCampaignMemberRepository,
    SQLiteCampaignOutcomeRepository,
    SQLiteCampaignReadingRepository,
    SQLiteGridRepository,
    SQLiteLifecycleRepository,
    SQLiteRetentionAnalyticsRepository,
    SQLiteReceiptRepository,
    SQLiteOverviewRepository,
    RetentionRepository,
):
    """Activity and what runs make of it, in tables."""
