"""Which model the data carry, and why, in a sentence a reader of the report understands."""

from dataclasses import dataclass

from numpy.typing import ArrayLike

from succotash.domain.models.bg_nbd import fit_bg_nbd
from succotash.domain.models.gamma_gamma import fit_gamma_gamma
from succotash.domain.models.likelihood import UnfitError
from succotash.domain.models.pooled_rate import fit_pooled_rate, fit_pooled_spend
from succotash.domain.models.purchases import PurchaseModel, PurchaseSample
from succotash.domain.models.spend import SpendModel, SpendSample

MINIMUM_CUSTOMERS = 100
MINIMUM_REPEAT_CUSTOMERS = 30
"""Below these BG/NBD's four parameters follow single customers rather than the population."""
MINIMUM_SPENDERS = 30
"""Repeat customers with a positive mean; below, Gamma-Gamma's three parameters do likewise."""


@dataclass(frozen=True, slots=True)
class FittedPurchases:
    """The chosen purchase model."""

    model: PurchaseModel
    log_likelihood: float | None
    """In days; None for a model that is not fitted by likelihood."""
    reason: str
    """Why this model, as a sentence."""


@dataclass(frozen=True, slots=True)
class FittedSpend:
    """The chosen spend model."""

    model: SpendModel
    log_likelihood: float | None
    """None for a model that is not fitted by likelihood."""
    reason: str
    """Why this model, as a sentence."""


def fit_purchases(sample: PurchaseSample) -> FittedPurchases:
    """BG/NBD where the sample carries it, else the pooled rate."""

    def pooled(reason: str) -> FittedPurchases:
        return FittedPurchases(fit_pooled_rate(sample), None, f"Pooled rate: {reason}.")

    customers, repeaters = sample.customers, sample.repeat_customers
    if customers < MINIMUM_CUSTOMERS or repeaters < MINIMUM_REPEAT_CUSTOMERS:
        return pooled(
            f"{customers:,.0f} customers, {repeaters:,.0f} of them with a repeat purchase, are too "
            f"few for BG/NBD, which takes {MINIMUM_CUSTOMERS} and {MINIMUM_REPEAT_CUSTOMERS}"
        )
    try:
        fitted = fit_bg_nbd(sample)
    except UnfitError as unfit:
        return pooled(f"BG/NBD cannot be fitted, {unfit}")
    if not fitted.converged:
        return pooled("the search for the likeliest BG/NBD did not settle")
    return FittedPurchases(
        fitted.model,
        fitted.log_likelihood,
        f"BG/NBD: {customers:,.0f} customers, {repeaters:,.0f} of them with a repeat purchase, "
        "carry it.",
    )


def fit_spend(
    frequency: ArrayLike,
    mean_spend: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    average_order: float = 0.0,
) -> FittedSpend:
    """Gamma-Gamma where the repeat customers carry it, else the pooled spend.

    `average_order` is the mean amount of any purchase, for when nobody has bought again.
    """
    sample = SpendSample.from_columns(frequency, mean_spend, weight)

    def pooled(reason: str) -> FittedSpend:
        return FittedSpend(
            fit_pooled_spend(sample, average_order), None, f"Pooled spend: {reason}."
        )

    spenders = sample.customers
    if spenders < MINIMUM_SPENDERS:
        return pooled(
            f"{spenders:,.0f} repeat customers with a positive mean are too few for Gamma-Gamma, "
            f"which takes {MINIMUM_SPENDERS}"
        )
    try:
        fitted = fit_gamma_gamma(sample.frequency, sample.mean_spend, sample.weight)
    except UnfitError as unfit:
        return pooled(f"Gamma-Gamma cannot be fitted, {unfit}")
    if not fitted.converged:
        return pooled("the search for the likeliest Gamma-Gamma did not settle")
    if not fitted.model.has_mean:
        return pooled(
            f"the likeliest Gamma-Gamma has q = {fitted.model.q:.3g}, and without q > 1 the "
            "population has no mean spend"
        )
    return FittedSpend(
        fitted.model,
        fitted.log_likelihood,
        f"Gamma-Gamma: {spenders:,.0f} repeat customers with a positive mean carry it.",
    )
