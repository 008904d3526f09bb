"""Refuses statements about orders that can be read and cannot be true."""

from datetime import datetime

from succotash.domain.shops.orders import ShopDeletion, ShopOrder, ShopRefund, Told
from succotash.domain.value.ledgers import CLOCK_TOLERANCE
from succotash.errors import InvalidInputError, Violation

_NEGATIVE = Violation("amount", "negative_total", "Must not be negative")
_NEGATIVE_REFUND = Violation("refunded", "negative_refund", "Must not be negative")
_FUTURE = Violation("ordered_at", "in_the_future", "Must be in the past")


def require_plausible(told: Told, now: datetime) -> None:
    """InvalidInputError for a negative amount, and for an order that comes from the future."""
    match told:
        case ShopOrder():
            refunds = [each.amount.amount for each in told.refunds]
            refunds += [] if told.refunded is None else [told.refunded.amount.amount]
            if told.total.amount < 0:
                raise InvalidInputError([_NEGATIVE])
            if min(refunds, default=0) < 0:
                raise InvalidInputError([_NEGATIVE_REFUND])
            if told.ordered_at > now + CLOCK_TOLERANCE:
                raise InvalidInputError([_FUTURE])
        case ShopRefund():
            if told.amount.amount < 0:
                raise InvalidInputError([_NEGATIVE_REFUND])
        case ShopDeletion():
            pass
