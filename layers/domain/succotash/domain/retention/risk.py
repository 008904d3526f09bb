"""Parameters of churn risk; `domain.models.risk_levels` gives the reasoning."""

import math
from dataclasses import dataclass

RETURN_HORIZONS = 2
"""Churn horizons within which a customer comes back, or not."""


@dataclass(frozen=True, slots=True)
class RiskRule:
    """The parameters that an operator may set: three shares from 0 to 1, and two ratios.

    The ratios are multiples of everybody's chance of coming back.
    """

    silent_from: float = 0.5
    """A churn probability of at most this is low in any shop."""
    low_at_least: float = 0.06
    """The share of customers least likely to churn, who are low if they are likely to return."""
    high_at_most: float = 0.10
    """The share of customers with the greatest value at risk, who may be high."""
    likely_ratio: float = 2.0
    """A customer with so many times everybody's chance is likely to return."""
    lost_ratio: float = 0.5
    """A customer with at most so many times everybody's chance may be lost."""

    def __post_init__(self) -> None:
        shares = (self.silent_from, self.low_at_least, self.high_at_most)
        if not all(0 <= each <= 1 for each in shares):
            raise ValueError("the shares of a risk rule lie between 0 and 1")
        if not 0 <= self.lost_ratio < self.likely_ratio < math.inf:
            raise ValueError("of the ratios of a risk rule, the one of the lost is the lower")


DEFAULT_RISK_RULE = RiskRule()
