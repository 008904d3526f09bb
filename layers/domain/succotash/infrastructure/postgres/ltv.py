"""Orders and what customers are worth in PostgreSQL."""

from succotash.domain.repositories.ltv import LTVRepository
from succotash.infrastructure.postgres.acquisition import PostgresAcquisitionRepository
from succotash.infrastructure.postgres.cohorts import PostgresCohortRepository
from succotash.infrastructure.postgres.order_imports import PostgresOrderImportRepository
from succotash.infrastructure.postgres.orders import PostgresOrderRepository
from succotash.infrastructure.postgres.purchases import PostgresPurchaseRepository
from succotash.infrastructure.postgres.refunds import PostgresRefundRepository
from succotash.infrastructure.postgres.revenue import PostgresRevenueRepository
from succotash.infrastructure.postgres.segments import PostgresSegmentRepository
from succotash.infrastructure.postgres.shop_orders import PostgresShopOrderRepository
from succotash.infrastructure.postgres.value_bins import PostgresValueBinRepository
from succotash.infrastructure.postgres.values import PostgresValueRepository


class PostgresLTVRepository(
    PostgresOrderRepository,
    PostgresOrderImportRepository,
    PostgresRefundRepository,
    PostgresShopOrderRepository,
    PostgresPurchaseRepository,
    PostgresValueRepository,
    PostgresValueBinRepository,
    PostgresCohortRepository,
    PostgresSegmentRepository,
    PostgresRevenueRepository,
    PostgresAcquisitionRepository,
    LTVRepository,
):
    """Orders and values in tables."""
