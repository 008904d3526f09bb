"""Rows of purchase histories, one for each customer."""

from dataclasses import dataclass
from datetime import datetime

from succotash.domain.value.ledgers import PurchaseHistories


@dataclass(frozen=True)
class History:
    """One customer's row, as a person would count it on paper."""

    first_day: int
    frequency: int
    recency: int
    age: int
    holdout: int
    orders: int
    revenue: int
    repeat_revenue: int
    first_purchase_at: datetime
    last_purchase_at: datetime
    holdout_revenue: int
    over_refunds: int = 0


def as_rows(found: PurchaseHistories) -> dict[str, History]:
    columns = zip(
        found.days.customer_ids,
        found.days.first_day,
        found.days.frequency,
        found.days.recency,
        found.days.age,
        found.days.holdout,
        found.orders,
        found.revenue,
        found.repeat_revenue,
        (datetime.fromisoformat(each) for each in found.first_purchase_at),
        (datetime.fromisoformat(each) for each in found.last_purchase_at),
        found.holdout_revenue,
        found.over_refunds,
        strict=True,
    )
    return {customer_id: History(*row) for customer_id, *row in columns}
