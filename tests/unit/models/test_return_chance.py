"""The calibrated chance of coming back, on simulated customers and on CDNOW."""

import json
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.cdnow import HOLDOUT_END, amounts_by_day, histories
from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.mbg_nbd import MBGNBD
from succotash.domain.models.pareto_nbd import ParetoNBD
from succotash.domain.models.purchases import Array, PurchaseModel
from succotash.domain.models.return_chance import (
    ModelledReturn,
    ReturnCalibration,
    fit_return_calibration,
)
from succotash.domain.models.selection import fit_purchases
from tests.unit.models.populations import simulated

MODELS: list[PurchaseModel] = [
    BGNBD(0.25, 38.0, 0.62, 2.7),
    MBGNBD(0.5, 45.0, 0.9, 1.6),
    ParetoNBD(0.55, 75.0, 0.6, 90.0),
]
probabilities = st.floats(0, 1)


@given(
    model=st.sampled_from(MODELS),
    frequency=st.integers(0, 1_000),
    share=probabilities,
    age=st.integers(1_000, 4_000),
    days=st.integers(1, 1_000),
)
@settings(deadline=None)
def test_without_a_correction_it_is_what_the_model_says(
    model: PurchaseModel, frequency: int, share: float, age: int, days: int
) -> None:
    last = max(np.floor(share * age), 1.0) if frequency else 0.0
    history = np.array([float(frequency)]), np.array([last]), np.array([float(age)])

    found = ReturnCalibration().probability(ModelledReturn.of(model, *history, days))

    says = 1 - model.probability_inactive(*history, days)
    assert found == pytest.approx(says, abs=1e-9)
    assert 0 < found[0] < 1


@given(
    odds=st.floats(-40, 40),
    chance=st.floats(1e-12, 1),
    once=st.integers(0, 1),
    shift=st.floats(-30, 30),
    certainty=st.floats(0, 30),
    shift_once=st.floats(-30, 30),
)
def test_whatever_the_correction_it_is_a_probability(
    odds: float,
    chance: float,
    once: int,
    shift: float,
    certainty: float,
    shift_once: float,
) -> None:
    said = ModelledReturn(np.array([odds]), np.log(np.array([chance])), np.array([once == 1]))
    found = ReturnCalibration(shift, certainty, shift_once).probability(said)
    assert 0 <= found[0] <= 1


def test_of_customers_who_live_by_the_model_little_is_corrected() -> None:
    age = np.floor(np.random.default_rng(3).uniform(200, 700, 8_000))
    model = MBGNBD(0.5, 45.0, 0.9, 1.6)
    population = simulated(model, age, 180.0, seed=4)

    found = fit_return_calibration(
        model, *population.history, holdout_purchases=population.later, holdout_days=180.0
    )

    assert found.shift == pytest.approx(0.0, abs=0.15)
    assert found.certainty == pytest.approx(1.0, abs=0.15)
    assert found.shift_once == pytest.approx(0.0, abs=0.15)
    assert (found.days, found.customers) == (180.0, 8_000)


def test_a_model_that_is_too_sure_who_left_is_tempered() -> None:
    """Everybody is as alive as before, but half of the time nobody comes by: they pause."""
    model = BGNBD(0.8, 20.0, 0.9, 2.0)
    chance = np.random.default_rng(5)
    population = simulated(model, np.full(6_000, 400.0), 180.0, seed=6)
    alive = model.probability_alive(*population.history)
    comes = 1 - model.probability_inactive_if_alive(*population.history, 180.0)
    tempered = 1 / (1 + ((1 - alive) / np.maximum(alive, 1e-300)) ** 0.4)
    later = (chance.random(6_000) < tempered * comes).astype(np.float64)

    found = fit_return_calibration(
        model, *population.history, holdout_purchases=later, holdout_days=180.0
    )

    assert found.certainty == pytest.approx(0.4, abs=0.06)


def test_with_few_customers_the_models_word_stands() -> None:
    """Between nothing and what many customers tell there is no leap."""
    model = MODELS[0]
    history = np.zeros(4_000), np.zeros(4_000), np.full(4_000, 300.0)
    nobody_came = np.zeros(4_000)

    def shift(customers: int) -> float:
        found = fit_return_calibration(
            model,
            *(each[:customers] for each in history),
            holdout_purchases=nobody_came[:customers],
            holdout_days=180.0,
        )
        return found.shift + found.shift_once

    shifts = [shift(customers) for customers in (0, 1, 10, 100, 1_000, 4_000)]
    assert shifts[0] == 0.0
    assert shifts == sorted(shifts, reverse=True)
    assert shifts[2] > -0.6
    assert shifts[-1] < -1.5


def log_loss(probability: Array, came: Array) -> float:
    return float(-np.log(np.where(came > 0, probability, 1 - probability)).mean())


@pytest.mark.parametrize(
    ("cut", "as_of"),
    [(date(1997, 7, 4), date(1997, 12, 31)), (date(1997, 5, 17), date(1997, 9, 30))],
)
def test_on_cdnow_what_one_half_year_taught_holds_in_the_next(cut: date, as_of: date) -> None:
    """The log loss falls, and those whom the model holds for gone come back as often as said."""

    def came_by(first: date, last: date) -> Array:
        return np.array(
            [float(sum(first < day <= last for day in days)) for days in amounts_by_day().values()]
        )

    learnt, known = histories(cut), histories(as_of)
    earlier = fit_purchases(learnt.sample()).model
    calibration = fit_return_calibration(
        earlier,
        learnt.frequency,
        learnt.recency,
        learnt.age,
        holdout_purchases=came_by(cut, as_of),
        holdout_days=float((as_of - cut).days),
    )

    model = fit_purchases(known.sample()).model
    history = known.frequency, known.recency, known.age
    days = 180 if as_of.year == 1997 and as_of.month == 9 else (HOLDOUT_END - as_of).days
    came = came_by(as_of, date.fromordinal(as_of.toordinal() + days))
    said = 1 - model.probability_inactive(*history, days)
    found = calibration.probability(ModelledReturn.of(model, *history, days))
    assert calibration.certainty < 0.7
    assert log_loss(found, came) < 0.98 * log_loss(said, came)
    gone = (model.probability_alive(*history) < 0.2) & (known.frequency > 2)
    assert abs(found[gone].mean() - (came[gone] > 0).mean()) < abs(
        said[gone].mean() - (came[gone] > 0).mean()
    )


def test_what_is_kept_with_a_run_comes_back() -> None:
    found = ReturnCalibration(0.1, 0.5, -0.3, 136.0, 2357)
    assert ReturnCalibration.of_dict(json.loads(json.dumps(found.to_dict()))) == found
    assert ReturnCalibration.of_dict(ReturnCalibration().to_dict()) == ReturnCalibration()
    with pytest.raises(TypeError):
        ReturnCalibration.of_dict({"shift": 1})
