"""Whose probability of silence is believed: the presence model's, the purchase model's, or both.

Silence is no purchase and no activity within the horizon. The presence model, fitted to days with
either, says how likely it is. The purchase model knows nothing of activity, but where visits come
from robots or by habit it may know the customer better; and both may be right in part. So they
compete on the customers of the backtest, by log loss:

- the presence model alone,
- the purchase model alone, for those who ever bought; the others keep the presence model's,
- both weighed, log odds = a + b x presence's log odds + c x purchases' log odds, with weights of
  their own for those who never bought, where c is 0 (R. F. Bordley, 1982, A Multiplicative Formula
  for Aggregating Probability Assessments, Management Science 28(10), 1137-1148; with one model
  alone it is J. Platt's calibration, 1999).

The weights are the likeliest under a normal prior around (0, 1, 0), which is the presence model as
it is; b and c are no less than 0, since a model's word is not turned around. They are judged on
customers that they were not fitted to: each half of them by the weights of the other half. Of log
losses within 1% of the lowest the simplest is taken, in the order above.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from succotash.domain.models.backtest import Flags, SilenceBacktest, backtest_silence
from succotash.domain.models.purchases import Array
from succotash.domain.models.selection import TIE
from succotash.domain.values import Json

MINIMUM_OF_EACH = 30
"""Customers who were silent, and who were not, below which weights follow single ones."""
_CERTAIN = 1e-6
"""Log odds are taken of probabilities this far from 0 and 1 at least."""
_AS_IT_IS = (0.0, 1.0, 0.0)
_PRIOR_DEVIATION = 1.0


class Source(StrEnum):
    """Whose word is taken; the simplest first."""

    PRESENCE = "presence"
    PURCHASES = "purchases"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Weights:
    """Of log odds: a, b for the presence model's, c for the purchase model's."""

    bought: tuple[float, float, float] = _AS_IT_IS
    never_bought: tuple[float, float, float] = _AS_IT_IS


@dataclass(frozen=True, slots=True)
class InactivityModel:
    """How a probability of silence follows from those of two models."""

    source: Source = Source.PRESENCE
    reason: str = ""
    """Why this source, as a sentence."""
    weights: Weights = Weights()

    def probability(self, presence: Array, purchases: Array) -> Array:
        """P(no purchase and no activity), of shape (customers,).

        `presence` and `purchases` are what the two models say, the latter NaN for those who never
        bought.
        """
        match self.source:
            case Source.PRESENCE:
                return presence
            case Source.PURCHASES:
                return np.where(np.isnan(purchases), presence, purchases)
            case Source.BOTH:
                return _weighed(self.weights, presence, purchases)

    def to_dict(self) -> dict[str, Json]:
        """As kept with a run, and shown to people."""
        return {
            "source": self.source,
            "reason": self.reason,
            "weights": {
                "bought": list(self.weights.bought),
                "never_bought": list(self.weights.never_bought),
            }
            if self.source is Source.BOTH
            else None,
        }

    @classmethod
    def of_dict(cls, kept: Json) -> Self:
        """What `to_dict` gave; None is the presence model's word. TypeError for anything else."""
        match kept:
            case None:
                return cls()
            case {"source": str(source), "reason": str(reason), "weights": None}:
                return cls(Source(source), reason)
            case {"source": str(source), "reason": str(reason), "weights": dict(weights)}:
                found = Weights(_three(weights["bought"]), _three(weights["never_bought"]))
                return cls(Source(source), reason, found)
            case _:
                raise TypeError(kept)


@dataclass(frozen=True, slots=True)
class InactivityComparison:
    """Sources judged on the same customers."""

    chosen: InactivityModel
    results: Mapping[Source, SilenceBacktest]

    @property
    def best(self) -> SilenceBacktest:
        """Of the chosen source."""
        return self.results[self.chosen.source]

    def to_dict(self) -> dict[str, Json]:
        """The chosen source's numbers, and under `candidates` those of all, without calibration."""
        return {
            "source": self.chosen.source.value,
            "reason": self.chosen.reason,
            **self.best.to_dict(),
            "candidates": [
                {"source": source.value, **result.summary()}
                for source, result in self.results.items()
            ],
        }


def choose_silence(presence: Array, purchases: Array, silent: Flags) -> InactivityComparison:
    """Judge the sources on held-out time, and say which is to be believed from now on.

    `presence` and `purchases` are what models fitted to the time before said, as in
    `InactivityModel.probability`; `silent` is what became of each customer.
    """
    judged = {Source.PRESENCE: backtest_silence(presence, silent)}
    differs = ~np.isnan(purchases) & (purchases != presence)
    if differs.any():
        word = InactivityModel(Source.PURCHASES).probability(presence, purchases)
        judged[Source.PURCHASES] = backtest_silence(word, silent)
    even = np.arange(len(silent)) % 2 == 0
    if _are_enough(silent[even]) and _are_enough(silent[~even]):
        weighed = np.empty_like(presence)
        for half in (even, ~even):
            weights = _fit(presence[~half], purchases[~half], silent[~half])
            weighed[half] = _weighed(weights, presence[half], purchases[half])
        judged[Source.BOTH] = backtest_silence(weighed, silent)
    losses = {source: result.log_loss or 0.0 for source, result in judged.items()}
    lowest = min(losses.values())
    source = next(each for each, loss in losses.items() if loss <= lowest * (1 + TIE))
    weights = _fit(presence, purchases, silent) if source is Source.BOTH else Weights()
    return InactivityComparison(InactivityModel(source, _verdict(source, losses), weights), judged)


def _are_enough(silent: Flags) -> bool:
    return min(int(silent.sum()), int((~silent).sum())) >= MINIMUM_OF_EACH


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


def _weighed(weights: Weights, presence: Array, purchases: Array) -> Array:
    never = np.isnan(purchases)
    own, other = _odds(presence), np.where(never, 0.0, _odds(np.where(never, 0.5, purchases)))
    of_bought = weights.bought[0] + weights.bought[1] * own + weights.bought[2] * other
    of_others = weights.never_bought[0] + weights.never_bought[1] * own
    return np.asarray(expit(np.where(never, of_others, of_bought)), dtype=np.float64)


def _fit(presence: Array, purchases: Array, silent: Flags) -> Weights:
    never = np.isnan(purchases)
    differs = bool((purchases[~never] != presence[~never]).any())
    own = _odds(presence)
    bought = _likeliest(own[~never], _odds(purchases[~never]) if differs else None, silent[~never])
    return Weights(bought, _likeliest(own[never], None, silent[never]))


def _likeliest(own: Array, other: Array | None, silent: Flags) -> tuple[float, float, float]:
    """The likeliest a, b, c under the prior; without another's odds c stays 0."""
    if not _are_enough(silent):
        return _AS_IT_IS
    columns = [np.ones_like(own), own, *([] if other is None else [other])]
    design = np.stack(columns, axis=1)
    sign = np.where(silent, 1.0, -1.0)
    prior = np.array(_AS_IT_IS[: len(columns)])

    def cost(at: Array) -> tuple[float, Array]:
        margin = sign * np.einsum("ij,j->i", design, at)
        away = (at - prior) / _PRIOR_DEVIATION
        value = -float(log_expit(margin).sum()) + float((away * away).sum()) / 2
        slope = -np.einsum("ij,i->j", design, sign * expit(-margin)) + away / _PRIOR_DEVIATION
        return value, slope

    bounds = [(None, None), *[(0.0, None)] * (len(columns) - 1)]
    found = minimize(cost, prior, jac=True, method="L-BFGS-B", bounds=bounds)
    a, b, c = (*found.x.tolist(), 0.0)[:3]
    return float(a), float(b), float(c)


def _three(kept: Json) -> tuple[float, float, float]:
    match kept:
        case [int() | float() as a, int() | float() as b, int() | float() as c]:
            return float(a), float(b), float(c)
        case _:
            raise TypeError(kept)


def purchases_beside(
    customer_ids: Sequence[str], buyers: Sequence[str], probability: Array
) -> Array:
    """The purchase model's word for each customer; NaN for those who are no buyers."""
    place = dict(zip(buyers, range(len(buyers)), strict=True))
    rows = np.fromiter((place.get(each, -1) for each in customer_ids), np.intp, len(customer_ids))
    known = np.append(probability, np.nan)
    found: Array = known[rows]
    return found
