"""Penalised maximum likelihood by Newton's method, for models whose parameters are all positive.

The search and the errors live in log-parameters: there the surface is nearer to a parabola, and no
parameter can become negative. With second derivatives a search takes six to twelve evaluations from
a fair start. Quasi-Newton searches took three times as many, and SciPy's L-BFGS-B calls BLAS, whose
waiting threads cost a millisecond per step wherever another process wants the core.

A prior adds its log-density to the log-likelihood of the whole sample, once and not per customer:
it decides where a small sample says nothing, and fades as customers are added. Without one the
search is for the maximum of the likelihood alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from succotash.domain.models.purchases import Array
from succotash.errors import SuccotashError

_LOG_BOUND = 14.0
"""Parameters stay within e^±14 of the scale of the data: beyond, the models no longer change."""
_FLAT = 1e-5
"""A gradient per customer this small is a maximum, even if no step leads any higher."""
_STILL = 1e-15
"""Once a Newton step promises less than this per customer, the search is over."""
_LONGEST_STEP = 2.0
"""No parameter changes by more than a factor e^2 at once: far away the parabola is a guess."""
_MOST_STEPS = 200
_SHARES = 0.25 ** np.arange(8)
"""The shares of a step, to be tried in turn; if none leads up, rounding has taken over."""
_CURVED = 1e-9
"""Curvature per customer below this share of the largest is none: the data do not tell."""
_LARGEST_LOG_ERROR = 10.0
"""A standard error of a factor e^10 is no knowledge of a parameter."""


class Evaluation(NamedTuple):
    """Mean log-likelihood per customer with its first and second derivatives."""

    value: float
    gradient: Array
    """The gradient, of shape (parameters,)."""
    hessian: Array
    """The Hessian, of shape (parameters, parameters)."""

    def in_logs(self, parameters: Array) -> "Evaluation":
        """The derivatives by the logarithms of the parameters."""
        gradient = self.gradient * parameters
        hessian = self.hessian * parameters * parameters[:, None] + np.diag(gradient)
        return Evaluation(self.value, gradient, hessian)


type LogLikelihood = Callable[[Array], Evaluation]
"""Of the natural parameters, with derivatives by them."""


class Normal(NamedTuple):
    """A normal prior of one linear combination of log-parameters."""

    combination: tuple[float, ...]
    """Its weights, one per parameter in the order of the model."""
    mean: float
    deviation: float
    only_above: bool = False
    """Whether it is flat below its mean."""


@dataclass(frozen=True, slots=True)
class Prior:
    """Independent normal priors of combinations of log-parameters; time and money scaled."""

    of_combinations: tuple[Normal, ...]

    def log_density(self, logs: Array) -> Evaluation:
        """At log-parameters, but for a constant, with derivatives by them."""
        weights = np.array([each.combination for each in self.of_combinations], dtype=np.float64)
        means = np.array([each.mean for each in self.of_combinations])
        precision = 1 / np.array([each.deviation for each in self.of_combinations]) ** 2
        away = (weights * logs).sum(axis=1) - means
        precision[np.array([each.only_above for each in self.of_combinations]) & (away < 0)] = 0.0
        return Evaluation(
            -float((precision * away * away).sum()) / 2,
            -((precision * away)[:, None] * weights).sum(axis=0),
            -np.einsum("k,ki,kj->ij", precision, weights, weights),
        )


class UnfitError(SuccotashError):
    """The data cannot carry the model; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Precision:
    """The precision of parameters, from the observed information at the maximum."""

    log_covariance: Array
    """The covariance of the log-parameters, in the order in which the model names them."""
    standard_errors: Mapping[str, float]
    """The errors of the parameters themselves: theta sqrt(var(log theta)), the delta method."""


@dataclass(frozen=True, slots=True)
class Fitted[Model]:
    """A model with its maximum-likelihood parameters."""

    model: Model
    log_likelihood: float
    """The log-likelihood of the whole sample, in the sample's own units."""
    converged: bool
    precision: Precision | None
    """None where the data do not tell; `imprecise_because` then says why."""
    imprecise_because: str | None

    @property
    def standard_errors(self) -> Mapping[str, float] | None:
        """The standard errors by parameter, finite; None where the data do not tell."""
        return self.precision.standard_errors if self.precision else None


@dataclass(frozen=True, slots=True)
class Maximum:
    """The end of a search: the best point that it found."""

    parameters: Array
    value: float
    """Mean log-likelihood per customer, the prior's share included."""
    log_likelihood: float
    """The same without the prior."""
    converged: bool
    log_hessian: Array
    """The Hessian of `value` by the log-parameters."""
    at_bound: bool


def maximise(
    log_likelihood: LogLikelihood,
    starts: Sequence[Array],
    prior: Prior | None = None,
    customers: float = 1.0,
) -> Maximum:
    """The best maximum that Newton's method reaches from `starts`.

    The prior weighs as much as one customer's likelihood, of so many `customers`. Raises UnfitError
    where no start leads to a finite likelihood.
    """

    def penalised(logs: Array) -> Evaluation | None:
        return _at(log_likelihood, logs, prior, customers)

    best: Maximum | None = None
    for start in starts:
        found = _climb(penalised, np.clip(np.log(start), -_LOG_BOUND, _LOG_BOUND))
        if found is not None and (best is None or found.value > best.value):
            best = found
    if best is None:
        raise UnfitError("the likelihood of this data is finite nowhere the search began")
    if prior is None:
        return best
    share = prior.log_density(np.log(best.parameters)).value / customers
    return replace(best, log_likelihood=best.value - share)


def precision_of(
    found: Maximum, customers: float, parameters: Mapping[str, float]
) -> tuple[Precision | None, str | None]:
    """Standard errors at a maximum, or the reason why there are none.

    The inverse of the observed information, -customers x Hessian in log-parameters; `parameters`
    in the order of the search.
    """
    if not found.converged:
        return None, "the search for the maximum did not settle"
    if found.at_bound:
        return None, "a parameter has run to the edge of the search; the data put no bound to it"
    values, vectors = np.linalg.eigh(-found.log_hessian)
    if not values[0] > _CURVED * values[-1]:
        return None, "the likelihood is flat along some combination of the parameters"
    covariance = (vectors / (values * customers)) @ vectors.T
    log_errors = np.sqrt(np.diag(covariance))
    if log_errors.max() > _LARGEST_LOG_ERROR:
        return None, "the likelihood hardly depends on some parameter"
    named = zip(parameters.items(), log_errors.tolist(), strict=True)
    return Precision(covariance, {name: value * error for (name, value), error in named}), None


type _Objective = Callable[[Array], Evaluation | None]
"""Of the log-parameters, with derivatives by them; None where a number is not finite."""


def _climb(objective: _Objective, logs: Array) -> Maximum | None:
    """Newton's method, uphill whatever the curvature, within bounds; None where it cannot begin."""
    here = objective(logs)
    if here is None:
        return None
    for _ in range(_MOST_STEPS):
        step = _step(here, logs)
        promised = float((here.gradient * step).sum())
        if promised < _STILL:
            break
        higher = _first_higher(objective, logs, step, here.value)
        if higher is None:
            break
        logs, here = higher
    free = _free(here, logs)
    flat = not free.any() or float(np.abs(here.gradient[free]).max()) < _FLAT
    return Maximum(np.exp(logs), here.value, here.value, flat, here.hessian, not free.all())


def _first_higher(
    objective: _Objective, logs: Array, step: Array, value: float
) -> tuple[Array, Evaluation] | None:
    """The longest of ever shorter steps that leads above `value`; None where none does."""
    for share in _SHARES:
        tried = np.clip(logs + share * step, -_LOG_BOUND, _LOG_BOUND)
        there = objective(tried)
        if there is not None and there.value > value:
            return tried, there
    return None


def _at(
    log_likelihood: LogLikelihood, logs: Array, prior: Prior | None, customers: float
) -> Evaluation | None:
    """The evaluation in log-parameters; None where a number of it is not finite."""
    parameters = np.exp(logs)
    found = log_likelihood(parameters).in_logs(parameters)
    if prior is not None:
        density = prior.log_density(logs)
        found = Evaluation(
            found.value + density.value / customers,
            found.gradient + density.gradient / customers,
            found.hessian + density.hessian / customers,
        )
    finite = (
        np.isfinite(found.value)
        and np.isfinite(found.gradient).all()
        and np.isfinite(found.hessian).all()
    )
    return found if finite else None


def _free(here: Evaluation, logs: Array) -> NDArray[np.bool_]:
    """The parameters that no bound holds back."""
    held_below = (logs <= -_LOG_BOUND) & (here.gradient <= 0)
    held_above = (logs >= _LOG_BOUND) & (here.gradient >= 0)
    return ~(held_below | held_above)


def _step(here: Evaluation, logs: Array) -> Array:
    """Newton's step with every curvature turned downward, so that it always leads uphill."""
    free = np.flatnonzero(_free(here, logs))
    step = np.zeros_like(logs)
    if len(free):
        values, vectors = np.linalg.eigh(here.hessian[np.ix_(free, free)])
        curvatures = np.abs(values)
        floor = max(_CURVED * float(curvatures.max()), np.finfo(np.float64).tiny)
        along = (vectors * here.gradient[free][:, None]).sum(axis=0)
        step[free] = (vectors * (along / np.maximum(curvatures, floor))).sum(axis=1)
    longest = float(np.abs(step).max())
    return step * (_LONGEST_STEP / longest) if longest > _LONGEST_STEP else step
