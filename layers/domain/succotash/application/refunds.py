"""What is said of refunds that are recorded and do not fit what they refund."""

from collections.abc import Iterable, Mapping
from typing import TypedDict

from succotash.domain.customers import Recording
from succotash.domain.refunds import RefundWarning
from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.values import CustomerId, OrderId

type Refund = tuple[CustomerId, OrderId, OrderId | None]
"""An order's customer, its id, and what it refunds, if anything."""
type RefundWarnings = Mapping[tuple[str, str], RefundWarning]
"""By customer and id of the refund."""


class RefundWarningView(TypedDict):
    """Why a refund that was recorded deserves a second look."""

    code: str
    """`refunds_exceed_order`, `refund_of_refund` or `order_of_another_customer`."""
    message: str


def warn_of_refunds(
    ltv: LTVRepository, orders: Iterable[Refund], outcomes: Iterable[Recording]
) -> RefundWarnings:
    """Judge the refunds among orders just recorded, in the same transaction.

    Those that were there already are judged again, so that a batch sent twice is answered alike.
    """
    refunds = [
        (customer_id, order_id, refund_of)
        for (customer_id, order_id, refund_of), outcome in zip(orders, outcomes, strict=True)
        if refund_of is not None and outcome is not Recording.CONFLICTING
    ]
    if not refunds:
        return {}
    judged = ltv.judge_refunds([(customer_id, named) for customer_id, _, named in refunds])
    return {
        (customer_id, order_id): warning
        for (customer_id, order_id, _), warning in zip(refunds, judged, strict=True)
        if warning is not None
    }


def refund_warning_view(warning: RefundWarning) -> RefundWarningView:
    """Serialised for the API."""
    return {"code": warning.value, "message": warning.message}
