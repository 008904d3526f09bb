"""Intervals hold as often as they say, also where customers do not live as the models say."""

import json
from dataclasses import replace

import numpy as np
import pytest

from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.interval import value_interval
from succotash.domain.models.interval_calibration import (
    IntervalCalibration,
    fit_interval_calibration,
)
from succotash.domain.models.purchases import Array
from succotash.domain.models.selection import (
    FittedPurchases,
    FittedSpend,
    fit_purchases,
    fit_spend,
)
from succotash.domain.models.value import discounted_residual
from succotash.domain.values import Json
from tests.unit.models.populations import Population, simulated

DAYS = 180.0
LIVING = BGNBD(0.8, 40.0, 0.7, 2.5)


def people(customers: int, seed: int, factor: float) -> Population:
    """With what they bring within the days, times a factor that no model knows of."""
    age = np.floor(np.random.default_rng(seed).uniform(60, 700, customers))
    found = simulated(LIVING, age, DAYS, seed)
    return replace(found, brought=factor * found.brought)


def models(found: Population) -> tuple[FittedPurchases, FittedSpend]:
    return fit_purchases(found.sample()), fit_spend(found.frequency, found.mean_spend)


def calibrated(found: Population, days: float = DAYS) -> IntervalCalibration:
    return fit_interval_calibration(
        *models(found),
        *found.history,
        found.mean_spend,
        brought=found.brought,
        days=days,
        random=np.random.default_rng(8),
    )


def held(found: Population, drawn_level: float) -> float:
    """Of those whose interval is no point, the share that it holds."""
    purchases, spend = models(found)
    interval = value_interval(
        purchases,
        spend,
        *found.history,
        found.mean_spend,
        residual_of(found, purchases, spend),
        horizon_days=DAYS,
        margin=1.0,
        random=np.random.default_rng(9),
        drawn_level=drawn_level,
    )
    inside = (interval.low <= found.brought) & (found.brought <= interval.high)
    return float(inside[interval.high > 0].mean())


def residual_of(found: Population, purchases: FittedPurchases, spend: FittedSpend) -> Array:
    return discounted_residual(
        purchases.model,
        *found.history,
        spend.model.expected_spend(found.frequency, found.mean_spend),
        horizon_days=DAYS,
        yearly_discount_rate=0.0,
        margin=1.0,
    )


@pytest.mark.parametrize("factor", [1.4, 2.0])
def test_where_customers_bring_more_than_models_say_intervals_are_drawn_wider(
    factor: float,
) -> None:
    found = calibrated(people(4_000, seed=1, factor=factor))
    others = people(4_000, seed=2, factor=factor)

    assert found.held is not None
    assert found.held < 0.77
    assert held(others, 0.8) < 0.77
    assert held(others, found.drawn_level) == pytest.approx(0.8, abs=0.025)


def test_where_customers_live_as_models_say_they_are_drawn_as_they_are() -> None:
    found = calibrated(people(4_000, seed=1, factor=1.0))

    assert found.held == pytest.approx(0.8, abs=0.025)
    assert found.drawn_level <= 0.83


def test_where_customers_bring_less_intervals_are_no_narrower() -> None:
    assert calibrated(people(2_000, seed=1, factor=0.3)).drawn_level == 0.8


def test_of_a_few_the_models_word_stands_nearly() -> None:
    found = calibrated(people(12, seed=3, factor=3.0))

    assert found.customers <= 12
    assert 0.8 <= found.drawn_level <= 0.9


def test_nobody_is_calibrated_on_without_complaint() -> None:
    found = calibrated(people(0, seed=3, factor=1.0))

    assert found.drawn_level == 0.8
    assert found.held is None


def test_a_calibration_is_kept_whole() -> None:
    found = calibrated(people(500, seed=1, factor=1.4))

    assert IntervalCalibration.of_dict(json.loads(json.dumps(found.to_dict()))) == found


@pytest.mark.parametrize("kept", [None, {}, {"drawn_level": "0.8"}])
def test_what_is_no_calibration_is_refused(kept: Json) -> None:
    with pytest.raises(TypeError):
        IntervalCalibration.of_dict(kept)
