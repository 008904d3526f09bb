"""Boundaries for an effect that is read several times, and the chances of crossing them.

The statistics of successive looks are standard normal, and two of them correlate by the square root
of their ratio of information. How often a boundary is crossed is found by integrating from look to
look (Armitage, McPherson and Rowe, "Repeated significance tests on accumulating data", JRSS A 132
(1969), 235-244), here by Gauss-Legendre quadrature.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, cos, erfc, exp, log, pi, sqrt, sumprod
from statistics import NormalDist
from typing import Self

ALPHA = 0.05
"""The significance level of both sides together, over all looks of a campaign."""
STANDARD_NORMAL = NormalDist()
_FAR = 9.0
"""No standard normal statistic is as large: the chance is 1e-19."""
_LARGEST = 37.0
"""The largest boundary: farther out a chance is 0 in floating point."""
_SAME = 1e-3
"""Growth of information, as a share of it, that tells nothing new."""
_NODES = range(12, 240)
"""The number of points at which an integral is calculated."""
_PRECISION = 1e-15


def obrien_fleming_spent(fraction: float, alpha: float = ALPHA) -> float:
    """The error that may be spent by a fraction of the time, on both sides together.

    4 - 4 Φ(z / √t) with Φ(z) = 1 - alpha / 4: the O'Brien-Fleming type of Lan and DeMets, "Discrete
    sequential boundaries for clinical trials", Biometrika 70 (1983), 659-663, half on each side.
    """
    if fraction <= 0:
        return 0.0
    return 4 * upper_tail(-STANDARD_NORMAL.inv_cdf(alpha / 4) / sqrt(min(fraction, 1.0)))


def two_sided_boundaries(information: Sequence[float], spent: Sequence[float]) -> list[float]:
    """For each look the statistic that crosses, on either side.

    `information` at each look: above 0, not decreasing, in any unit. `spent` by each look: not
    decreasing. The two may run differently: Lan and DeMets, "Group sequential procedures: calendar
    versus information time", Statistics in Medicine 8 (1989), 1191-1198.

    Of looks without new data only the last matters to those after it: its boundary is the lowest,
    so whatever crossed before crosses there.
    """
    boundaries: list[float] = []
    path, before = _START, 0.0
    for at, (now, total) in enumerate(zip(information, spent, strict=True)):
        if at and grows(information[at - 1], now):
            limit = boundaries[-1]
            path = path.within(information[at - 1], -limit, limit, until=now)
            before = spent[at - 1]
        boundaries.append(path.boundary(now, (total - before) / 2))
    return boundaries


def stagewise_tail(
    information: Sequence[float], bounds: Sequence[tuple[float, float]], statistic: float
) -> float:
    """The chance of an outcome at least as high as a statistic at the last of these looks.

    `bounds`, lower and upper, are those of the looks before it. Outcomes are ordered by stage: to
    cross above at an earlier look is higher than whatever comes later, to cross below is lower.
    Tsiatis, Rosner and Mehta, "Exact confidence intervals following a group sequential test",
    Biometrics 40 (1984), 797-803.
    """
    path, crossed = _START, 0.0
    for (lower, upper), now, following in zip(
        bounds, information[:-1], information[1:], strict=True
    ):
        if grows(now, following):
            crossed += path.beyond(now, upper)
            path = path.within(now, lower, upper, until=following)
    return crossed + path.beyond(information[-1], statistic)


def grows(before: float, after: float) -> bool:
    """Whether a look with so much information tells something new."""
    return after > before * (1 + _SAME)


def upper_tail(statistic: float) -> float:
    """The chance that a standard normal variable is above; exact far out too."""
    return erfc(statistic / sqrt(2)) / 2


@dataclass(frozen=True, slots=True)
class _Path:
    """The statistic of those that have not crossed yet, as masses at points."""

    information: float
    points: tuple[float, ...]
    masses: tuple[float, ...]

    def beyond(self, information: float, limit: float) -> float:
        """The chance not to have crossed yet and to be above a limit at a later look."""
        gained = sqrt(2 * (information - self.information))
        at, scale = limit * sqrt(information) / gained, sqrt(self.information) / gained
        return sumprod(self.masses, [erfc(at - scale * each) for each in self.points]) / 2

    def within(self, information: float, lower: float, upper: float, until: float) -> Self:
        """The part between two limits at a later look, in the points that the next look needs."""
        lower, upper = max(lower, -_FAR), min(upper, _FAR)
        if lower >= upper:
            return type(self)(information, (), ())
        # Points lie no farther apart than the statistic moves from look to look.
        moves = sqrt(
            min((information - self.information) / information, (until - information) / information)
        )
        count = min(max(ceil(pi / 2 * (upper - lower) / moves), _NODES.start), _NODES.stop)
        middle, half = (lower + upper) / 2, (upper - lower) / 2
        points = tuple(middle + half * each for each, _ in _gauss_legendre(count))
        widths = (half * weight for _, weight in _gauss_legendre(count))
        return type(self)(
            information,
            points,
            tuple(
                width * self._density(information, point)
                for point, width in zip(points, widths, strict=True)
            ),
        )

    def boundary(self, information: float, chance: float) -> float:
        """The limit that is exceeded at a later look with this chance."""
        if chance <= self.beyond(information, _LARGEST):
            return _LARGEST
        wanted = log(chance)
        return root(
            lambda limit: log(max(self.beyond(information, limit), 1e-320)) - wanted, 0.0, _LARGEST
        )

    def _density(self, information: float, point: float) -> float:
        gained = sqrt(2 * (information - self.information))
        at, scale = point * sqrt(information) / gained, sqrt(self.information) / gained
        kernel = sumprod(self.masses, [exp(-((at - scale * each) ** 2)) for each in self.points])
        return kernel * sqrt(information / pi) / gained


_START = _Path(0.0, (0.0,), (1.0,))


def root(
    function: Callable[[float], float], low: float, high: float, tolerance: float = 1e-9
) -> float:
    """The zero of a monotonic function between two points at which its signs differ.

    Regula falsi, as in Dowell and Jarratt, "A modified regula falsi method for computing the root
    of an equation", BIT 11 (1971), 168-174 (the Illinois algorithm).
    """
    at_low, at_high = function(low), function(high)
    kept = 0
    while abs(high - low) > tolerance and at_low != at_high:
        middle = (low * at_high - high * at_low) / (at_high - at_low)
        found = function(middle)
        if abs(found) < tolerance:
            return middle
        if (found > 0) == (at_high > 0):
            high, at_high = middle, found
            at_low = at_low / 2 if kept == 1 else at_low
            kept = 1
        else:
            low, at_low = middle, found
            at_high = at_high / 2 if kept == -1 else at_high
            kept = -1
    return (low + high) / 2


@cache
def _gauss_legendre(count: int) -> tuple[tuple[float, float], ...]:
    """Points in (-1, 1) and their weights: roots of a Legendre polynomial, by Newton's method."""
    found = []
    for index in range(count):
        point, step = cos(pi * (index + 0.75) / (count + 0.5)), 1.0
        slope = 1.0
        while abs(step) > _PRECISION:
            value, before = point, 1.0
            for degree in range(2, count + 1):
                value, before = (
                    ((2 * degree - 1) * point * value - (degree - 1) * before) / degree,
                    value,
                )
            slope = count * (point * value - before) / (point * point - 1)
            step = value / slope
            point -= step
        found.append((point, 2 / ((1 - point * point) * slope * slope)))
    return tuple(found)
