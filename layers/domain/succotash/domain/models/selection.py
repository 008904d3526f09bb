"""Chooses the model that the data carry, and says why in a sentence for readers of the report.

Where there is time to hold out, the candidates for purchases compete: each is fitted to what came
before the cut and judged on the days after it. The lowest log loss of P(no purchase) wins, because
risk, reasons and dates all follow from that probability. It is compared customer by customer: a
mean difference within its own standard error would on other customers as likely fall the other way,
and is a tie. Of those tied, the ones that explain the time before the cut clearly worse than the
best of them fall away: a log-likelihood counts every purchase and every pause, where P(no purchase)
is one yes or no per customer. Of the rest the one whose total of purchases was nearest wins, and of
equal totals the candidate named first. The total decides last, since chance alone moves it by some
per cent in shops of a few thousand customers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from numpy.typing import ArrayLike

from succotash.domain.models import beta_geometric, gamma_gamma, pareto_nbd
from succotash.domain.models.backtest import Backtest, backtest, log_losses
from succotash.domain.models.bg_nbd import BGNBD, fit_bg_nbd
from succotash.domain.models.gamma_gamma import fit_gamma_gamma
from succotash.domain.models.likelihood import Fitted, Precision, UnfitError
from succotash.domain.models.mbg_nbd import MBGNBD, fit_mbg_nbd
from succotash.domain.models.pareto_nbd import ParetoNBD, fit_pareto_nbd
from succotash.domain.models.pooled_rate import (
    PRIOR_DAYS,
    PRIOR_PURCHASES,
    fit_pooled_rate,
    fit_pooled_spend,
)
from succotash.domain.models.purchases import Array, PurchaseModel, PurchaseSample
from succotash.domain.models.spend import SpendModel, SpendSample
from succotash.domain.values import Json, counted

LARGEST_MEAN = 3.0
"""Times the mean purchase: above, spends hardly have a mean, and that of Gamma-Gamma runs away."""
TIE = 0.01
"""Log losses whose ratio is within this of 1 say nothing about which source is better."""
CLEARLY_WORSE = 2.0
"""A log-likelihood lower by more is clearly worse: a difference in AIC of 4, from where K. P.
Burnham and D. R. Anderson (2004), Multimodel Inference, speak of considerably less support."""
_POOLED = "its parameters are supposed or pooled, not searched for"


class Candidate(StrEnum):
    """The purchase models that may compete, by the names reports call them."""

    BG_NBD = "BG/NBD"
    MBG_NBD = "MBG/NBD"
    PARETO_NBD = "Pareto/NBD"


DEFAULT_CANDIDATES = tuple(Candidate)


@dataclass(frozen=True, slots=True)
class FittedPurchases:
    """The chosen purchase model."""

    model: PurchaseModel
    log_likelihood: float | None
    """In days; None for a model that is not fitted by likelihood."""
    reason: str
    """Why this model, as a sentence."""
    precision: Precision | None
    imprecise_because: str | None
    """Why there is no precision; None where there is."""


@dataclass(frozen=True, slots=True)
class FittedSpend:
    """The chosen spend model."""

    model: SpendModel
    log_likelihood: float | None
    """None for a model that is not fitted by likelihood."""
    reason: str
    """Why this model, as a sentence."""
    precision: Precision | None
    imprecise_because: str | None
    """Why there is no precision; None where there is."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A model fitted to what came before the cut, and how good it was after it."""

    fitted: FittedPurchases
    result: Backtest

    @property
    def log_loss(self) -> float:
        """0 where there was nobody to judge it on."""
        return self.result.log_loss or 0.0

    @property
    def log_likelihood(self) -> float:
        """The log-likelihood of the data before the cut; 0 for a model that is not fitted by it."""
        return self.fitted.log_likelihood or 0.0

    @property
    def count_error(self) -> float:
        """The absolute error of the total of purchases."""
        return abs(self.result.predicted_purchases - self.result.actual_purchases)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Candidates judged on the same days, the best first."""

    ranked: tuple[Judged, ...]
    reason: str
    """Why the first is the best, as a sentence."""

    @property
    def best(self) -> Judged:
        """The winner."""
        return self.ranked[0]

    def to_dict(self) -> dict[str, Json]:
        """The winner's numbers, and under `candidates` those of each, without calibration."""
        best = self.best
        return {
            "model": best.fitted.model.name,
            "reason": f"{best.fitted.reason} {self.reason}",
            **best.result.to_dict(),
            "candidates": [_summary(each) for each in self.ranked],
        }


def compare(
    frequency: Array,
    recency: Array,
    age: Array,
    *,
    holdout_purchases: Array,
    holdout_days: float,
    candidates: Sequence[Candidate] = DEFAULT_CANDIDATES,
) -> Comparison:
    """Fit every candidate to histories before a cut and judge it on the `holdout_days` after it.

    Columns as in `backtest`. Where nobody had bought again before the cut, the pooled rate is
    judged alone.
    """
    sample = PurchaseSample.from_columns(frequency, recency, age)
    fits = [fit_purchases(sample, candidates=[each]) for each in candidates]
    carried = [each for each in fits if each.log_likelihood is not None] or fits[:1]
    inactive = holdout_purchases == 0
    judged, losses = [], []
    for each in carried:
        said = each.model.probability_inactive(frequency, recency, age, holdout_days)
        losses.append(log_losses(said, inactive))
        result = backtest(
            each.model,
            frequency,
            recency,
            age,
            holdout_purchases=holdout_purchases,
            holdout_days=holdout_days,
        )
        judged.append(Judged(each, result))
    return _ranked(judged, losses, holdout_days)


def _ranked(judged: Sequence[Judged], losses: Sequence[Array], days: float) -> Comparison:
    """The best first; `losses` are those of each customer, for each of `judged`."""
    lowest = losses[min(range(len(judged)), key=lambda place: judged[place].log_loss)]
    tied: list[Judged] = []
    rest: list[Judged] = []
    for each, own in zip(judged, losses, strict=True):
        (tied if _is_tie(own - lowest) else rest).append(each)
    least = max(each.log_likelihood for each in tied) - CLEARLY_WORSE
    supported = [each for each in tied if each.log_likelihood >= least]
    supported.sort(key=lambda each: each.count_error)
    less = [each for each in tied if each.log_likelihood < least]
    less.sort(key=lambda each: -each.log_likelihood)
    rest.sort(key=lambda each: each.log_loss)
    return Comparison((*supported, *less, *rest), _verdict(supported, less, rest, days))


def _is_tie(differences: Array) -> bool:
    """Whether paired differences are on average within their standard error."""
    customers = len(differences)
    error = float(differences.std()) / customers**0.5 if customers else 0.0
    return not customers or float(differences.mean()) <= error


def fit_purchases(
    sample: PurchaseSample,
    comparison: Comparison | None = None,
    *,
    candidates: Sequence[Candidate] = DEFAULT_CANDIDATES,
) -> FittedPurchases:
    """The winner of `comparison`, without one the first of `candidates`, fitted to `sample`.

    By likelihood under the models' weak priors, however few the customers; where the search does
    not settle, the best point found. The pooled rate only where nobody has bought again.
    """
    customers, repeaters = sample.customers, sample.repeat_customers
    if not repeaters:
        return _pooled_rate(sample, f"none of {customers:,.0f} customers has bought again")
    judged = comparison.ranked if comparison else ()
    starts = {each.fitted.model.name: each.fitted.model for each in judged}
    ranks = {name: rank for rank, name in enumerate(starts)}
    ordered = sorted(candidates, key=lambda each: ranks.get(each, len(ranks)))
    failures = []
    for candidate in ordered:
        try:
            fitted = _fit(candidate, sample, starts.get(candidate))
        except UnfitError as unfit:
            failures.append(f"{candidate} cannot be fitted, {unfit}")
            continue
        reason = (
            f"{candidate}: fitted to {counted(customers, 'customer')}, {repeaters:,.0f} of "
            "them with a repeat purchase."
        )
        won = comparison is not None and comparison.best.fitted.model.name == candidate
        return FittedPurchases(
            fitted.model,
            fitted.log_likelihood,
            f"{reason} {comparison.reason}" if comparison is not None and won else reason,
            fitted.precision,
            fitted.imprecise_because,
        )
    return _pooled_rate(sample, "; ".join(failures))


def _fit(
    candidate: Candidate, sample: PurchaseSample, start: PurchaseModel | None
) -> Fitted[BGNBD] | Fitted[MBGNBD] | Fitted[ParetoNBD]:
    match candidate:
        case Candidate.BG_NBD:
            return fit_bg_nbd(
                sample,
                start if isinstance(start, BGNBD) else None,
                prior=beta_geometric.weak_prior(sample),
            )
        case Candidate.MBG_NBD:
            return fit_mbg_nbd(
                sample,
                start if isinstance(start, MBGNBD) else None,
                prior=beta_geometric.weak_prior(sample),
            )
        case Candidate.PARETO_NBD:
            return fit_pareto_nbd(
                sample, start if isinstance(start, ParetoNBD) else None, prior=pareto_nbd.WEAK_PRIOR
            )


def _pooled_rate(sample: PurchaseSample, reason: str) -> FittedPurchases:
    rate = fit_pooled_rate(sample)
    return FittedPurchases(
        rate,
        None,
        f"Pooled rate: {reason}. It supposes {PRIOR_PURCHASES:g} repeat purchases in "
        f"{PRIOR_DAYS:.0f} days before any data, and that {rate.leaving:.0%} of repeat purchases "
        "are a customer's last.",
        None,
        _POOLED,
    )


def _verdict(
    supported: Sequence[Judged], less: Sequence[Judged], rest: Sequence[Judged], days: float
) -> str:
    best, tied = supported[0], (*supported, *less)
    if len(tied) + len(rest) == 1:
        return f"No other model was judged on the last {counted(days, 'day')}."
    name = best.fitted.model.name
    unseen = f"On the last {counted(days, 'day')}, which were held out,"
    if len(tied) == 1:
        return (
            f"{unseen} {name} had the lowest log loss, {best.log_loss:.4f}; next was "
            f"{rest[0].fitted.model.name} with {rest[0].log_loss:.4f}."
        )
    others = ", ".join(each.fitted.model.name for each in tied if each is not best)
    alike = f"{unseen} the log losses of {name} and {others} differed by no more than chance"
    if len(supported) == 1:
        return (
            f"{alike}; {name} explains the days before them best, with a log-likelihood of "
            f"{best.log_likelihood:,.1f} against {less[0].log_likelihood:,.1f}."
        )
    return (
        f"{alike}; of those that explain the days before them about as well, the total of {name}, "
        f"{best.result.predicted_purchases:,.0f} purchases, was nearest to the actual "
        f"{best.result.actual_purchases:,}."
    )


def _summary(judged: Judged) -> dict[str, Json]:
    model = judged.fitted.model
    return {
        "model": model.name,
        "parameters": dict(model.parameters()),
        **judged.result.summary(),
    }


def fit_spend(
    frequency: ArrayLike,
    mean_spend: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    average_order: float = 0.0,
) -> FittedSpend:
    """Gamma-Gamma with its weak prior, else the pooled spend.

    `average_order` is the mean amount of any purchase, for when nobody has bought again.
    """
    sample = SpendSample.from_columns(frequency, mean_spend, weight)

    def pooled(reason: str) -> FittedSpend:
        return FittedSpend(
            fit_pooled_spend(sample, average_order),
            None,
            f"Pooled spend: {reason}.",
            None,
            _POOLED,
        )

    spenders = sample.customers
    try:
        fitted = fit_gamma_gamma(
            sample.frequency, sample.mean_spend, sample.weight, prior=gamma_gamma.WEAK_PRIOR
        )
    except UnfitError as unfit:
        return pooled(f"Gamma-Gamma cannot be fitted, {unfit}")
    found = fit_pooled_spend(sample).mean
    if fitted.model.population_mean > LARGEST_MEAN * found:
        return pooled(
            f"the mean spend of the likeliest Gamma-Gamma, {fitted.model.population_mean:,.2f}, is "
            f"more than {LARGEST_MEAN:.0f} times what repeat customers spent, {found:,.2f}"
        )
    return FittedSpend(
        fitted.model,
        fitted.log_likelihood,
        f"Gamma-Gamma: fitted to {spenders:,.0f} repeat customers with a positive mean.",
        fitted.precision,
        fitted.imprecise_because,
    )
