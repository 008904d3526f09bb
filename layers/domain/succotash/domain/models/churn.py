"""P(no purchase and no activity within the horizon), from one P(alive) and what activity adds.

The purchase model says how probably a customer is still one, and how probably they then buy nothing
within the horizon. Who is alive may be active without buying; s is P(no activity | alive, buys
nothing), so that

    P(inactive) = 1 - P(alive) + P(alive) P(no purchase | alive) s.

With s from 0 to 1 it is never above P(no purchase), and never below 1 - P(alive): the numbers on a
customer's page cannot contradict each other. Of those who never bought the purchase model knows
nothing; P(alive) is then that of the activity model, which is fitted to days with a purchase or
activity, and s its P(inactive | alive).

How much activity says differs from shop to shop: visits may come from robots, or every payday
whatever the interest. So three sources of s compete by log loss on the customers of the backtest:

- purchases: s = 1 for those who bought; activity is not counted on,
- activity: s is the activity model's P(inactive) where a customer's activity adds days to their
  purchases, and 1 where it adds none,
- both: log odds of s = a + b x the activity model's log odds, with weights of their own for those
  who never bought, and a constant for those whose activity adds nothing (the calibration of J.
  Platt, 1999, under the likelihood of P(inactive)).

The weights are the likeliest under a normal prior around the activity model as it is; b is no less
than 0, since a model's word is not turned around. They are judged on customers that they were not
fitted to: each half of them by the weights of the other half. Of log losses within 1% of the lowest
the simplest is taken, in the order above. Where hardly anybody is active nothing is weighed, since
weights would only correct what purchases say. Where no buyer was active before the held-out time,
nothing can be judged, and activity stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from succotash.domain.models.backtest import Flags, SilenceBacktest, backtest_silence
from succotash.domain.models.purchases import Array, PurchaseModel
from succotash.domain.models.selection import TIE
from succotash.domain.values import Json

MINIMUM_OF_EACH = 30
"""Customers who were inactive, and who were not, below which weights follow single ones."""
_CERTAIN = 1e-6
"""Log odds are taken of probabilities this far from 0 and 1 at least."""
_AS_IT_IS = (0.0, 1.0)
_HARDLY_EVER = 3.0
"""Prior log odds that a customer without activity of their own begins with none: 95%."""
_PRIOR_DEVIATION = 1.0


class Source(StrEnum):
    """The sources that tell how active customers are; the simplest first."""

    PURCHASES = "purchases"
    ACTIVITY = "presence"
    BOTH = "both"


type History = tuple[Array, Array, Array]
"""Frequency, recency and age of customers."""


@dataclass(frozen=True, slots=True)
class InactivityBasis:
    """The models' predictions for customers, one row each."""

    has_bought: NDArray[np.bool_]
    is_active: NDArray[np.bool_]
    """Whether activity adds to what purchases tell; true for those who never bought."""
    alive: Array
    """The customer's P(alive)."""
    no_purchase: Array
    """P(no purchase | alive); 1 for those who never bought."""
    no_activity: Array
    """The probability of s by the activity model; stored under its former name."""

    @classmethod
    def of(
        cls,
        purchases: PurchaseModel,
        activity: PurchaseModel,
        bought: History,
        present: History,
        rows: NDArray[np.intp],
        days: float,
    ) -> Self:
        """The predictions of the two models for the customers of `present`.

        `rows` are their places in `bought`, -1 where they never bought.
        """
        has_bought = rows >= 0
        at = rows[has_bought]
        alive = activity.probability_alive(*present)
        no_activity = activity.probability_inactive_if_alive(*present, days)
        no_purchase = np.ones_like(alive)
        is_active = np.ones_like(has_bought)
        no_activity[has_bought] = activity.probability_inactive(*present, days)[has_bought]
        alive[has_bought] = purchases.probability_alive(*bought)[at]
        no_purchase[has_bought] = purchases.probability_inactive_if_alive(*bought, days)[at]
        is_active[has_bought] = np.logical_or.reduce(
            [own[has_bought] != other[at] for own, other in zip(present, bought, strict=True)]
        )
        return cls(has_bought, is_active, alive, no_purchase, no_activity)

    def only(self, rows: Flags) -> Self:
        """The rows of some of the customers."""
        return type(self)(*(getattr(self, each.name)[rows] for each in fields(self)))


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights in the log odds of s."""

    active: tuple[float, float] = _AS_IT_IS
    """a and b of those who bought and are active too."""
    never_bought: tuple[float, float] = _AS_IT_IS
    """a and b of those who never bought."""
    inactive: float = _HARDLY_EVER
    """a of those whose activity adds nothing to their purchases."""


@dataclass(frozen=True, slots=True)
class InactivityModel:
    """Derives a probability of inactivity from the models' predictions."""

    source: Source = Source.ACTIVITY
    reason: str = ""
    """Why this source, as a sentence."""
    weights: Weights = Weights()

    def probability(self, basis: InactivityBasis) -> Array:
        """P(no purchase and no activity), of shape (customers,).

        From 1 - P(alive) to 1 - P(alive) + P(alive) P(no purchase | alive).
        """
        inactive: Array = (1 - basis.alive) + basis.alive * (
            basis.no_purchase * self._no_activity(basis)
        )
        return inactive

    def to_dict(self) -> dict[str, Json]:
        """Serialised to be stored with the run, and for the API."""
        weights = self.weights
        return {
            "source": self.source,
            "reason": self.reason,
            "weights": {
                "active": list(weights.active),
                "never_bought": list(weights.never_bought),
                "inactive": weights.inactive,
            }
            if self.source is Source.BOTH
            else None,
        }

    @classmethod
    def of_dict(cls, kept: Json) -> Self:
        """Read a model that `to_dict` wrote; TypeError for anything else."""
        match kept:
            case {"source": str(source), "reason": str(reason), "weights": None}:
                return cls(Source(source), reason)
            case {
                "source": str(source),
                "reason": str(reason),
                "weights": {
                    "active": list(active),
                    "never_bought": list(never_bought),
                    "inactive": int() | float() as inactive,
                },
            }:
                weights = Weights(_two(active), _two(never_bought), float(inactive))
                return cls(Source(source), reason, weights)
            case _:
                raise TypeError(kept)

    def _no_activity(self, basis: InactivityBasis) -> Array:
        counted = basis.is_active if self.source is not Source.PURCHASES else ~basis.has_bought
        if self.source is not Source.BOTH:
            return np.where(counted, basis.no_activity, 1.0)
        odds = _odds(basis.no_activity)
        weights = self.weights
        (a, b), (a_never, b_never) = weights.active, weights.never_bought
        of_buyers = np.where(basis.is_active, a + b * odds, weights.inactive)
        weighed = np.where(basis.has_bought, of_buyers, a_never + b_never * odds)
        return np.asarray(expit(weighed), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class InactivityComparison:
    """Sources judged on the same customers."""

    chosen: InactivityModel
    results: Mapping[Source, SilenceBacktest]
    days: float
    """The days of held-out time."""

    @property
    def best(self) -> SilenceBacktest:
        """The probability of the chosen source."""
        return self.results[self.chosen.source]

    def to_dict(self) -> dict[str, Json]:
        """The chosen source's numbers, and under `candidates` those of all, without calibration."""
        return {
            "source": self.chosen.source.value,
            "reason": self.chosen.reason,
            "holdout_days": self.days,
            **self.best.to_dict(),
            "candidates": [
                {"source": source.value, **result.summary()}
                for source, result in self.results.items()
            ],
        }


def choose_inactivity(
    basis: InactivityBasis, was_inactive: Flags, days: float
) -> InactivityComparison:
    """Judge the sources on held-out time, and say which is to be believed from now on.

    `basis` is what models fitted to the time before said of `days`; `was_inactive` is what became
    of each customer in them.
    """
    # Without an active buyer the two say the same, and activity that comes later should count.
    is_judged = bool((basis.has_bought & basis.is_active).any())
    candidates = [Source.PURCHASES, Source.ACTIVITY] if is_judged else [Source.ACTIVITY]
    judged = {
        source: backtest_silence(InactivityModel(source).probability(basis), was_inactive)
        for source in candidates
    }
    even = np.arange(len(was_inactive)) % 2 == 0
    if all(_tell_of_activity(basis.only(half), was_inactive[half]) for half in (even, ~even)):
        weighed = np.empty_like(basis.alive)
        for half in (even, ~even):
            weights = _fit(basis.only(~half), was_inactive[~half])
            model = InactivityModel(Source.BOTH, weights=weights)
            weighed[half] = model.probability(basis.only(half))
        judged[Source.BOTH] = backtest_silence(weighed, was_inactive)
    losses = {source: result.log_loss or 0.0 for source, result in judged.items()}
    lowest = min(losses.values())
    source = next(each for each, loss in losses.items() if loss <= lowest * (1 + TIE))
    weights = _fit(basis, was_inactive) if source is Source.BOTH else Weights()
    chosen = InactivityModel(source, _verdict(source, losses), weights)
    return InactivityComparison(chosen, judged, days)


def _tell_of_activity(basis: InactivityBasis, was_inactive: Flags) -> bool:
    """Whether enough customers are active that weights are of activity, and not of purchases."""
    return int(basis.is_active.sum()) >= MINIMUM_OF_EACH and _are_enough(was_inactive)


def _are_enough(was_inactive: Flags) -> bool:
    return min(int(was_inactive.sum()), int((~was_inactive).sum())) >= MINIMUM_OF_EACH


def _verdict(source: Source, losses: Mapping[Source, float]) -> str:
    if len(losses) == 1:
        return "Nothing else could be judged."
    others = ", ".join(f"{each} {loss:.4f}" for each, loss in losses.items() if each is not source)
    return (
        f"On held-out customers the log loss of {source} was {losses[source]:.4f}, and of the "
        f"others: {others}; within {TIE:.0%} the simplest is taken."
    )


def _odds(probability: Array) -> Array:
    clipped = np.clip(probability, _CERTAIN, 1 - _CERTAIN)
    odds: Array = np.log(clipped) - np.log1p(-clipped)
    return odds


def _fit(basis: InactivityBasis, was_inactive: Flags) -> Weights:
    """The likeliest weights; those of too few customers stay as they are."""
    odds = _odds(basis.no_activity)
    ones = np.ones_like(odds)
    both = np.stack([ones, odds], axis=1)

    def weights_of(rows: Flags, design: Array, prior: Sequence[float]) -> list[float]:
        if not _are_enough(was_inactive[rows]):
            return list(prior)
        return _likeliest(basis.only(rows), design[rows], was_inactive[rows], np.array(prior))

    bought = basis.has_bought
    a, b = weights_of(bought & basis.is_active, both, _AS_IT_IS)
    a_never, b_never = weights_of(~bought, both, _AS_IT_IS)
    (inactive,) = weights_of(bought & ~basis.is_active, ones[:, None], [_HARDLY_EVER])
    return Weights((a, b), (a_never, b_never), inactive)


def _likeliest(
    basis: InactivityBasis, design: Array, was_inactive: Flags, prior: Array
) -> list[float]:
    """The likeliest weights of log odds under the prior."""
    floor, span = 1 - basis.alive, basis.alive * basis.no_purchase

    def cost(at: Array) -> tuple[float, Array]:
        s = expit(np.einsum("ij,j->i", design, at))
        inactive = np.clip(floor + span * s, _CERTAIN, 1 - _CERTAIN)
        away = (at - prior) / _PRIOR_DEVIATION
        likelihood = np.where(was_inactive, np.log(inactive), np.log1p(-inactive))
        value = -float(likelihood.sum()) + float((away * away).sum()) / 2
        pull = np.where(was_inactive, 1 / inactive, -1 / (1 - inactive)) * span * s * (1 - s)
        return value, -np.einsum("ij,i->j", design, pull) + away / _PRIOR_DEVIATION

    bounds = [(None, None), *[(0.0, None)] * (len(prior) - 1)]
    found = minimize(cost, prior, jac=True, method="L-BFGS-B", bounds=bounds)
    return [float(each) for each in found.x]


def _two(kept: Json) -> tuple[float, float]:
    match kept:
        case [int() | float() as a, int() | float() as b]:
            return float(a), float(b)
        case _:
            raise TypeError(kept)


def rows_of_buyers(customer_ids: Sequence[str], buyers: Sequence[str]) -> NDArray[np.intp]:
    """The place of each customer among the buyers; -1 for those who are none."""
    place = dict(zip(buyers, range(len(buyers)), strict=True))
    return np.fromiter((place.get(each, -1) for each in customer_ids), np.intp, len(customer_ids))
