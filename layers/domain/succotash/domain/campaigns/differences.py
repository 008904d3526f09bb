"""The difference that a campaign made to a member's outcome, and how sure it is."""

from dataclasses import dataclass, replace
from math import cbrt, comb, log, sqrt
from typing import Self

from succotash.domain.campaigns.totals import PowerSums

VARIANCE_RATIO_SPREAD = 0.25
"""The change that campaigns are thought to make, as a standard deviation of its logarithm, in the
variance of an outcome."""
_LEAST_MEMBERS = 2
"""The least members of a group with a variance."""
_STRAIGHT = 1e-9
"""A bend below this is none."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference in means, treatment less holdout, and what its error is like.

    Outcomes such as revenue are skewed, and so are errors of small groups. The statistic is made
    normal by a monotonic transformation: Hall, "On the removal of skewness by transformation",
    JRSS B 54 (1992), 221-228, for two samples in Zhou and Dinh, "Nonparametric confidence intervals
    for the one- and two-sample problems", Biostatistics 6 (2005), 187-200.
    """

    value: float
    standard_error: float
    """Above 0."""
    skewness: float
    """The skewness of the difference."""
    own_variance: float
    """Between 0 and 1: how far each group's variance was taken from itself, not from both."""

    def statistic(self, value: float = 0.0) -> float:
        """Standard normal where the true difference is `value`.

        t + κ((3w - 1)t² + 1)/6 to the first order: an Edgeworth expansion of the mean (w = 0), of
        Student's ratio (w = 1), or between them.
        """
        ratio, bend = (self.value - value) / self.standard_error, self._bend
        return ratio + bend * ratio**2 + bend**2 * ratio**3 / 3 + self.skewness / 6

    def value_at(self, statistic: float) -> float:
        """The true difference for which the statistic would be this one."""
        bend, level = self._bend, statistic - self.skewness / 6
        ratio = (cbrt(1 + 3 * bend * level) - 1) / bend if abs(bend) > _STRAIGHT else level
        return self.value - self.standard_error * ratio

    def moved(self, limit: float, value: float) -> float:
        """The statistic about `value` of data whose statistic about 0 is at a limit."""
        shift = self.value - self.value_at(limit)
        return replace(self, value=shift).statistic(value)

    def interval(self, limit: float) -> tuple[float, float]:
        """The true differences for which the statistic would be within -limit and limit."""
        return self.value_at(limit), self.value_at(-limit)

    @property
    def _bend(self) -> float:
        return self.skewness * (3 * self.own_variance - 1) / 6


def covariate_slope(treatment: PowerSums, holdout: PowerSums) -> float:
    """The slope of the outcome over the forecast, within groups; 0 where it is constant.

    The θ of Deng, Xu, Kohavi and Walker, "Improving the sensitivity of online controlled
    experiments by utilizing pre-experiment data" (CUPED), WSDM 2013.
    """
    together = spread = 0.0
    for sums in (treatment, holdout):
        (members, foreseen, squared, *_), (outcome, product, *_), *_ = sums
        if members:
            together += product - outcome * foreseen / members
            spread += squared - foreseen**2 / members
    return together / spread if spread > 0 else 0.0


def difference(treatment: PowerSums, holdout: PowerSums, slope: float = 0.0) -> Difference | None:
    """The difference in means of the outcome less `slope` times what was foreseen.

    None where a group has fewer than two members, or where nobody differs from anybody.
    """
    written, held_out = (_Moments.of(each, slope) for each in (treatment, holdout))
    if min(written.members, held_out.members) < _LEAST_MEMBERS:
        return None
    both = written.pooled(held_out)
    if both.variance <= 0:
        return None
    weight = _own_weight(written, held_out, both)
    squared_error = sum(
        (weight * each.variance + (1 - weight) * both.variance) / (each.members - 1)
        for each in (written, held_out)
    )
    shares = 1 / written.members**2 - 1 / held_out.members**2
    return Difference(
        value=written.mean - held_out.mean,
        standard_error=sqrt(squared_error),
        skewness=both.third * shares / squared_error**1.5,
        own_variance=weight,
    )


@dataclass(frozen=True, slots=True)
class _Moments:
    """The mean, and the second to fourth moments about it."""

    members: float
    mean: float
    variance: float
    third: float
    fourth: float

    @classmethod
    def of(cls, sums: PowerSums, slope: float) -> Self:
        """The powers of a group's outcome less `slope` times the forecast."""
        members = sums[0][0]
        if not members:
            return cls(0, 0.0, 0.0, 0.0, 0.0)
        raw = [
            sum(comb(power, at) * (-slope) ** at * sums[power - at][at] for at in range(power + 1))
            / members
            for power in range(5)
        ]
        mean = raw[1]
        variance, third, fourth = (
            sum(comb(power, at) * raw[at] * (-mean) ** (power - at) for at in range(power + 1))
            for power in range(2, 5)
        )
        return cls(members, mean, max(variance, 0.0), third, max(fourth, 0.0))

    def pooled(self, other: Self) -> Self:
        """The powers of both groups, each about its own mean."""
        whole = self.members + other.members
        mean, variance, third, fourth = (
            (self.members * ours + other.members * theirs) / whole
            for ours, theirs in (
                (self.mean, other.mean),
                (self.variance, other.variance),
                (self.third, other.third),
                (self.fourth, other.fourth),
            )
        )
        return type(self)(whole, mean, variance, third, fourth)


def _own_weight(written: _Moments, held_out: _Moments, both: _Moments) -> float:
    """The weight of each group's own variance, against that of both together.

    A few customers decide the variance of a small group, and one that happens to lack them would
    seem surer than it is. So the logarithm of the ratio of variances is shrunk as in empirical
    Bayes: its error has a variance of e = (kurtosis - 1)(1/m + 1/n), and the ratio itself one of s,
    which is what campaigns usually do to it, or more where it is seen to be. The weight is
    s / (s + e).
    """
    error = (both.fourth / both.variance**2 - 1) * (1 / written.members + 1 / held_out.members)
    seen = (
        log(written.variance / held_out.variance) ** 2
        if written.variance > 0 and held_out.variance > 0
        else 0.0
    )
    spread = max(VARIANCE_RATIO_SPREAD**2, seen - error)
    return spread / (spread + max(error, 0.0))
