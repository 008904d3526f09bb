"""Warns of recorded refunds that do not fit what they refund."""

from collections.abc import Sequence

from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.value.ledgers import RecordOutcome
from succotash.domain.value.refunds import RefundWarning
from succotash.domain.values import CustomerId, OrderId

type Refund = tuple[CustomerId, OrderId | None]
"""An order's customer, and what it refunds, if anything."""


def warn_of_refunds(
    ltv: LTVRepository, orders: Sequence[Refund], outcomes: Sequence[RecordOutcome]
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
        if refund_of is not None and outcome in {RecordOutcome.RECORDED, RecordOutcome.UNCHANGED}
    }
    if refunds:
        judged = ltv.judge_refunds([*refunds.values()])
        for place, warning in zip(refunds, judged, strict=True):
            warnings[place] = warning
    return warnings
