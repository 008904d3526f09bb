"""The Gamma-Gamma model of money per purchase.

P. S. Fader and B. G. S. Hardie (2013), The Gamma-Gamma Model of Monetary Value, note 025. A
purchase's amount is gamma(p, nu), nu is gamma(q, v) among customers, and neither depends on how
often a customer buys.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self, override

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, polygamma, psi

from succotash.domain.models.likelihood import (
    Evaluation,
    Fitted,
    Maximum,
    Normal,
    Prior,
    UnfitError,
    maximise,
    precision_of,
)
from succotash.domain.models.purchases import Array, weighted_sum
from succotash.domain.models.spend import SpendModel, SpendSample

_STARTS = ((1.0, 3.0), (6.0, 4.0), (30.0, 1.5))
"""(p, q) from which the search begins; v follows from the data's mean."""
_SCREENING_ROWS = 1_000
"""Customers on whom the starts compete; the winner alone goes on to all."""
_SAME = 1e-9
"""Means whose logarithms differ by less are equal but for rounding."""
WEAK_PRIOR = Prior(
    (
        Normal((1, 0, 0), mean=0.0, deviation=2.0),
        Normal((0, 1, 0), mean=0.0, deviation=1.5),
        Normal((1, -1, 1), mean=0.0, deviation=1.0),
    )
)
"""The prior of p, of q - 1, and of the mean p v / (q - 1) in typical means; see ADR 16."""


@dataclass(frozen=True, slots=True)
class GammaGamma(SpendModel):
    """Gamma-Gamma with its three parameters; v in money, p and q without unit."""

    p: float
    q: float
    v: float

    def __post_init__(self) -> None:
        if not all(0 < each < np.inf for each in (self.p, self.q, self.v)):
            raise ValueError("the parameters of Gamma-Gamma are positive and finite")

    @property
    @override
    def name(self) -> str:
        return "Gamma-Gamma"

    @override
    def parameters(self) -> dict[str, float]:
        return {"p": self.p, "q": self.q, "v": self.v}

    @override
    def with_parameters(self, **parameters: float) -> Self:
        return replace(self, **parameters)

    @property
    def has_mean(self) -> bool:
        """Whether the population's mean spend p v / (q - 1) exists: q > 1."""
        return self.q > 1

    @property
    def population_mean(self) -> float:
        """Mean spend of all customers, p v / (q - 1); +inf where `has_mean` is false."""
        return self.p * self.v / (self.q - 1) if self.has_mean else np.inf

    @override
    def expected_spend(self, frequency: Array, mean_spend: Array) -> Array:
        """Equation (5) of the note, p (v + x m) / (p x + q - 1); one-time buyers: the mean of all.

        Where q <= 1 that mean does not exist, and everybody gets the likeliest value of their mean
        spend instead, p (v + x m) / (p x + q + 1): what p / nu follows is inverse gamma.
        """
        spent = _spent(frequency, mean_spend)
        shape = self.p * frequency + self.q
        expected: Array = self.p * (self.v + spent) / (shape - 1 if self.has_mean else shape + 1)
        return expected

    def log_likelihood(self, sample: SpendSample) -> float:
        """The sample's log-likelihood, equation (1a) of the note summed over customers."""
        at = np.array([self.p, self.q, self.v])
        return Likelihood(sample, 1.0)(at).value * sample.customers

    @override
    def simulate_spend(
        self, frequency: Array, mean_spend: Array, purchases: Array, random: np.random.Generator
    ) -> Array:
        """gamma(p n) / nu, where nu is gamma(p x + q, v + x m) by now."""
        brought = np.zeros_like(purchases)
        # Most draws buy nothing, and gamma numbers are dear.
        some = np.flatnonzero(purchases > 0)
        x = frequency[some]
        spent = _spent(x, mean_spend[some])
        nu = random.gamma(self.p * x + self.q) / (self.v + spent)
        brought[some] = random.gamma(self.p * purchases[some]) / nu
        return brought


def _spent(frequency: Array, mean_spend: Array) -> Array:
    """The sum of repeat purchases, x m; 0 without any."""
    return frequency * np.where(frequency > 0, np.maximum(mean_spend, 0.0), 0.0)


class Likelihood:
    """Mean log-likelihood per customer and its derivatives in (p, q, v), money scaled."""

    def __init__(self, sample: SpendSample, scale: float) -> None:
        self._customers = sample.customers
        self._weight = sample.weight
        self._weighted_frequency = sample.weight * sample.frequency
        self._spent = sample.frequency * sample.mean_spend / scale
        self._constant = weighted_sum(sample.weight, np.log(sample.mean_spend / scale))
        self._x, of_x = np.unique(sample.frequency, return_inverse=True)
        self._x_weight = np.bincount(of_x, sample.weight, len(self._x))

    def __call__(self, parameters: Array) -> Evaluation:
        """At (p, q, v), with v in scaled money."""
        p, q, v = (float(each) for each in parameters)
        x, x_weight = self._x, self._x_weight
        weight, weighted_x = self._weight, self._weighted_frequency
        # log(v / (v + x m)) and log(x m / (v + x m)), each without cancellation.
        prior = weighted_sum(weight, -np.log1p(self._spent / v))
        data = weighted_sum(weighted_x, -np.log1p(v / self._spent))
        share = self._spent / (v + self._spent)
        own, others = weighted_sum(weight, share), weighted_sum(weighted_x, 1 - share)
        bends = share * (1 - share)
        own_bend, others_bend = weighted_sum(weight, bends), weighted_sum(weighted_x, bends)

        value = weighted_sum(x_weight, gammaln(p * x + q) - gammaln(p * x) - gammaln(q))
        value += q * prior + p * data - self._constant
        together = psi(p * x + q)
        by_p = weighted_sum(x_weight, x * (together - psi(p * x))) + data
        by_q = weighted_sum(x_weight, together - psi(q)) + prior
        by_v = q * own - p * others
        gradient = np.array([by_p, by_q, by_v / v])

        bend = polygamma(1, p * x + q)
        pp = weighted_sum(x_weight, x * x * (bend - polygamma(1, p * x)))
        pq = weighted_sum(x_weight, x * bend)
        qq = weighted_sum(x_weight, bend - polygamma(1, q))
        pv, qv = -others / v, own / v
        vv = (-q * own_bend - p * others_bend - by_v) / v**2
        hessian = np.array([[pp, pq, pv], [pq, qq, qv], [pv, qv, vv]])
        customers = self._customers
        return Evaluation(value / customers, gradient / customers, hessian / customers)


def fit_gamma_gamma(
    frequency: ArrayLike,
    mean_spend: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    prior: Prior | None = None,
) -> Fitted[GammaGamma]:
    """The likeliest Gamma-Gamma of the repeat customers with a positive mean.

    A prior is of (p, q - 1, v): with one the population has a mean. The starts compete on a part of
    the customers, the winner alone goes on to all.

    Raises UnfitError where there are none, or all spend the same: then nothing tells a purchase's
    spread from a customer's.
    """
    sample = SpendSample.from_columns(frequency, mean_spend, weight)
    if not len(sample.weight):
        raise UnfitError("no repeat purchase has an amount above 0")
    logs = np.log(sample.mean_spend)
    if float(logs.max() - logs.min()) < _SAME:
        raise UnfitError("all repeat customers spend the same")
    scale = float(np.exp(np.average(logs, weights=sample.weight)))
    least = np.array([0.0, 0.0 if prior is None else 1.0, 0.0])

    def search(part: SpendSample, starts: Sequence[Array]) -> Maximum:
        of_part = Likelihood(part, scale)
        return maximise(lambda above: of_part(least + above), starts, prior, part.customers)

    starts = [np.array([p, q, q / p]) - least for p, q in _STARTS]
    step = max(1, len(sample.weight) // _SCREENING_ROWS)
    if step > 1:
        screening = SpendSample(
            sample.frequency[::step], sample.mean_spend[::step], sample.weight[::step]
        )
        starts = [search(screening, starts).parameters]
    found = search(sample, starts)
    parameters = least + found.parameters
    p, q, v = (float(each) for each in parameters)
    model = GammaGamma(p, q, v * scale)
    # By the logarithms of the parameters themselves.
    stretch = parameters / found.parameters
    by_logs = replace(found, log_hessian=found.log_hessian * stretch * stretch[:, None])
    precision, reason = precision_of(by_logs, sample.customers, model.parameters())
    log_likelihood = model.log_likelihood(sample)
    return Fitted(model, log_likelihood, found.converged, precision, reason)
