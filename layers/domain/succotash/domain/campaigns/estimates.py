"""Estimates of what a campaign added, and when its groups are too small for any."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from succotash.domain.campaigns.boundaries import ALPHA, STANDARD_NORMAL, root, stagewise_tail
from succotash.domain.campaigns.differences import Difference, covariate_slope, difference
from succotash.domain.campaigns.totals import ArmTotals

LEAST_CUSTOMERS = 10
"""To be expected of each group: with fewer, a single one decides what the group is worth."""
LARGEST_SKEWNESS = 0.5
"""The largest skewness of a difference whose interval holds; see campaign-effect.md."""
_FAR = 9.0
"""No statistic is farther from the truth."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The difference that a campaign made, with a 95% interval."""

    value: float
    low: float
    high: float

    @property
    def is_bounded(self) -> bool:
        """Whether its interval has ends: that of a look that may spend next to nothing has none."""
        return isfinite(self.low) and isfinite(self.high)

    def times(self, members: int) -> "Estimate":
        """The difference for so many members."""
        return Estimate(self.value * members, self.low * members, self.high * members)


@dataclass(frozen=True, slots=True)
class TooSmall:
    """Why no interval of these groups would hold what it claims."""

    reason: str
    times: float | None
    """The factor of people that would be enough; None where nobody can tell yet."""


@dataclass(frozen=True, slots=True)
class GroupEffect:
    """The effect on everybody or on a segment, by intention to treat.

    Estimates are for one member of the treatment, and None where the groups are too small.
    """

    totals: ArmTotals
    revenue: Estimate | None = None
    customers: Estimate | None = None
    narrowed_by: float = 0.0
    """The share by which what was foreseen has narrowed the interval of revenue."""
    too_small: TooSmall | None = None
    """Why there is no estimate of revenue."""

    @property
    def incremental_revenue(self) -> Estimate | None:
        """The revenue that the campaign added, from all who were assigned to the treatment."""
        return self.revenue and self.revenue.times(self.totals.treatment.members)

    @property
    def incremental_customers(self) -> Estimate | None:
        """The number of members who bought because of the campaign."""
        return self.customers and self.customers.times(self.totals.treatment.members)


@dataclass(frozen=True, slots=True)
class Reading:
    """Both differences as of one look."""

    totals: ArmTotals
    revenue: Difference | None
    customers: Difference | None
    narrowed_by: float

    @classmethod
    def of(cls, totals: ArmTotals) -> "Reading":
        """Adjusted by what was foreseen."""
        arms = totals.treatment, totals.holdout
        written, held_out = (each.revenue_powers() for each in arms)
        revenue = difference(written, held_out, covariate_slope(written, held_out))
        plain = difference(written, held_out)
        bought, held_out_bought = (each.customer_powers() for each in arms)
        customers = difference(bought, held_out_bought, covariate_slope(bought, held_out_bought))
        narrowed = 1 - revenue.standard_error / plain.standard_error if revenue and plain else 0.0
        return cls(totals, revenue, customers, max(narrowed, 0.0))

    @property
    def too_small(self) -> TooSmall | None:
        """Why revenue has no interval; None where it has one."""
        return too_small(self.totals, self.revenue)

    def effect(self, limit: float, revenue: Estimate | None = None) -> GroupEffect:
        """Estimates with intervals that reach as far as a statistic of `limit`.

        An interval of revenue that was found otherwise may be given.
        """
        return GroupEffect(
            self.totals,
            revenue or self._estimate(self.revenue, limit),
            self._estimate(self.customers, limit),
            self.narrowed_by,
            self.too_small,
        )

    def _estimate(self, found: Difference | None, limit: float) -> Estimate | None:
        if found is None or too_small(self.totals, found):
            return None
        low, high = found.interval(limit)
        return Estimate(found.value, low, high)


def too_small(totals: ArmTotals, found: Difference | None) -> TooSmall | None:
    """Why the interval of a difference would not hold; None where it does.

    By what both groups do together, not by how they differ: to show an interval where the holdout
    happened to buy much would be to choose among results.
    """
    written, held_out = totals.treatment, totals.holdout
    name, smaller = (
        ("treatment", written) if written.members < held_out.members else ("holdout", held_out)
    )
    bought = written.b + held_out.b
    expected = bought * smaller.members / totals.members if bought else 0.0
    if expected < LEAST_CUSTOMERS:
        return TooSmall(
            f"{int(expected)} people of the {name} can be expected to buy, "
            f"and {LEAST_CUSTOMERS} are needed",
            LEAST_CUSTOMERS / expected if expected else None,
        )
    if found is None:
        return TooSmall("everybody's outcome is the same", None)
    if abs(found.skewness) > LARGEST_SKEWNESS:
        return TooSmall(
            f"a few large purchases decide what the {name} is worth",
            (found.skewness / LARGEST_SKEWNESS) ** 2,
        )
    return None


def stagewise_estimate(
    differences: Sequence[Difference], information: Sequence[float], limits: Sequence[float]
) -> Estimate:
    """The median-unbiased estimate and the stage-wise ordered interval after the last of the looks.

    All looks are put on the scale of a hypothetical true difference, where their statistics are
    standard normal, with the boundaries moved along.
    """
    *earlier, last = differences

    def tail(value: float) -> float:
        bounds = [
            (each.moved(-limit, value), each.moved(limit, value))
            for each, limit in zip(earlier, limits, strict=False)
        ]
        return stagewise_tail(information, bounds, last.statistic(value))

    def value_at(chance: float) -> float:
        wanted = STANDARD_NORMAL.inv_cdf(chance)
        return root(
            lambda value: STANDARD_NORMAL.inv_cdf(min(max(tail(value), 1e-15), 1 - 1e-15)) - wanted,
            last.value_at(_FAR),
            last.value_at(-_FAR),
            tolerance=last.standard_error * 1e-4,
        )

    return Estimate(value_at(0.5), value_at(ALPHA / 2), value_at(1 - ALPHA / 2))
