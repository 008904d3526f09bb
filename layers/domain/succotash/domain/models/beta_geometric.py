"""The likelihood that BG/NBD and MBG/NBD share: gamma rates, beta-geometric chances of leaving.

Purchases are Poisson with a rate that is gamma(r, alpha) among customers; at each of m chances a
customer leaves for good with a probability that is beta(a, b) among them. In BG/NBD the chances are
the x repeat purchases, in MBG/NBD the first purchase is one too: m = x + `early_chances`. With that
one number both likelihoods are

    Gamma(r + x) alpha^r / Gamma(r)  [ B(a, b + m) / B(a, b) (alpha + T)^-(r + x)
                                       + B(a + 1, b + m - 1) / B(a, b) (alpha + t_x)^-(r + x) ],

the second term only where m > 0.
"""

from dataclasses import dataclass, replace
from math import exp, log
from typing import ClassVar, Self, override

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from succotash.domain.models.expected_purchases import expected_if_alive
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

SCREENING_ROWS = 1_000
"""Rows on which the starts compete; the winner alone goes on to all rows."""
_STARTS = ((0.3, 0.8, 2.5), (1.0, 0.1, 1.0), (3.0, 1.0, 10.0))
"""(r, a, b) from which the search begins; alpha follows from the data's purchase rate."""
_BLOCK = 8_192
"""Rows taken together, so that their columns stay in the processor's cache."""
_LARGEST_EXPONENT = 600.0
_SMALLEST_CHANCE = 1e-15
"""The smallest chance of leaving in simulations: nobody buys often enough to see a smaller one."""
_ODDS = Normal((0, 0, 1, -1), mean=-log(5), deviation=1.0)
WEAK_PRIOR = Prior(
    (
        Normal((1, 0, 0, 0), mean=0.0, deviation=1.5),
        Normal((1, -1, 0, 0), mean=0.0, deviation=3.0),
        Normal((0, 0, 1, 0), mean=-log(2), deviation=3.0),
        _ODDS,
    )
)
"""The prior of r, of the purchases at mean age r / alpha, of a and of the odds a / b; see ADR 16.

How alike customers are in buying (r) and in leaving (a) shops differ in by orders of magnitude. At
one purchase in six the average customer leaves, with 95% between one in 36 and three in five.
"""


_WAITED = 1 - exp(-1)
"""The share of their own mean interval, at most all of it, that buyers at random who never leave
have waited on average since their last purchase."""


def weak_prior(sample: PurchaseSample) -> Prior:
    """The weak prior, and where hardly anybody has waited yet, one against leaving; see ADR 16.

    A customer who leaves at a purchase shows it only by not coming in the time after. Where repeat
    customers have waited less than buyers at random would have, the sample was taken just after
    their purchases, and leaving explains nothing but that they bought so few times. The share m of
    the waiting that is missing then narrows the prior of the odds of leaving above its mean, for n
    repeat customers to a deviation of 1 / (m sqrt(n)). In a sample that was taken at any other time
    nothing is missing.
    """
    repeated = sample.frequency > 0
    weight, recency = sample.weight[repeated], sample.recency[repeated]
    intervals = (sample.age[repeated] - recency) * sample.frequency[repeated] / recency
    customers = float(weight.sum())
    waited = weighted_sum(weight, np.minimum(intervals, 1.0)) / customers if customers else 1.0
    missing = max(1 - waited / _WAITED, 0.0)
    if not missing:
        return WEAK_PRIOR
    against = Normal(
        (0, 0, 1, -1), _ODDS.mean, deviation=1 / (missing * customers**0.5), only_above=True
    )
    return Prior((*WEAK_PRIOR.of_combinations, against))


@dataclass(frozen=True, slots=True)
class BetaGeometric(PurchaseModel):
    """Four parameters; alpha in days, the others without unit."""

    early_chances: ClassVar[int]
    """Chances to leave before the first repeat purchase."""

    r: float
    alpha: float
    a: float
    b: float

    def __post_init__(self) -> None:
        if not all(0 < each < np.inf for each in (self.r, self.alpha, self.a, self.b)):
            raise ValueError(f"the parameters of {self.name} are positive and finite")

    @override
    def parameters(self) -> dict[str, float]:
        return {"r": self.r, "alpha": self.alpha, "a": self.a, "b": self.b}

    @override
    def with_parameters(self, **parameters: float) -> Self:
        return replace(self, **parameters)

    def log_likelihood(self, sample: PurchaseSample) -> float:
        """The sample's log-likelihood, in days, summed over customers."""
        likelihood = Likelihood(sample, 1.0, self.early_chances)
        return likelihood(np.array([self.r, self.alpha, self.a, self.b])).value * sample.customers

    @override
    def probability_alive(self, frequency: Array, recency: Array, age: Array) -> Array:
        """1 / (1 + a / (b + m - 1) ((alpha + T) / (alpha + t_x))^(r + x)); 1 where m = 0."""
        silence = np.log1p(age / self.alpha) - np.log1p(recency / self.alpha)
        alive: Array = expit(self._log_odds_staying(frequency) - (self.r + frequency) * silence)
        return np.where(self._chances(frequency) > 0, alive, 1.0)

    @override
    def expected_purchases(
        self, frequency: Array, recency: Array, age: Array, days: float
    ) -> Array:
        """Equation (10) of the BG/NBD paper with b + m for b + x, at a = 1 too."""
        alive = self.probability_alive(frequency, recency, age)
        return alive * expected_if_alive(
            self.r, self.a, self.b + self.early_chances, frequency, days / (self.alpha + age)
        )

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
        """((alpha + T) / (alpha + T + t))^(r + x): the rate is gamma(r + x, alpha + T) by now."""
        inactive: Array = np.exp(-(self.r + frequency) * np.log1p(days / (self.alpha + age)))
        return inactive

    @override
    def age_at_even_odds(self, frequency: Array, recency: Array) -> Array:
        """(alpha + t_x) ((b + m - 1) / a)^(1 / (r + x)) - alpha, where P(alive) = 1/2."""
        exponent = self._log_odds_staying(frequency) / (self.r + frequency)
        stretch = np.expm1(np.minimum(exponent, _LARGEST_EXPONENT))
        even = recency + (self.alpha + recency) * stretch
        falls = (self._chances(frequency) > 0) & (exponent < _LARGEST_EXPONENT)
        return np.where(falls, np.maximum(even, recency), np.inf)

    @override
    def simulate_purchases(
        self,
        frequency: Array,
        recency: Array,
        age: Array,
        days: float,
        random: np.random.Generator,
    ) -> Array:
        """The Poisson count, cut off at the purchase after which the customer leaves."""
        purchases = np.zeros_like(frequency)
        alive = random.random(len(frequency)) < self.probability_alive(frequency, recency, age)
        x, later_b = frequency[alive], self.b + self._chances(frequency[alive])
        rate = random.gamma(self.r + x) / (self.alpha + age[alive])
        chance = np.maximum(random.beta(self.a, later_b), _SMALLEST_CHANCE)
        purchases[alive] = np.minimum(random.poisson(rate * days), random.geometric(chance))
        return purchases

    def expected_purchases_of_new_customer(self, days: float) -> float:
        """Expected repeat purchases in the first `days`; equation (9) of the BG/NBD paper."""
        nothing_yet = np.zeros(1)
        return float(self.expected_purchases(nothing_yet, nothing_yet, nothing_yet, days)[0])

    def _chances(self, frequency: Array) -> Array:
        return frequency + self.early_chances

    def _log_odds_staying(self, frequency: Array) -> Array:
        """At the last chance, before any silence; of no meaning where there was no chance."""
        before = np.maximum(self._chances(frequency), 1) - 1
        odds: Array = np.log(self.b + before) - np.log(self.a)
        return odds


class Likelihood:
    """Mean log-likelihood per customer and its derivatives in (r, alpha, a, b), time scaled.

    The gamma and beta functions are taken once for all customers, not for each row.
    """

    def __init__(self, sample: PurchaseSample, scale: float, early_chances: int) -> None:
        chanced = sample.frequency + early_chances > 0
        self._customers = sample.customers
        self._single_weight = sample.weight[~chanced]
        self._single_age = sample.age[~chanced] / scale
        self._x, of_x = np.unique(sample.frequency[chanced], return_inverse=True)
        self._chances = self._x + early_chances
        weight = sample.weight[chanced]
        x_weight = np.bincount(of_x, weight, len(self._x))
        self._bought = customers_beyond(self._x, x_weight)
        self._chanced = customers_beyond(self._chances, x_weight)
        recency, age = sample.recency[chanced] / scale, sample.age[chanced] / scale
        self._blocks = [
            Block(
                weight[start : start + _BLOCK],
                recency[start : start + _BLOCK],
                age[start : start + _BLOCK],
                of_x[start : start + _BLOCK],
            )
            for start in range(0, len(weight), _BLOCK)
        ]

    def __call__(self, parameters: Array) -> Evaluation:
        """At (r, alpha, a, b), with alpha in scaled time."""
        r, alpha, a, b = (float(each) for each in parameters)
        value, gradient, hessian = self._of_frequencies(r, alpha, a, b)
        # Below alpha stands for its logarithm, until the end.
        single = weighted_sum(self._single_weight, np.log1p(self._single_age / alpha))
        share = self._single_age / (alpha + self._single_age)
        shares = weighted_sum(self._single_weight, share)
        value -= r * single
        gradient[0] -= single
        gradient[1] += r * shares
        hessian[0, 1] += shares
        hessian[1, 1] -= r * weighted_sum(self._single_weight, share * (1 - share))

        exponent = r + self._x
        log_odds = np.log(a) - np.log(b + self._chances - 1)
        by_b = -1 / (b + self._chances - 1)
        for block in self._blocks:
            found = block.evaluated(alpha, a, exponent, log_odds, by_b)
            value += found.value
            gradient += found.gradient
            hessian += found.hessian

        hessian = np.triu(hessian) + np.triu(hessian, 1).T
        hessian[1, 1] -= gradient[1]
        gradient[1] /= alpha
        hessian[1] /= alpha
        hessian[:, 1] /= alpha
        customers = self._customers
        return Evaluation(value / customers, gradient / customers, hessian / customers)

    def _of_frequencies(
        self, r: float, alpha: float, a: float, b: float
    ) -> tuple[float, Array, Array]:
        """The terms of the frequency alone; derivatives by (r, log alpha, a, b), upper half.

        With whole frequencies, ratios of gamma functions are products, of which the logarithms
        cancel nowhere: Gamma(r + x) / Gamma(r) is that of r + k for k below x, and
        B(a, b + m) / B(a, b) that of (b + k) / (a + b + k) for k below m.
        """
        bought, chanced = self._bought, self._chanced
        shape = r + np.arange(len(bought))
        staying = b + np.arange(len(chanced))
        either = a + staying
        value = weighted_sum(bought, np.log(shape / alpha))
        value -= weighted_sum(chanced, np.log1p(a / staying))
        by_r = weighted_sum(bought, 1 / shape)
        by_a = weighted_sum(chanced, -1 / either)
        by_b = weighted_sum(chanced, a / (staying * either))
        gradient = np.array([by_r, -float(bought.sum()), by_a, by_b])
        hessian = np.zeros((4, 4))
        hessian[0, 0] = weighted_sum(bought, -1 / shape**2)
        hessian[2, 2] = hessian[2, 3] = weighted_sum(chanced, 1 / either**2)
        hessian[3, 3] = weighted_sum(chanced, -a * (staying + either) / (staying * either) ** 2)
        return value, gradient, hessian


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of customers who had a chance to leave, and their part of the likelihood."""

    weight: Array
    recency: Array
    age: Array
    of_x: NDArray[np.intp]
    """The position of each row's frequency among the distinct ones."""

    def evaluated(
        self, alpha: float, a: float, exponents: Array, log_odds: Array, by_b: Array
    ) -> Evaluation:
        """Sums over rows of -(r + x) log(1 + T / alpha) + log(1 + e^z).

        z are the log-odds of having left. `exponents`, `log_odds` (without the silence) and `by_b`
        (the slope of z by b) are given for each distinct frequency. Derivatives by
        (r, log alpha, a, b), of which the Hessian's upper half.
        """
        weight, exponent, z_b = self.weight, exponents[self.of_x], by_b[self.of_x]
        # Relative to alpha, so that a huge alpha (a steady rate) does not cancel.
        until_end = np.log1p(self.age / alpha)
        silence = until_end - np.log1p(self.recency / alpha)
        end = self.age / (alpha + self.age)
        last = self.recency / (alpha + self.recency)
        end_bend, last_bend = end * (1 - end), last * (1 - last)

        z = log_odds[self.of_x] + exponent * silence
        small = np.exp(-np.abs(z))
        left = np.where(z > 0, 1.0, small) / (1 + small)
        softplus = np.maximum(z, 0.0) + np.log1p(small)
        weight_left = weight * left
        weight_both = weight_left * (1 - left)
        weight_exponent = weight * exponent
        left_exponent = weight_left * exponent

        z_alpha = exponent * (last - end)
        value = inner(weight, softplus) - inner(weight_exponent, until_end)
        gradient = np.array(
            [
                inner(weight_left, silence) - inner(weight, until_end),
                inner(weight_exponent, end) + inner(weight_left, z_alpha),
                float(weight_left.sum()) / a,
                inner(weight_left, z_b),
            ]
        )
        hessian = np.zeros((4, 4))
        both_silence, both_alpha = weight_both * silence, weight_both * z_alpha
        both_b = weight_both * z_b
        hessian[0, 0] = inner(both_silence, silence)
        hessian[0, 1] = (
            inner(weight, end) + inner(weight_left, last - end) + inner(both_silence, z_alpha)
        )
        hessian[0, 2] = float(both_silence.sum()) / a
        hessian[0, 3] = inner(both_silence, z_b)
        hessian[1, 1] = (
            inner(left_exponent, end_bend - last_bend)
            - inner(weight_exponent, end_bend)
            + inner(both_alpha, z_alpha)
        )
        hessian[1, 2] = float(both_alpha.sum()) / a
        hessian[1, 3] = inner(both_alpha, z_b)
        hessian[2, 2] = float(weight_both.sum() - weight_left.sum()) / a**2
        hessian[2, 3] = float(both_b.sum()) / a
        hessian[3, 3] = inner(both_b, z_b) + inner(weight_left, z_b * z_b)
        return Evaluation(value, gradient, hessian)


def fit_beta_geometric[Kind: BetaGeometric](
    kind: type[Kind], sample: PurchaseSample, start: Kind | None, prior: Prior | None
) -> Fitted[Kind]:
    """The likeliest model of this kind; the search begins at `start` where there is one.

    Raises UnfitError where nobody bought again or no time has passed, when the likelihood has no
    maximum.
    """
    if sample.repeat_purchases == 0:
        raise UnfitError("no customer has bought twice yet")
    scale = weighted_sum(sample.weight, sample.age) / sample.customers
    if start is not None:
        starts = [np.array([start.r, start.alpha / scale, start.a, start.b])]
    else:
        rate = sample.repeat_purchases / sample.customers
        starts = [np.array([r, r / rate, a, b]) for r, a, b in _STARTS]
        screening = sample.thinned(SCREENING_ROWS)
        if len(screening.weight) < len(sample.weight) and screening.repeat_purchases > 0:
            screened = Likelihood(screening, scale, kind.early_chances)
            starts = [maximise(screened, starts, prior, screening.customers).parameters]
    likelihood = Likelihood(sample, scale, kind.early_chances)
    found = maximise(likelihood, starts, prior, sample.customers)
    r, alpha, a, b = (float(each) for each in found.parameters)
    model = kind(r, alpha * scale, a, b)
    precision, reason = precision_of(found, sample.customers, model.parameters())
    return Fitted(
        model,
        found.log_likelihood * sample.customers - sample.repeat_purchases * float(np.log(scale)),
        found.converged,
        precision,
        reason,
    )
