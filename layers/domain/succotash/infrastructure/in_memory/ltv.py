"""Orders and what customers are worth, in memory."""

from succotash.domain.repositories.ltv import LTVRepository
from succotash.infrastructure.in_memory.acquisition import InMemoryAcquisitionRepository
from succotash.infrastructure.in_memory.cohorts import InMemoryCohortRepository
from succotash.infrastructure.in_memory.order_imports import InMemoryOrderImportRepository
from succotash.infrastructure.in_memory.orders import InMemoryOrderRepository
from succotash.infrastructure.in_memory.purchases import InMemoryPurchaseRepository
from succotash.infrastructure.in_memory.refunds import InMemoryRefundRepository
from succotash.infrastructure.in_memory.revenue import InMemoryRevenueRepository
from succotash.infrastructure.in_memory.segments import InMemorySegmentRepository
from succotash.infrastructure.in_memory.shop_orders import InMemoryShopOrderRepository
from succotash.infrastructure.in_memory.value_bins import InMemoryValueBinRepository
from succotash.infrastructure.in_memory.values import InMemoryValueRepository


class InMemoryLTVRepository(
    InMemoryOrderRepository,
    InMemoryOrderImportRepository,
    InMemoryRefundRepository,
    InMemoryShopOrderRepository,
    InMemoryPurchaseRepository,
    InMemoryValueRepository,
    InMemoryValueBinRepository,
    InMemoryCohortRepository,
    InMemorySegmentRepository,
    InMemoryRevenueRepository,
    InMemoryAcquisitionRepository,
    LTVRepository,
):
    """Orders and values in dictionaries."""
