"""Orders and what customers are worth."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from succotash.domain.value.ledgers import Order
from succotash.domain.value.ltv import Cohort, CohortPeriod, CustomerLTV, CustomerValues
from succotash.domain.value.orders import OrderColumns
from succotash.domain.values import (
    CohortId,
    Currency,
    CustomerId,
    Money,
    OrderId,
    RunId,
    SegmentId,
)
from tests.builders.values import NOON, usd


def an_order(
    order_id: str = "order",
    *,
    customer_id: str = "customer",
    ordered_at: datetime = NOON,
    amount: str | Decimal = "10",
    currency: str = "USD",
    refund_of: str | None = None,
    email: str | None = None,
) -> Order:
    return Order(
        CustomerId(customer_id),
        OrderId(order_id),
        ordered_at,
        Money(Decimal(amount), Currency(currency)),
        None if refund_of is None else OrderId(refund_of),
        email,
    )


def order_columns(orders: Iterable[Order]) -> OrderColumns:
    columns = OrderColumns()
    for order in orders:
        columns.append(order)
    return columns


def a_value(
    customer_id: str = "customer",
    *,
    actual: str | int | Decimal = "30",
    residual: str | int | Decimal = "12.5",
    average_order: str | Decimal = "15",
    orders: int = 2,
    segment: str = "low_value",
    cohort: str = "2024-05",
    first_purchase_at: datetime = NOON,
    last_purchase_at: datetime | None = None,
    run_id: str | None = None,
    interval: tuple[str, str] | None = ("0", "40.0001"),
    median: str | None = "3.0001",
    no_purchase: float | None = 0.1 + 0.2,
) -> CustomerLTV:
    return CustomerLTV(
        CustomerId(customer_id),
        usd(actual),
        usd(residual),
        usd(average_order),
        order_count=orders,
        frequency=orders - 1,
        lifetime_months=0.1 + 0.2,
        probability_alive=0.7,
        expected_purchases_30=0.1,
        expected_purchases_90=0.3,
        expected_purchases_365=1e-17,
        segment_id=SegmentId(segment),
        cohort_id=CohortId(cohort),
        first_purchase_at=first_purchase_at,
        last_purchase_at=last_purchase_at or first_purchase_at,
        run_id=None if run_id is None else RunId(run_id),
        residual_low=interval and usd(interval[0]),
        residual_high=interval and usd(interval[1]),
        residual_median=None if median is None else usd(median),
        probability_of_no_purchase=no_purchase,
    )


def _units(amount: Money | None) -> int | None:
    return None if amount is None else amount.units()


def value_columns(values: Sequence[CustomerLTV]) -> CustomerValues:
    """The values as a scoring run hands them over."""
    return CustomerValues(
        customer_ids=[each.customer_id for each in values],
        actual_clv=[each.actual_clv.units() for each in values],
        residual_value=[each.residual_value.units() for each in values],
        average_order_value=[each.average_order_value.units() for each in values],
        order_count=[each.order_count for each in values],
        frequency=[each.frequency for each in values],
        lifetime_months=[each.lifetime_months for each in values],
        probability_alive=[each.probability_alive for each in values],
        expected_purchases_30=[each.expected_purchases_30 for each in values],
        expected_purchases_90=[each.expected_purchases_90 for each in values],
        expected_purchases_365=[each.expected_purchases_365 for each in values],
        segment_ids=[each.segment_id for each in values],
        cohort_ids=[each.cohort_id for each in values],
        first_purchase_at=[each.first_purchase_at.isoformat() for each in values],
        last_purchase_at=[each.last_purchase_at.isoformat() for each in values],
        residual_low=[_units(each.residual_low) for each in values],
        residual_high=[_units(each.residual_high) for each in values],
        residual_median=[_units(each.residual_median) for each in values],
        probability_of_no_purchase=[each.probability_of_no_purchase for each in values],
    )


def a_cohort(
    cohort_id: str = "2024-05",
    *,
    customers: int = 3,
    revenue: str = "120.5",
    average_ltv: str = "99.0001",
    periods: tuple[CohortPeriod, ...] = (),
    run_id: str | None = None,
) -> Cohort:
    return Cohort(
        CohortId(cohort_id),
        date.fromisoformat(f"{cohort_id}-01"),
        customers,
        usd(revenue),
        usd(average_ltv),
        periods,
        None if run_id is None else RunId(run_id),
    )
