"""The distribution of customers' values: bins that suit a heavy tail."""

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from succotash.domain.values import MONEY_PLACES, TOTAL_LIMIT


class ValueMeasure(StrEnum):
    """An amount of a customer whose distribution is counted."""

    PREDICTED_CLV = "predicted_clv"
    ACTUAL_CLV = "actual_clv"
    RESIDUAL_VALUE = "residual_value"


_STEPS = ("1", "1.5", "2", "3", "5", "7")
"""Six bins to each power of ten, about equally wide on a scale of logarithms."""

BIN_EDGES: tuple[Decimal, ...] = (
    Decimal(0),
    *(
        edge
        for power in range(TOTAL_LIMIT.adjusted() + 1)
        for step in _STEPS
        if (edge := Decimal(step).scaleb(power)) < TOTAL_LIMIT
    ),
)
"""Amounts at which bins begin. Runs keep the number of a bin, so these stay as they are."""

_EDGES_IN_UNITS = [int(edge.scaleb(MONEY_PLACES)) for edge in BIN_EDGES]


def bin_of(units: int) -> int:
    """The number of the bin of an amount in ten-thousandths: how many edges are not above it."""
    return bisect_right(_EDGES_IN_UNITS, units)


@dataclass(frozen=True, slots=True)
class ValueBin:
    """Customers whose amounts are alike."""

    number: int
    """The number that `bin_of` gives; 0 holds amounts below zero."""
    customers: int
    total: Decimal
    """Sum of their amounts, in the currency of the run."""

    @property
    def low(self) -> Decimal | None:
        """The least amount that belongs here; None where every smaller one does."""
        return BIN_EDGES[self.number - 1] if self.number else None

    @property
    def high(self) -> Decimal | None:
        """Amounts here are below it; None where every larger one belongs here."""
        return BIN_EDGES[self.number] if self.number < len(BIN_EDGES) else None
