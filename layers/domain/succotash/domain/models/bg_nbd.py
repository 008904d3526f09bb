"""The BG/NBD model of repeat purchases.

P. S. Fader, B. G. S. Hardie and K. L. Lee (2005), "Counting Your Customers" the Easy Way: An
Alternative to the Pareto/NBD Model, Marketing Science 24(2), 275-284. While a customer is active,
purchases are Poisson with a rate that is gamma(r, alpha) among customers; after each repeat
purchase the customer leaves for good with a probability that is beta(a, b) among customers.
"""

from dataclasses import dataclass
from typing import override

import numpy as np
from scipy.special import expit, gammaln, psi

from succotash.domain.models.bg_nbd_expectation import expected_if_alive
from succotash.domain.models.likelihood import Fitted, UnfitError, maximise
from succotash.domain.models.purchases import Array, PurchaseModel, PurchaseSample, weighted_sum

_SCREENING_ROWS = 4_000
"""Rows on which the starts compete; the winner alone goes on to all rows."""
_STARTS = ((0.3, 0.8, 2.5), (1.0, 0.1, 1.0), (3.0, 1.0, 10.0))
"""(r, a, b) from which the search begins; alpha follows from the data's purchase rate."""


@dataclass(frozen=True, slots=True)
class BGNBD(PurchaseModel):
    """BG/NBD with its four parameters; alpha in days, the others without unit."""

    r: float
    alpha: float
    a: float
    b: float

    def __post_init__(self) -> None:
        if not all(0 < each < np.inf for each in (self.r, self.alpha, self.a, self.b)):
            raise ValueError("the parameters of BG/NBD are positive and finite")

    @property
    @override
    def name(self) -> str:
        return "BG/NBD"

    @override
    def parameters(self) -> dict[str, float]:
        return {"r": self.r, "alpha": self.alpha, "a": self.a, "b": self.b}

    def log_likelihood(self, sample: PurchaseSample) -> float:
        """The sample's log-likelihood in days, equation (6) of the paper summed over customers."""
        parameters = np.array([self.r, self.alpha, self.a, self.b])
        value, _ = Likelihood(sample, 1.0)(parameters)
        return value * sample.customers

    @override
    def probability_alive(self, frequency: Array, recency: Array, age: Array) -> Array:
        """Fader, Hardie & Lee (2008), Computing P(alive) Using the BG/NBD Model. x = 0: 1."""
        log_odds_left = (
            np.log(self.a)
            - np.log(self.b + np.maximum(frequency, 1) - 1)
            + (self.r + frequency) * np.log((self.alpha + age) / (self.alpha + recency))
        )
        alive: Array = np.where(frequency > 0, expit(-log_odds_left), 1.0)
        return alive

    @override
    def expected_purchases(
        self, frequency: Array, recency: Array, age: Array, days: float
    ) -> Array:
        """Equation (10) of the paper, free of its singularity at a = 1."""
        alive = self.probability_alive(frequency, recency, age)
        return alive * expected_if_alive(
            self.r, self.a, self.b, frequency, days / (self.alpha + age)
        )

    @override
    def probability_silent(
        self, frequency: Array, recency: Array, age: Array, days: float
    ) -> Array:
        alive = self.probability_alive(frequency, recency, age)
        return 1 - alive + alive * self.probability_silent_if_alive(frequency, recency, age, days)

    @override
    def probability_silent_if_alive(
        self, frequency: Array, recency: Array, age: Array, days: float
    ) -> Array:
        """((alpha + T) / (alpha + T + t))^(r + x): the rate is gamma(r + x, alpha + T) by now."""
        silent: Array = np.exp(-(self.r + frequency) * np.log1p(days / (self.alpha + age)))
        return silent

    @override
    def age_at_even_odds(self, frequency: Array, recency: Array) -> Array:
        """(alpha + t_x) ((b + x - 1) / a)^(1 / (r + x)) - alpha, where P(alive) = 1/2."""
        log_odds_alive = np.log((self.b + np.maximum(frequency, 1) - 1) / self.a)
        stretch = np.exp(log_odds_alive / (self.r + np.maximum(frequency, 1)))
        even = (self.alpha + recency) * stretch - self.alpha
        return np.where(frequency > 0, np.maximum(even, recency), np.inf)

    def expected_purchases_of_new_customer(self, days: float) -> float:
        """Expected repeat purchases in the first `days`, equation (9) of the paper."""
        nothing_yet = np.zeros(1)
        return float(self.expected_purchases(nothing_yet, nothing_yet, nothing_yet, days)[0])


class Likelihood:
    """Mean log-likelihood per customer and its gradient in (r, alpha, a, b), time scaled.

    The gamma and beta functions are taken once for each frequency, not for each row.
    """

    def __init__(self, sample: PurchaseSample, scale: float) -> None:
        again = sample.frequency > 0
        self._customers = sample.customers
        self._weight = sample.weight[again]
        self._frequency = sample.frequency[again]
        self._recency = sample.recency[again] / scale
        self._age = sample.age[again] / scale
        self._single_weight = sample.weight[~again]
        self._single_age = sample.age[~again] / scale
        self._x, self._of_x = np.unique(self._frequency, return_inverse=True)
        self._x_weight = np.bincount(self._of_x, self._weight, len(self._x))

    def __call__(self, parameters: Array) -> tuple[float, Array]:
        """At (r, alpha, a, b), with alpha in scaled time."""
        r, alpha, a, b = parameters
        x, x_weight = self._x, self._x_weight

        single = weighted_sum(self._single_weight, np.log1p(self._single_age / alpha))
        value = -r * single
        by_r = -single
        by_alpha = r * weighted_sum(
            self._single_weight, self._single_age / (alpha + self._single_age)
        )

        value += weighted_sum(x_weight, gammaln(r + x) - gammaln(r) - x * np.log(alpha))
        value += weighted_sum(
            x_weight, gammaln(a + b) - gammaln(b) + gammaln(b + x) - gammaln(a + b + x)
        )
        by_r += weighted_sum(x_weight, psi(r + x) - psi(r))
        by_a = weighted_sum(x_weight, psi(a + b) - psi(a + b + x))
        by_b = by_a + weighted_sum(x_weight, psi(b + x) - psi(b))

        # Relative to alpha, so that a huge alpha (a steady rate) does not cancel.
        until_end = np.log1p(self._age / alpha)
        until_last = np.log1p(self._recency / alpha)
        exponent = r + self._frequency
        log_share = np.log(a) - np.log(b + x - 1)
        log_odds_left = log_share[self._of_x] + exponent * (until_end - until_last)
        left = expit(log_odds_left)
        value += weighted_sum(self._weight, np.logaddexp(0.0, log_odds_left) - exponent * until_end)
        left_weight = self._weight * left
        by_r -= weighted_sum(self._weight, until_end)
        by_r += weighted_sum(left_weight, until_end - until_last)
        slope_end = self._age / (alpha + self._age)
        slope_last = self._recency / (alpha + self._recency)
        by_alpha += weighted_sum(self._weight, exponent * slope_end - self._frequency)
        by_alpha -= weighted_sum(left_weight, exponent * (slope_end - slope_last))
        by_a += left_weight.sum() / a
        by_b -= weighted_sum(np.bincount(self._of_x, left_weight, len(x)), 1 / (b + x - 1))

        gradient = np.array([by_r, by_alpha / alpha, by_a, by_b])
        return float(value / self._customers), gradient / self._customers


def fit_bg_nbd(sample: PurchaseSample) -> Fitted[BGNBD]:
    """The maximum-likelihood BG/NBD.

    Raises UnfitError where nobody bought again or no time has passed, when the likelihood has no
    maximum.
    """
    if sample.repeat_purchases == 0:
        raise UnfitError("nobody has bought a second time yet")
    scale = weighted_sum(sample.weight, sample.age) / sample.customers
    rate = sample.repeat_purchases / sample.customers
    starts = [np.array([r, r / rate, a, b]) for r, a, b in _STARTS]
    screening = sample.thinned(_SCREENING_ROWS)
    if len(screening.weight) < len(sample.weight) and screening.repeat_purchases > 0:
        starts = [maximise(Likelihood(screening, scale), starts).parameters]
    found = maximise(Likelihood(sample, scale), starts)
    r, alpha, a, b = (float(each) for each in found.parameters)
    model = BGNBD(r, alpha * scale, a, b)
    return Fitted(model, model.log_likelihood(sample), found.converged)
