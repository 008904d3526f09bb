"""Maximum likelihood by gradient, for models whose parameters are all positive."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, minimize

from succotash.domain.models.purchases import Array
from succotash.errors import SuccotashError

_LOG_BOUND = 14.0
"""Parameters stay within e^±14 of the scale of the data: beyond, the models no longer change."""
_FLAT = 1e-5
"""A gradient per customer this small is a maximum, even if the line search gave up on it."""

type LogLikelihood = Callable[[Array], tuple[float, Array]]
"""Parameters to mean log-likelihood per customer and its gradient, both in natural parameters."""


class UnfitError(SuccotashError):
    """The data cannot carry the model; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Fitted[Model]:
    """A model with its maximum-likelihood parameters."""

    model: Model
    log_likelihood: float
    """Of the whole sample, in the sample's own units."""
    converged: bool


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where a search ended."""

    parameters: Array
    value: float
    converged: bool


def maximise(log_likelihood: LogLikelihood, starts: Sequence[Array]) -> Maximum:
    """The best maximum that L-BFGS-B reaches from `starts`, searching in log-parameters.

    Raises UnfitError where no start leads to a finite likelihood.
    """

    def negative(logs: Array) -> tuple[float, Array]:
        parameters = np.exp(logs)
        value, gradient = log_likelihood(parameters)
        return -value, -gradient * parameters

    best: Maximum | None = None
    for start in starts:
        found = minimize(
            negative,
            np.clip(np.log(start), -_LOG_BOUND, _LOG_BOUND),
            jac=True,
            method="L-BFGS-B",
            bounds=Bounds(-_LOG_BOUND, _LOG_BOUND),
            options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 500},
        )
        value = -float(found.fun)
        if not np.isfinite(value) or not np.isfinite(found.x).all():
            continue
        if best is None or value > best.value:
            flat = bool(np.abs(negative(found.x)[1]).max() < _FLAT)
            best = Maximum(np.exp(found.x), value, bool(found.success) or flat)
    if best is None:
        raise UnfitError("the likelihood of this data is finite nowhere the search began")
    return best
