"""Refunds that do not fit what they refund: recorded all the same, and told."""

from dataclasses import dataclass
from enum import StrEnum


class RefundWarning(StrEnum):
    """Why a refund that was recorded deserves a second look.

    A refund whose order has not come yet deserves none: facts may arrive in any order.
    """

    EXCEEDS_ORDER = "refunds_exceed_order"
    OF_REFUND = "refund_of_refund"
    OF_ANOTHER_CUSTOMER = "order_of_another_customer"

    @property
    def message(self) -> str:
        """The warning as a sentence about `refund_of`."""
        return _MESSAGES[self]


_MESSAGES = {
    RefundWarning.EXCEEDS_ORDER: (
        "The order's refunds exceed its amount; the customer's value is lowered by the difference"
    ),
    RefundWarning.OF_REFUND: "Refund of a refund; no order's amount is lowered",
    RefundWarning.OF_ANOTHER_CUSTOMER: (
        "Refund of another customer's order; no order's amount is lowered"
    ),
}


@dataclass(frozen=True, slots=True)
class RefundTotals:
    """Refunds as of an instant that match no order, and orders refunded beyond their amount."""

    unmatched: int = 0
    """Refunds that name no order of their customer known by then: they lower no value."""
    unmatched_units: int = 0
    """The sum of the refunds, in ten-thousandths; 0 or less."""
    over_refunded: int = 0
    """Orders."""
    over_refunded_units: int = 0
    """The amount by which refunds exceed their orders, in ten-thousandths; 0 or less."""

    def __add__(self, other: "RefundTotals") -> "RefundTotals":
        """The ledgers of both together."""
        return RefundTotals(
            self.unmatched + other.unmatched,
            self.unmatched_units + other.unmatched_units,
            self.over_refunded + other.over_refunded,
            self.over_refunded_units + other.over_refunded_units,
        )
