"""What is said of refunds that are recorded and do not fit what they refund."""

from collections.abc import Sequence
from typing import TypedDict

from succotash.domain.customers import Recording
from succotash.domain.refunds import RefundWarning
from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.values import CustomerId, OrderId

type Refund = tuple[CustomerId, OrderId | None]
"""An order's customer, and what it refunds, if anything."""


class RefundWarningView(TypedDict):
    """Why a refund that was recorded deserves a second look."""

    code: str
    """`refunds_exceed_order`, `refund_of_refund` or `order_of_another_customer`."""
    message: str


def warn_of_refunds(
    ltv: LTVRepository, orders: Sequence[Refund], outcomes: Sequence[Recording]
) -> list[RefundWarning | None]:
    """Judge the refunds among orders just recorded, in the same transaction; one for each order.

    Those that were there already are judged again, so that a batch sent twice is answered alike.
    """
    warnings: list[RefundWarning | None] = [None] * len(orders)
    refunds = {
        place: (customer_id, refund_of)
        for place, ((customer_id, refund_of), outcome) in enumerate(
            zip(orders, outcomes, strict=True)
        )
        if refund_of is not None and outcome in {Recording.RECORDED, Recording.UNCHANGED}
    }
    if refunds:
        judged = ltv.judge_refunds([*refunds.values()])
        for place, warning in zip(refunds, judged, strict=True):
            warnings[place] = warning
    return warnings


def refund_warning_view(warning: RefundWarning) -> RefundWarningView:
    """Serialised for the API."""
    return {"code": warning.value, "message": warning.message}
