"""Populations no model is made for: finite answers, or a simpler model that says why."""

import numpy as np
import pytest

from local.cdnow import CALIBRATION_END, histories
from succotash.domain.models.interval import value_interval
from succotash.domain.models.purchases import Array, PurchaseSample
from succotash.domain.models.selection import Candidate, fit_purchases, fit_spend
from succotash.domain.models.value import discounted_residual

type Columns = tuple[Array, Array, Array, Array]


def cdnow(*more: tuple[float, float, float, float]) -> Columns:
    """Frequency, recency, age and mean spend, with further customers."""
    known = histories(CALIBRATION_END)
    columns = np.array([known.frequency, known.recency, known.age, known.mean_spend])
    frequency, recency, age, spend = np.hstack([columns, np.array(more).reshape(-1, 4).T])
    return frequency, recency, age, spend


def all_bought_once() -> Columns:
    nothing = np.zeros(5_000)
    return nothing, nothing, np.linspace(0, 700, 5_000).round(), nothing


def decades() -> Columns:
    frequency, recency, age, spend = cdnow()
    return frequency, recency * 60, age * 60, spend


def in_hours() -> Columns:
    frequency, recency, age, spend = cdnow()
    return frequency, recency / 24, age / 24, spend


def same_spend() -> Columns:
    frequency, recency, age, _ = cdnow()
    return frequency, recency, age, np.where(frequency > 0, 9.99, 0.0)


def ten_customers() -> Columns:
    frequency, recency, age, spend = cdnow()
    return frequency[:10], recency[:10], age[:10], spend[:10]


def all_alike() -> Columns:
    ones = np.ones(500)
    return 3 * ones, 90 * ones, 100 * ones, 20 * ones


def all_came_today() -> Columns:
    nothing = np.zeros(500)
    return nothing, nothing, nothing, nothing


POPULATIONS = {
    "a customer with 5,000 purchases": cdnow((5_000, 14_000, 14_600, 1e6)),
    "a customer with 5,000 purchases in a month": cdnow((5_000, 29, 30, 0.01)),
    "everybody bought once": all_bought_once(),
    "all equal spends": same_spend(),
    "ages of decades": decades(),
    "ages of hours": in_hours(),
    "ten customers": ten_customers(),
    "all alike": all_alike(),
    "all came today": all_came_today(),
    "nobody": (np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0)),
}


@pytest.mark.parametrize("candidate", Candidate)
@pytest.mark.parametrize("title", POPULATIONS)
def test_every_answer_is_finite(title: str, candidate: Candidate) -> None:
    frequency, recency, age, mean_spend = POPULATIONS[title]
    history = frequency, recency, age
    purchases = fit_purchases(PurchaseSample.from_columns(*history), candidates=[candidate])
    spend = fit_spend(frequency, mean_spend, average_order=12.0)
    model = purchases.model
    expected_spend = spend.model.expected_spend(frequency, mean_spend)
    residual = discounted_residual(
        model, *history, expected_spend, horizon_days=365, yearly_discount_rate=0.1, margin=1
    )
    interval = value_interval(
        purchases,
        spend,
        *history,
        mean_spend,
        residual,
        horizon_days=365,
        margin=1,
        random=np.random.default_rng(1),
        draws=19,
    )

    for answer in (
        model.probability_alive(*history),
        model.probability_inactive(*history, 90),
        model.expected_purchases(*history, 90),
        expected_spend,
        residual,
        interval.low,
        interval.median,
        interval.high,
        interval.probability_of_nothing,
    ):
        assert np.isfinite(answer).all()
        assert (answer >= 0).all()
    assert not np.isnan(model.age_at_even_odds(frequency, recency)).any()
    assert purchases.reason.startswith((f"{candidate}: ", "Pooled rate: "))
    for fitted in (purchases, spend):
        errors = fitted.precision.standard_errors.values() if fitted.precision else []
        assert np.isfinite(list(errors)).all()
        assert (fitted.precision is None) != (fitted.imprecise_because is None)


def test_decades_are_days_in_another_unit() -> None:
    """All times sixtyfold: alpha and beta sixtyfold, the rest as it was."""
    for candidate in Candidate:
        one, other = (
            fit_purchases(PurchaseSample.from_columns(*each[:3]), candidates=[candidate])
            for each in (cdnow(), decades())
        )
        scaled = {
            name: value * (60 if name in {"alpha", "beta"} else 1)
            for name, value in one.model.parameters().items()
        }
        assert other.model.parameters() == pytest.approx(scaled, rel=1e-6)
