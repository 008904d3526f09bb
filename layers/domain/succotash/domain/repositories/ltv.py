"""The port to orders, customers and what they are worth."""

from succotash.domain.repositories.acquisition import AcquisitionRepository
from succotash.domain.repositories.cohorts import CohortRepository
from succotash.domain.repositories.order_imports import OrderImportRepository
from succotash.domain.repositories.orders import OrderRepository
from succotash.domain.repositories.purchases import PurchaseRepository
from succotash.domain.repositories.refunds import RefundRepository
from succotash.domain.repositories.revenue import RevenueRepository
from succotash.domain.repositories.segments import SegmentRepository
from succotash.domain.repositories.shop_orders import ShopOrderRepository
from succotash.domain.repositories.value_bins import ValueBinRepository
from succotash.domain.repositories.values import ValueRepository


class LTVRepository(
    OrderRepository,
    OrderImportRepository,
    RefundRepository,
    ShopOrderRepository,
    PurchaseRepository,
    ValueRepository,
    ValueBinRepository,
    CohortRepository,
    SegmentRepository,
    RevenueRepository,
    AcquisitionRepository,
):
    """The order ledger, and the values that scoring runs keep.

    Readers see the values of the current run only, all of them or none. A value saved without a
    run joins the current run. Money that comes back is in the currency it was saved in. Those who
    ask about one customer may name an alias.
    """
