import numpy as np
import pytest

from local.cdnow import HOLDOUT_END, histories
from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.interval import value_interval
from succotash.domain.models.mbg_nbd import MBGNBD
from succotash.domain.models.pareto_nbd import ParetoNBD
from succotash.domain.models.purchases import Array
from succotash.domain.models.selection import (
    Candidate,
    FittedPurchases,
    FittedSpend,
    fit_purchases,
    fit_spend,
)
from succotash.domain.models.value import discounted_residual
from tests.unit.models.populations import Population, simulated

YEAR = 365.0


def fitted(population: Population, candidate: Candidate) -> tuple[FittedPurchases, FittedSpend]:
    purchases = fit_purchases(population.sample(), candidates=[candidate])
    return purchases, fit_spend(population.frequency, population.mean_spend)


def interval(
    population: Population,
    purchases: FittedPurchases,
    spend: FittedSpend,
    level: float,
    *,
    margin: float = 1.0,
) -> tuple[Array, Array]:
    expected_spend = spend.model.expected_spend(population.frequency, population.mean_spend)
    residual = discounted_residual(
        purchases.model,
        *population.history,
        expected_spend,
        horizon_days=YEAR,
        yearly_discount_rate=0.1,
        margin=margin,
    )
    return value_interval(
        purchases,
        spend,
        *population.history,
        population.mean_spend,
        residual,
        horizon_days=YEAR,
        margin=margin,
        random=np.random.default_rng(3),
        level=level,
    )


@pytest.mark.parametrize(
    ("model", "candidate"),
    [
        (BGNBD(0.8, 40.0, 0.7, 2.5), Candidate.BG_NBD),
        (MBGNBD(0.8, 40.0, 0.7, 2.5), Candidate.MBG_NBD),
        (ParetoNBD(0.8, 40.0, 0.7, 150.0), Candidate.PARETO_NBD),
    ],
)
def test_the_interval_covers_what_customers_bring_as_often_as_it_says(
    model: BGNBD | MBGNBD | ParetoNBD, candidate: Candidate
) -> None:
    """3,000 customers with 60 to 700 days of history; models fitted, the next year simulated.

    An interval that begins at 0 includes those who bring nothing, so the coverage is more than the
    level; what brings more than the upper end is as seldom as the level says, within three
    standard errors, among customers who will probably buy.
    """
    age = np.floor(np.random.default_rng(60).uniform(60, 700, 3_000))
    population = simulated(model, age, YEAR, seed=19)
    purchases, spend = fitted(population, candidate)
    active = purchases.model.probability_inactive(*population.history, YEAR) < 0.5
    for level in (0.5, 0.8, 0.9):
        low, high = interval(population, purchases, spend, level)
        covered = (low <= population.brought) & (population.brought <= high)
        tail = (1 - level) / 2
        error = np.sqrt(tail * (1 - tail) / active.sum())
        assert covered.mean() >= level
        assert (population.brought > high)[active].mean() == pytest.approx(tail, abs=3 * error)
        assert (population.brought < low)[active].mean() <= tail + 3 * error


def cdnow() -> Population:
    known = histories(HOLDOUT_END)
    nothing = np.zeros_like(known.age)
    return Population(known.frequency, known.recency, known.age, known.mean_spend, nothing, nothing)


def test_a_wider_level_makes_a_wider_interval() -> None:
    population = cdnow()
    models = fitted(population, Candidate.BG_NBD)
    narrow = interval(population, *models, 0.5)
    wide = interval(population, *models, 0.9)

    assert (wide[0] <= narrow[0] + 1e-9).all()
    assert wide[1].mean() > narrow[1].mean()
    assert all(np.isfinite(each).all() and (each >= 0).all() for each in (*narrow, *wide))


def test_the_margin_scales_both_ends() -> None:
    population = cdnow()
    models = fitted(population, Candidate.BG_NBD)
    whole = interval(population, *models, 0.8)
    part = interval(population, *models, 0.8, margin=0.25)

    assert part[0] == pytest.approx(0.25 * whole[0])
    assert part[1] == pytest.approx(0.25 * whole[1])


def test_whoever_surely_buys_nothing_has_an_interval_of_nothing() -> None:
    population = cdnow()
    purchases, spend = fitted(population, Candidate.BG_NBD)
    low, high = interval(population, purchases, spend, 0.8)
    gone = purchases.model.probability_inactive(*population.history, YEAR) >= 0.9

    assert gone.any()
    assert (low[gone] == 0).all()
    assert (high[gone] == 0).all()
    assert (high[~gone] > 0).mean() > 0.9


def test_a_few_customers_get_an_interval() -> None:
    few = np.array([0.0, 1.0, 4.0])
    population = Population(few, few * 20, few + 100.0, few * 5, few, few)
    models = fitted(population, Candidate.BG_NBD)
    low, high = interval(population, *models, 0.8)

    assert np.isfinite(high).all()
    assert (low <= high).all()
    assert high[2] > 0


def test_where_nobody_bought_again_the_interval_comes_from_the_pooled_models() -> None:
    nothing, ages = np.zeros(3), np.array([5.0, 100.0, 400.0])
    population = Population(nothing, nothing, ages, nothing, nothing, nothing)
    purchases = fit_purchases(population.sample())
    spend = fit_spend(nothing, nothing, average_order=20)
    low, high = interval(population, purchases, spend, 0.2)

    assert purchases.precision is None
    assert np.isfinite(high).all()
    assert (low <= high).all()


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5])
def test_a_level_without_meaning_is_refused(level: float) -> None:
    population = cdnow()
    models = fitted(population, Candidate.BG_NBD)
    with pytest.raises(ValueError, match="level"):
        interval(population, *models, level)
