"""Fitted models as they are kept with a run, and read again."""

from collections.abc import Mapping

import numpy as np

from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.gamma_gamma import GammaGamma
from succotash.domain.models.likelihood import Precision
from succotash.domain.models.mbg_nbd import MBGNBD
from succotash.domain.models.pareto_nbd import ParetoNBD
from succotash.domain.models.pooled_rate import PooledRate, PooledSpend
from succotash.domain.models.purchases import PurchaseModel
from succotash.domain.models.selection import FittedPurchases, FittedSpend
from succotash.domain.models.spend import SpendModel
from succotash.domain.values import Json

PURCHASE_MODELS: Mapping[str, type[PurchaseModel]] = {
    "BG/NBD": BGNBD,
    "MBG/NBD": MBGNBD,
    "Pareto/NBD": ParetoNBD,
    "pooled rate": PooledRate,
}
SPEND_MODELS: Mapping[str, type[SpendModel]] = {
    "Gamma-Gamma": GammaGamma,
    "pooled spend": PooledSpend,
}


def fitted_view(fitted: FittedPurchases | FittedSpend) -> dict[str, Json]:
    """Serialised for the API."""
    return {
        "name": fitted.model.name,
        "parameters": dict(fitted.model.parameters()),
        "log_likelihood": fitted.log_likelihood,
        "reason": fitted.reason,
        "standard_errors": dict(fitted.precision.standard_errors) if fitted.precision else None,
        "imprecise_because": fitted.imprecise_because,
    }


def fitted_to_dict(fitted: FittedPurchases | FittedSpend) -> dict[str, Json]:
    """Serialised to be kept with the run: the covariance too, which intervals are drawn from."""
    precision = fitted.precision
    return fitted_view(fitted) | {
        "log_covariance": None if precision is None else precision.log_covariance.tolist()
    }


def purchases_of_dict(kept: Mapping[str, Json]) -> FittedPurchases:
    """Read a model of purchases that `fitted_to_dict` wrote; TypeError for anything else."""
    parameters, log_likelihood, reason, precision, imprecise_because = _parts_of(kept)
    model = PURCHASE_MODELS[str(kept["name"])](**parameters)
    return FittedPurchases(model, log_likelihood, reason, precision, imprecise_because)


def spend_of_dict(kept: Mapping[str, Json]) -> FittedSpend:
    """Read a model of spend that `fitted_to_dict` wrote; TypeError for anything else."""
    parameters, log_likelihood, reason, precision, imprecise_because = _parts_of(kept)
    model = SPEND_MODELS[str(kept["name"])](**parameters)
    return FittedSpend(model, log_likelihood, reason, precision, imprecise_because)


type _Parts = tuple[dict[str, float], float | None, str, Precision | None, str | None]


def _parts_of(kept: Mapping[str, Json]) -> _Parts:
    match kept:
        case {
            "parameters": dict(parameters),
            "log_likelihood": (int() | float() | None) as log_likelihood,
            "reason": str(reason),
            "standard_errors": (dict() | None) as errors,
            "log_covariance": (list() | None) as covariance,
            "imprecise_because": (str() | None) as imprecise_because,
        }:
            precision = None
            if errors is not None and covariance is not None:
                matrix = np.array(covariance, dtype=np.float64)
                precision = Precision(matrix, _numbers(errors))
            return _numbers(parameters), log_likelihood, reason, precision, imprecise_because
        case _:
            raise TypeError(kept)


def _numbers(kept: Mapping[str, Json]) -> dict[str, float]:
    return {name: float(value) for name, value in kept.items() if isinstance(value, int | float)}
