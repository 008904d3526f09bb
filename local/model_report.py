"""The numbers and plots of `docs/models.md`, from the CDNOW sample.

`python -m local.model_report` writes both; with `--check` it only compares the tables, and fails
where they are not what the code finds.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

import numpy as np

from local.cdnow import (
    CALIBRATION_END,
    HOLDOUT_DAYS,
    HOLDOUT_END,
    Histories,
    amounts_by_day,
    histories,
    spent_between,
)
from local.tables import DOCUMENT, keep_tables, replaced, table
from succotash.domain.models.backtest import Backtest, Tracking, backtest, backtest_spend, track
from succotash.domain.models.bg_nbd import fit_bg_nbd
from succotash.domain.models.gamma_gamma import fit_gamma_gamma
from succotash.domain.models.interval import value_interval
from succotash.domain.models.interval_calibration import fit_interval_calibration
from succotash.domain.models.mbg_nbd import fit_mbg_nbd
from succotash.domain.models.pareto_nbd import fit_pareto_nbd
from succotash.domain.models.purchases import Array, PurchaseModel
from succotash.domain.models.selection import (
    Candidate,
    FittedPurchases,
    FittedSpend,
    fit_purchases,
    fit_spend,
)
from succotash.domain.value.ltv import INTERVAL_LEVEL

PLOTS = Path("docs/plots")
WEEK = 7.0
WEEKS = 39
BACKTEST_DAYS = 136
"""Half of the history of those 39 weeks, as a run holds out."""
PUBLISHED = {
    Candidate.BG_NBD: "r 0.243, alpha 4.414, a 0.793, b 2.426; log-likelihood -9582.4",
    Candidate.MBG_NBD: "r 0.525, alpha 6.183, a 0.891, b 1.614",
    Candidate.PARETO_NBD: "r 0.553, alpha 10.578, s 0.606, beta 11.669; log-likelihood -9595.0",
}
"""Fader, Hardie & Lee (2005); for MBG/NBD the documentation of BTYDplus. Time in weeks."""
PUBLISHED_SPEND = "p 6.25, q 3.74, v 15.44; log-likelihood -4055.92"
"""Fader & Hardie, note 025."""
IN_WEEKS = {"alpha", "beta"}


@dataclass(frozen=True, slots=True)
class Judged:
    """A model fitted to the calibration period, and what it was worth in the holdout."""

    fitted: FittedPurchases
    result: Backtest
    tracking: Tracking

    @property
    def model(self) -> PurchaseModel:
        """The model."""
        return self.fitted.model


@dataclass(frozen=True, slots=True)
class Findings:
    """The numbers that the document shows."""

    known: Histories
    judged: Sequence[Judged]
    spend: FittedSpend
    brought: Array
    """Money in the holdout, one row per customer."""

    @classmethod
    def of_cdnow(cls) -> "Findings":
        """Fit everything to 39 weeks, judge it on the 39 after them."""
        known = histories(CALIBRATION_END)
        weeks = holdout_weeks()
        sample = known.sample()
        judged = [
            Judged(fitted, _backtest(fitted.model, known), track(fitted.model, sample, weeks))
            for fitted in (fit_purchases(sample, candidates=[each]) for each in Candidate)
        ]
        brought = spent_between(CALIBRATION_END, HOLDOUT_END)
        return cls(known, judged, fit_spend(known.frequency, known.mean_spend), brought)


def holdout_weeks() -> list[int]:
    """Repeat purchase days of the holdout, by week."""
    weeks = [0] * WEEKS
    for days in amounts_by_day().values():
        for day in list(days)[1:]:
            if CALIBRATION_END < day <= HOLDOUT_END:
                weeks[((day - CALIBRATION_END).days - 1) // 7] += 1
    return weeks


def _backtest(model: PurchaseModel, known: Histories) -> Backtest:
    return backtest(
        model,
        known.frequency,
        known.recency,
        known.age,
        holdout_purchases=known.holdout_purchases,
        holdout_days=HOLDOUT_DAYS,
    )


def _figure(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def parameters(found: Findings) -> str:
    """Published, the same by likelihood alone, and what runs use."""
    known, sample = found.known, found.known.sample()
    alone = (fit_bg_nbd(sample), fit_mbg_nbd(sample), fit_pareto_nbd(sample))
    # A density per week is seven times one per day, for each repeat purchase.
    per_week = sample.repeat_purchases * np.log(WEEK)
    rows = []
    for likeliest, used, (candidate, published) in zip(
        alone, found.judged, PUBLISHED.items(), strict=True
    ):
        shown = [
            f"{_in_weeks(each.model)}; log-likelihood {(each.log_likelihood or 0) + per_week:.1f}"
            for each in (likeliest, used.fitted)
        ]
        rows.append((candidate.value, published, *shown))
    likeliest_spend = fit_gamma_gamma(known.frequency, known.mean_spend)
    shown = [
        ", ".join(f"{name} {value:.2f}" for name, value in each.model.parameters().items())
        + f"; log-likelihood {each.log_likelihood or 0:.2f}"
        for each in (likeliest_spend, found.spend)
    ]
    rows.append((found.spend.model.name, PUBLISHED_SPEND, *shown))
    return table(("model", "published", "by likelihood alone", "with the prior"), rows)


def _in_weeks(model: PurchaseModel) -> str:
    return ", ".join(
        f"{name} {value / (WEEK if name in IN_WEEKS else 1):.3f}"
        for name, value in model.parameters().items()
    )


def purchases(found: Findings) -> str:
    """The error of each model's purchases in the holdout."""
    rows = []
    for each in found.judged:
        result = each.result
        rows.append(
            (
                each.model.name,
                f"{result.predicted_purchases:,.0f} of {result.actual_purchases:,}",
                f"{result.error_percent:+.1f}%",
                f"{_figure(each.tracking.error_percent, 1)}%",
                _figure(result.mae, 3),
                _figure(result.rmse, 3),
            )
        )
    naive = found.judged[0].result
    total = float((found.known.frequency / found.known.age).sum() * HOLDOUT_DAYS)
    rows.append(
        (
            "the same rate as before",
            f"{total:,.0f} of {naive.actual_purchases:,}",
            f"{100 * (total / naive.actual_purchases - 1):+.1f}%",
            "",
            _figure(naive.naive_mae, 3),
            _figure(naive.naive_rmse, 3),
        )
    )
    head = ("model", "purchases", "error", "in a week", "MAE per customer", "RMSE per customer")
    return table(head, rows)


def silence(found: Findings) -> str:
    """The accuracy of each model's probability of inactivity in the holdout."""
    rows = [
        (
            each.model.name,
            _figure(each.result.brier, 4),
            _figure(each.result.brier_skill, 3),
            _figure(each.result.log_loss, 4),
            _figure(each.result.auc, 3),
            _figure(each.result.top_decile_lift, 2),
        )
        for each in found.judged
    ]
    return table(("model", "Brier", "skill", "log loss", "AUC", "lift of the top tenth"), rows)


def spend(found: Findings) -> str:
    """The error of spend in the holdout."""
    known = found.known
    rows = []
    for each in found.judged:
        result = backtest_spend(
            each.model,
            found.spend.model,
            known.frequency,
            known.recency,
            known.age,
            known.mean_spend,
            holdout_purchases=known.holdout_purchases,
            holdout_revenue=found.brought,
            holdout_days=HOLDOUT_DAYS,
        )
        rows.append(
            (
                f"{each.model.name} and {found.spend.model.name}",
                f"{result.predicted_revenue:,.0f} of {result.actual_revenue:,.0f}",
                f"{result.error_percent:+.1f}%",
                f"{_figure(result.mae, 2)} against {_figure(result.naive_mae, 2)}",
                f"{_figure(result.rmse, 2)} against {_figure(result.naive_rmse, 2)}",
            )
        )
    head = ("models", "dollars", "error", "MAE of a purchase, naive", "RMSE of a purchase, naive")
    return table(head, rows)


def calibrated_before(candidate: Candidate) -> float:
    """The level at which a run at the end of the calibration draws: by its own backtest."""
    cut = CALIBRATION_END - timedelta(days=BACKTEST_DAYS)
    known = histories(cut)
    return fit_interval_calibration(
        fit_purchases(known.sample(), candidates=[candidate]),
        fit_spend(known.frequency, known.mean_spend),
        known.frequency,
        known.recency,
        known.age,
        known.mean_spend,
        brought=spent_between(cut, CALIBRATION_END),
        days=BACKTEST_DAYS,
        random=np.random.default_rng(1997),
    ).drawn_level


def intervals(found: Findings) -> str:
    """The share of customers whose revenue lay within their interval, by its kind."""
    known = found.known
    rows: list[Sequence[str]] = []
    for each in found.judged:
        expected = each.model.expected_purchases(
            known.frequency, known.recency, known.age, HOLDOUT_DAYS
        ) * found.spend.model.expected_spend(known.frequency, known.mean_spend)
        interval = value_interval(
            each.fitted,
            found.spend,
            known.frequency,
            known.recency,
            known.age,
            known.mean_spend,
            expected,
            horizon_days=HOLDOUT_DAYS,
            margin=1.0,
            random=np.random.default_rng(1997),
            drawn_level=calibrated_before(Candidate(each.model.name)),
        )
        inside = (interval.low <= found.brought) & (found.brought <= interval.high)
        is_point = interval.high == 0
        stated = np.where(is_point, interval.probability_of_nothing, INTERVAL_LEVEL)
        kinds = {
            "nothing more": is_point,
            "from nothing": (interval.low == 0) & ~is_point,
            "from more than nothing": interval.low > 0,
        }
        rows.extend(
            (
                each.model.name,
                name,
                f"{kind.sum():,}",
                f"{stated[kind].mean():.0%}" if kind.any() else "",
                f"{inside[kind].mean():.0%}" if kind.any() else "",
            )
            for name, kind in kinds.items()
        )
    return table(("model", "interval", "customers", "level", "inside"), rows)


TABLES: dict[str, Callable[[Findings], str]] = {
    "parameters": parameters,
    "purchases": purchases,
    "silence": silence,
    "spend": spend,
    "intervals": intervals,
}


def with_tables(text: str, found: Findings) -> str:
    """The document with every table as it is now found."""
    return replaced(text, {name: make(found) for name, make in TABLES.items()})


def draw(found: Findings) -> None:
    """Write the plots; the same numbers make the same files."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update(
        {"svg.hashsalt": "succotash", "svg.fonttype": "none", "font.size": 9, "figure.dpi": 100}
    )
    PLOTS.mkdir(parents=True, exist_ok=True)
    best = min(found.judged, key=lambda each: each.result.log_loss or 0.0)
    _draw_matrix(best.model)
    _draw_calibration(found.judged)
    _draw_tracking(found.judged)


def _save(figure: object, name: str) -> None:
    figure.savefig(PLOTS / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")  # type: ignore[attr-defined]


def _draw_matrix(model: PurchaseModel) -> None:
    """P(alive) and the purchases to come by repeat purchases and the week of the last one."""
    from matplotlib import pyplot as plt

    repeats, last = np.meshgrid(np.arange(1.0, 15.0), np.arange(1.0, WEEKS + 1))
    history = (repeats.ravel(), WEEK * last.ravel(), np.full(repeats.size, WEEK * WEEKS))
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.4))
    for axis, title, values in (
        (axes[0], "P(still a customer)", model.probability_alive(*history)),
        (
            axes[1],
            "purchases in the next 39 weeks",
            model.expected_purchases(*history, WEEK * WEEKS),
        ),
    ):
        shown = axis.pcolormesh(repeats, last, values.reshape(repeats.shape), rasterized=True)
        figure.colorbar(shown, ax=axis)
        axis.set(title=title, xlabel="repeat purchases", ylabel="week of the last purchase")
    _save(figure, "frequency_recency")
    plt.close(figure)


def _draw_calibration(judged: Sequence[Judged]) -> None:
    """Said against seen, by tenths of customers."""
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots(figsize=(4.4, 3.6))
    axis.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for each, marker in zip(judged, "os^", strict=True):
        deciles = each.result.calibration
        axis.plot(
            [decile.mean_predicted for decile in deciles],
            [decile.observed_share for decile in deciles],
            marker=marker,
            markersize=4,
            linewidth=1,
            label=each.model.name,
        )
    axis.set(xlabel="P(no purchase in 39 weeks), said", ylabel="share without a purchase, seen")
    axis.legend(frameon=False)
    _save(figure, "calibration")
    plt.close(figure)


def _draw_tracking(judged: Sequence[Judged]) -> None:
    """Repeat purchases of all customers, added up week by week."""
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots(figsize=(5.6, 3.4))
    weeks = np.arange(1, WEEKS + 1) + WEEKS
    axis.plot(weeks, np.cumsum(judged[0].tracking.actual), color="black", label="actual")
    for each, style in zip(judged, ("--", "-.", ":"), strict=True):
        axis.plot(weeks, np.cumsum(each.tracking.predicted), style, label=each.model.name)
    axis.set(xlabel="week", ylabel="repeat purchases since week 39")
    axis.legend(frameon=False)
    _save(figure, "tracking")
    plt.close(figure)


def main() -> int:
    """Write the document, or check it."""
    found = cache(Findings.of_cdnow)
    return keep_tables(
        DOCUMENT,
        lambda known: with_tables(known, found()),
        description=__doc__,
        refusal="what the code finds; run python -m local.model_report",
        after_writing=lambda: draw(found()),
    )


if __name__ == "__main__":
    sys.exit(main())
