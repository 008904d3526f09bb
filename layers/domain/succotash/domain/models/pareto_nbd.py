"""The Pareto/NBD model of repeat purchases.

D. C. Schmittlein, D. G. Morrison and R. Colombo (1987), Counting Your Customers: Who Are They and
What Will They Do Next?, Management Science 33(1), 1-24. While a customer is active, purchases are
Poisson with a rate that is gamma(r, alpha) among customers; they leave for good at any time, at a
rate that is gamma(s, beta) among them. Its integral stands in `silence`.
"""

from dataclasses import dataclass, replace
from math import log
from typing import Self, override

import numpy as np

from succotash.domain.models.inactivity import Nodes, Rates, died_silently, log_lived_through, nodes
from succotash.domain.models.likelihood import (
    Evaluation,
    Fitted,
    Normal,
    Prior,
    UnfitError,
    maximise,
    precision_of,
)
from succotash.domain.models.purchases import (
    Array,
    PurchaseModel,
    PurchaseSample,
    customers_beyond,
    inner,
    weighted_sum,
)

_SCREENING_ROWS = 400
"""Rows on which the starts compete; the winner alone goes on to all rows."""
_STARTS = ((0.5, 0.6, 0.3), (1.0, 0.2, 1.0), (3.0, 2.0, 3.0))
"""(r, s, beta / mean age) from which the search begins; alpha follows from the purchase rate."""
_FOREVER = 1e12
"""Days; who is still likelier alive than not after them never becomes otherwise."""
_MOST_STEPS = 100
_CLOSE = 1e-12
WEAK_PRIOR = Prior(
    (
        Normal((1, 0, 0, 0), mean=0.0, deviation=1.5),
        Normal((1, -1, 0, 0), mean=0.0, deviation=3.0),
        Normal((0, 0, 1, 0), mean=-log(2), deviation=3.0),
        Normal((0, 0, 1, -1), mean=0.0, deviation=3.0),
    )
)
"""The prior of r, of the purchases at mean age r / alpha, of s and of the departures s / beta.

The same as for BG/NBD where the parameters mean the same; see ADR 16.
"""


@dataclass(frozen=True, slots=True)
class ParetoNBD(PurchaseModel):
    """Pareto/NBD with its four parameters; alpha and beta in days, the others without unit."""

    r: float
    alpha: float
    s: float
    beta: float

    def __post_init__(self) -> None:
        if not all(0 < each < np.inf for each in (self.r, self.alpha, self.s, self.beta)):
            raise ValueError("the parameters of Pareto/NBD are positive and finite")

    @property
    @override
    def name(self) -> str:
        return "Pareto/NBD"

    @override
    def parameters(self) -> dict[str, float]:
        return {"r": self.r, "alpha": self.alpha, "s": self.s, "beta": self.beta}

    @override
    def with_parameters(self, **parameters: float) -> Self:
        return replace(self, **parameters)

    def log_likelihood(self, sample: PurchaseSample) -> float:
        """The sample's log-likelihood, in days, summed over customers."""
        at = np.array([self.r, self.alpha, self.s, self.beta])
        return Likelihood(sample, 1.0)(at).value * sample.customers

    @override
    def probability_alive(self, frequency: Array, recency: Array, age: Array) -> Array:
        """P(inactive since the last purchase and alive) / P(inactive since the last purchase)."""
        rates, silence = self._rates(frequency, recency), age - recency
        lived = np.exp(log_lived_through(rates, silence))
        alive: Array = lived / (lived + died_silently(rates, silence))
        return alive

    @override
    def expected_purchases(
        self, frequency: Array, recency: Array, age: Array, days: float
    ) -> Array:
        """Fader & Hardie (2005), A Note on Deriving the Pareto/NBD Model, at s = 1 too.

        P(alive) (r + x) / (alpha + T) E[(1 - e^(-mu t)) / mu], where mu is gamma(s, beta + T).
        """
        bend, length = self.s - 1, np.log1p(days / (self.beta + age))
        lifetime = (self.beta + age) * (-np.expm1(-bend * length) / bend if bend else length)
        rate = (self.r + frequency) / (self.alpha + age)
        expected: Array = self.probability_alive(frequency, recency, age) * rate * lifetime
        return expected

    @override
    def probability_inactive(
        self, frequency: Array, recency: Array, age: Array, days: float
    ) -> Array:
        alive = self.probability_alive(frequency, recency, age)
        return 1 - alive + alive * self.probability_inactive_if_alive(frequency, recency, age, days)

    @override
    def probability_inactive_if_alive(
        self, frequency: Array, recency: Array, age: Array, days: float
    ) -> Array:
        """Inactive because no purchase comes, or because the customer leaves before one does."""
        rates, silence = self._rates(frequency, age), np.full_like(age, days)
        lived = np.exp(log_lived_through(rates, silence))
        inactive: Array = np.minimum(lived + died_silently(rates, silence), 1.0)
        return inactive

    @override
    def age_at_even_odds(self, frequency: Array, recency: Array) -> Array:
        """The time d without purchases at which the odds K of having left are 1: Newton in log d.

        dK / dd = s / (beta + t_x + d) + K [(r + x) / (alpha + t_x + d) + s / (beta + t_x + d)].
        """
        rates = self._rates(frequency, recency)
        found = np.full_like(recency, np.inf)
        forever = np.full_like(recency, np.log(_FOREVER))
        rows = np.flatnonzero(self._log_odds_left(rates, forever)[0] > 0)
        low, high = np.full(len(rows), -np.log(_FOREVER)), forever[rows]
        # Fair where the rates hardly change meanwhile: K is about s d / (beta + t_x) at first.
        logs = np.clip(np.log(rates.death_scale[rows]) - np.log1p(self.s), low, high)
        for _ in range(_MOST_STEPS):
            if not len(rows):
                break
            known = Rates(rates.shape[rows], rates.scale[rows], self.s, rates.death_scale[rows])
            odds, slope = self._log_odds_left(known, logs)
            low, high = np.where(odds < 0, logs, low), np.where(odds < 0, high, logs)
            newton = logs - odds / slope
            tame = (newton > low) & (newton < high)
            following = np.where(tame, newton, (low + high) / 2)
            found[rows] = recency[rows] + np.exp(following)
            open_still = np.abs(following - logs) > _CLOSE
            rows, logs = rows[open_still], following[open_still]
            low, high = low[open_still], high[open_still]
        return found

    @override
    def simulate_purchases(
        self,
        frequency: Array,
        recency: Array,
        age: Array,
        days: float,
        random: np.random.Generator,
    ) -> Array:
        """The Poisson count of the days until the customer leaves or the horizon ends."""
        purchases = np.zeros_like(frequency)
        alive = random.random(len(frequency)) < self.probability_alive(frequency, recency, age)
        rate = random.gamma(self.r + frequency[alive]) / (self.alpha + age[alive])
        leaving = random.gamma(self.s, size=len(rate)) / (self.beta + age[alive])
        # In units of the horizon, so that who hardly ever leaves needs no infinity.
        lifetime = random.exponential(size=len(rate)) / np.maximum(leaving * days, _CLOSE)
        purchases[alive] = random.poisson(rate * days * np.minimum(lifetime, 1.0))
        return purchases

    def expected_purchases_of_new_customer(self, days: float) -> float:
        """Expected repeat purchases in the first `days`."""
        nothing_yet = np.zeros(1)
        return float(self.expected_purchases(nothing_yet, nothing_yet, nothing_yet, days)[0])

    def _rates(self, frequency: Array, seen_until: Array) -> Rates:
        """The posterior of a customer's rates, given that they were alive at `seen_until`."""
        return Rates(self.r + frequency, self.alpha + seen_until, self.s, self.beta + seen_until)

    def _log_odds_left(self, rates: Rates, log_days: Array) -> tuple[Array, Array]:
        """Log K after a silence, and its slope by the log of the silence."""
        days = np.exp(log_days)
        odds: Array = np.log(died_silently(rates, days)) - log_lived_through(rates, days)
        leaving = self.s / (rates.death_scale + days)
        # e^-600 is as good as nothing, and e^600 is a number.
        inverse = np.exp(-np.clip(odds, -600.0, 600.0))
        slope: Array = days * (leaving * inverse + rates.shape / (rates.scale + days) + leaving)
        return odds, slope


class Likelihood:
    """Mean log-likelihood per customer and its derivatives in (r, alpha, s, beta), time scaled.

    Fader & Hardie (2005): Gamma(r + x) / Gamma(r) alpha^r beta^s times the sum of two terms, alive
    at T and dead since some time between t_x and T. The second is an integral; with its nodes both
    are one weighted sum over times tau, and the slopes are means over that sum.
    """

    def __init__(self, sample: PurchaseSample, scale: float) -> None:
        self._customers = sample.customers
        self._weight = sample.weight
        self._frequency = sample.frequency
        self._recency = sample.recency / scale
        self._age = sample.age / scale
        x, of_x = np.unique(sample.frequency, return_inverse=True)
        self._bought = customers_beyond(x, np.bincount(of_x, sample.weight, len(x)))

    def __call__(self, parameters: Array) -> Evaluation:
        """At (r, alpha, s, beta), with alpha and beta in scaled time."""
        r, alpha, s, beta = (float(each) for each in parameters)
        # Gamma(r + x) / Gamma(r) is the product of r + k for k below x: nothing cancels.
        bought, shape = self._bought, r + np.arange(len(self._bought))
        value = weighted_sum(bought, np.log(shape / alpha))
        gradient, hessian = np.zeros(4), np.zeros((4, 4))
        gradient[0] = weighted_sum(bought, 1 / shape)
        hessian[0, 0] = weighted_sum(bought, -1 / shape**2)

        # Below alpha and beta stand for their logarithms, until the end.
        gradient[1] -= float(bought.sum())
        rates = Rates(r + self._frequency, alpha + self._recency, s, beta + self._recency)
        for block in nodes(rates, self._age - self._recency):
            part = self._over(block, rates, alpha, beta)
            value += part.value
            gradient += part.gradient
            hessian += part.hessian
        hessian = np.triu(hessian) + np.triu(hessian, 1).T
        for place, scale in ((1, alpha), (3, beta)):
            hessian[place, place] -= gradient[place]
            gradient[place] /= scale
            hessian[place] /= scale
            hessian[:, place] /= scale
        customers = self._customers
        return Evaluation(value / customers, gradient / customers, hessian / customers)

    def _over(self, block: Nodes, rates: Rates, alpha: float, beta: float) -> Evaluation:
        """Sums over some rows, with derivatives by (r, log alpha, s, log beta).

        Of the Hessian the upper half. The last column is the customer who is alive at T, the
        others died at their node.
        """
        rows, s = block.rows, rates.death_shape
        row_weight = self._weight[rows]
        recency, age = self._recency[rows], self._age[rows]
        tau = np.column_stack([recency[:, None] + block.days, age])
        shape = rates.shape[rows][:, None]
        dead = np.ones(tau.shape[1])
        dead[-1] = 0.0
        by_rate, by_death = np.log1p(tau / alpha), np.log1p(tau / beta)
        # What a customer alive at t_x contributes is split off: the rest is at most 1.
        at_last = -(shape[:, 0] * np.log1p(recency / alpha) + s * np.log1p(recency / beta))
        mass = np.exp(-shape * by_rate - s * by_death - at_last[:, None])
        mass[:, :-1] *= block.weights * (s / beta)
        mass[:, :-1] /= 1 + tau[:, :-1] / beta
        total = mass.sum(axis=1)
        mass *= (row_weight / total)[:, None]

        rate_share, death_share = tau / (alpha + tau), tau / (beta + tau)
        slopes = (
            -by_rate,
            shape * rate_share,
            dead / s - by_death,
            (s + dead) * death_share - dead,
        )
        weighted = [mass * each for each in slopes]
        means = [each.sum(axis=1) for each in weighted]
        gradient = np.array([float(each.sum()) for each in means])
        hessian = np.zeros((4, 4))
        for i in range(4):
            for j in range(i, 4):
                spread = inner(weighted[i].ravel(), slopes[j].ravel())
                hessian[i, j] = spread - inner(means[i] / row_weight, means[j])
        mass_rate, mass_death = mass * rate_share, mass * death_share
        hessian[0, 1] += float(mass_rate.sum())
        hessian[1, 1] -= inner((mass_rate * shape).ravel(), (1 - rate_share).ravel())
        hessian[2, 2] -= float(mass[:, :-1].sum()) / s**2
        hessian[2, 3] += float(mass_death.sum())
        hessian[3, 3] -= inner((mass_death * (s + dead)).ravel(), (1 - death_share).ravel())
        return Evaluation(inner(row_weight, np.log(total) + at_last), gradient, hessian)


def fit_pareto_nbd(
    sample: PurchaseSample, start: ParetoNBD | None = None, *, prior: Prior | None = None
) -> Fitted[ParetoNBD]:
    """The likeliest Pareto/NBD; the search begins at `start` where one is given.

    Raises UnfitError where nobody bought again or no time has passed, when the likelihood has no
    maximum.
    """
    if sample.repeat_purchases == 0:
        raise UnfitError("no customer has bought twice yet")
    scale = weighted_sum(sample.weight, sample.age) / sample.customers
    if start is not None:
        starts = [np.array([start.r, start.alpha / scale, start.s, start.beta / scale])]
    else:
        rate = sample.repeat_purchases / sample.customers
        starts = [np.array([r, r / rate, s, beta]) for r, s, beta in _STARTS]
        screening = sample.thinned(_SCREENING_ROWS)
        if len(screening.weight) < len(sample.weight) and screening.repeat_purchases > 0:
            screened = Likelihood(screening, scale)
            starts = [maximise(screened, starts, prior, screening.customers).parameters]
    found = maximise(Likelihood(sample, scale), starts, prior, sample.customers)
    r, alpha, s, beta = (float(each) for each in found.parameters)
    model = ParetoNBD(r, alpha * scale, s, beta * scale)
    precision, reason = precision_of(found, sample.customers, model.parameters())
    return Fitted(
        model,
        found.log_likelihood * sample.customers - sample.repeat_purchases * float(np.log(scale)),
        found.converged,
        precision,
        reason,
    )
