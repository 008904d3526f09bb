"""Orders, customers and what they are worth, in SQLite."""

from succotash.domain.repositories.ltv import LTVRepository
from succotash.infrastructure.sqlite.acquisition import SQLiteAcquisitionRepository
from succotash.infrastructure.sqlite.cohorts import SQLiteCohortRepository
from succotash.infrastructure.sqlite.order_imports import SQLiteOrderImportRepository
from succotash.infrastructure.sqlite.orders import SQLiteOrderRepository
from succotash.infrastructure.sqlite.purchases import SQLitePurchaseRepository
from succotash.infrastructure.sqlite.refunds import SQLiteRefundRepository
from succotash.infrastructure.sqlite.revenue import SQLiteRevenueRepository
from succotash.infrastructure.sqlite.segments import SQLiteSegmentRepository
from succotash.infrastructure.sqlite.shop_orders import SQLiteShopOrderRepository
from succotash.infrastructure.sqlite.value_bins import SQLiteValueBinRepository
from succotash.infrastructure.sqlite.values import SQLiteValueRepository


class SQLiteLTVRepository(
    SQLiteOrderRepository,
    SQLiteOrderImportRepository,
    SQLiteRefundRepository,
    SQLiteShopOrderRepository,
    SQLitePurchaseRepository,
    SQLiteValueRepository,
    SQLiteValueBinRepository,
    SQLiteCohortRepository,
    SQLiteSegmentRepository,
    SQLiteRevenueRepository,
    SQLiteAcquisitionRepository,
    LTVRepository,
):
    """Orders, customers and values in tables."""
