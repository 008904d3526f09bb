"""The probability that a customer comes back, calibrated on held-out customers.

What P(alive) says of single customers is off in two known ways. Heavy buyers pause for longer than
their own rhythm explains, so that after a pause the models are too sure that they have left: of
CDNOW's customers with P(alive) below .05 as of 1998-01-01 a third bought again within 180 days. And
of those who bought on one day only, fewer come back than models fitted to everybody suppose. So

    log odds of coming back = a + d [bought on one day only] + log odds(expit(t z) s),

where z are the log odds of P(alive) and s is P(a purchase within those days | alive), both as the
model says. t below 1 tempers a P(alive) that is too sure of itself (the temperature scaling of C.
Guo, G. Pleiss, Y. Sun and K. Weinberger, 2017, On Calibration of Modern Neural Networks), a and d
are the intercepts of J. Platt (1999), Probabilistic Outputs for Support Vector Machines. (a, t, d)
are the likeliest under a normal prior around (0, 1, 0), which is the model as it is: where few
customers tell, the model's word stands, without a number of customers at which that changes.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from succotash.domain.models.backtest import Flags
from succotash.domain.models.purchases import Array, PurchaseModel, column
from succotash.domain.values import Json

PRIOR_DEVIATION = 0.5
"""The deviation of each of the three: odds off by a factor of 1.6 are no surprise."""
_SUREST = 40.0
"""Log odds further from 0 than this are taken for this: 1 - P(alive) is then below any rounding."""
_LEAST_CHANCE = 1e-12
_AS_THE_MODEL_SAYS = (0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class ModelledReturn:
    """A model's predictions for customers, one row each."""

    log_odds_alive: Array
    log_chance_if_alive: Array
    """Log P(a purchase within the days | alive)."""
    bought_once: Flags
    """Whether they bought on one day only."""

    @classmethod
    def of(
        cls, model: PurchaseModel, frequency: Array, recency: Array, age: Array, days: float
    ) -> Self:
        """The predictions of `model` for customers' next `days`."""
        alive = model.probability_alive(frequency, recency, age)
        inactive = model.probability_inactive_if_alive(frequency, recency, age, days)
        with np.errstate(divide="ignore"):
            odds = np.log(alive) - np.log1p(-alive)
        return cls(
            np.clip(odds, -_SUREST, _SUREST),
            np.log(np.maximum(1 - inactive, _LEAST_CHANCE)),
            frequency == 0,
        )


@dataclass(frozen=True, slots=True)
class ReturnCalibration:
    """The correction of a model's probability; by default none."""

    shift: float = 0.0
    """a: added to everybody's log odds of coming back."""
    certainty: float = 1.0
    """t: of P(alive); below 1 it was too sure, above 1 not sure enough."""
    shift_once: float = 0.0
    """d: added for those who bought on one day only."""
    days: float | None = None
    """The days of held-out time that it was found on; None where there was none."""
    customers: int = 0
    """The number of customers it was found on."""

    def probability(self, said: ModelledReturn) -> Array:
        """P(a purchase within the days of `said`), of shape (customers,), above 0 and below 1."""
        log_odds, _ = _log_odds(np.array(self._numbers), said)
        return np.asarray(expit(log_odds), dtype=np.float64)

    def to_dict(self) -> dict[str, Json]:
        """Serialised to be stored with the run, and for the API."""
        return {
            "shift": self.shift,
            "certainty": self.certainty,
            "shift_bought_once": self.shift_once,
            "judged_days": self.days,
            "judged_customers": self.customers,
        }

    @classmethod
    def of_dict(cls, kept: Json) -> Self:
        """Read a calibration that `to_dict` wrote; TypeError for anything else."""
        match kept:
            case {
                "shift": int() | float() as shift,
                "certainty": int() | float() as certainty,
                "shift_bought_once": int() | float() as shift_once,
                "judged_days": (int() | float() | None) as days,
                "judged_customers": int(customers),
            }:
                return cls(float(shift), float(certainty), float(shift_once), days, customers)
            case _:
                raise TypeError(kept)

    @property
    def _numbers(self) -> tuple[float, float, float]:
        return self.shift, self.certainty, self.shift_once


def fit_return_calibration(
    model: PurchaseModel,
    frequency: Array,
    recency: Array,
    age: Array,
    *,
    holdout_purchases: Array,
    holdout_days: float,
) -> ReturnCalibration:
    """The likeliest correction of `model`, which was fitted to what came before the held-out days.

    One row per customer who had bought by then, as in `backtest`.
    """
    said = ModelledReturn.of(model, frequency, recency, age, holdout_days)
    sign = np.where(column(holdout_purchases) > 0, 1.0, -1.0)
    prior = np.array(_AS_THE_MODEL_SAYS)

    def cost(at: Array) -> tuple[float, Array]:
        log_odds, slopes = _log_odds(at, said)
        margin = sign * log_odds
        away = (at - prior) / PRIOR_DEVIATION
        value = -float(log_expit(margin).sum()) + float((away * away).sum()) / 2
        pull = sign * expit(-margin)
        slope = -np.array([float((pull * each).sum()) for each in slopes])
        return value, slope + away / PRIOR_DEVIATION

    found = minimize(
        cost, prior, jac=True, method="L-BFGS-B", bounds=[(None, None), (0.0, None), (None, None)]
    )
    shift, certainty, shift_once = (float(each) for each in found.x)
    return ReturnCalibration(shift, certainty, shift_once, float(holdout_days), len(frequency))


def _log_odds(at: Array, said: ModelledReturn) -> tuple[Array, tuple[Array, Array, Array]]:
    """Log odds of coming back at (a, t, d), and their slopes by each of the three."""
    shift, certainty, shift_once = (float(each) for each in at)
    tempered = certainty * said.log_odds_alive
    log_chance = log_expit(tempered) + said.log_chance_if_alive
    # Of a chance that rounds to 1 the odds would be infinite.
    log_not = np.log(np.maximum(-np.expm1(log_chance), _LEAST_CHANCE))
    once = said.bought_once.astype(np.float64)
    log_odds = shift + shift_once * once + log_chance - log_not
    by_certainty = said.log_odds_alive * expit(-tempered) * np.exp(-log_not)
    return log_odds, (np.ones_like(once), by_certainty, once)
