import numpy as np
import pytest

from local.cdnow import HOLDOUT_END, histories
from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.interval import ValueInterval, value_interval
from succotash.domain.models.mbg_nbd import MBGNBD
from succotash.domain.models.pareto_nbd import ParetoNBD
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
) -> ValueInterval:
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


MODELS = [
    (BGNBD(0.8, 40.0, 0.7, 2.5), Candidate.BG_NBD),
    (MBGNBD(0.8, 40.0, 0.7, 2.5), Candidate.MBG_NBD),
    (ParetoNBD(0.8, 40.0, 0.7, 150.0), Candidate.PARETO_NBD),
]


def living(model: BGNBD | MBGNBD | ParetoNBD) -> Population:
    """4,000 customers with 60 to 700 days of history, and their next year."""
    age = np.floor(np.random.default_rng(60).uniform(60, 700, 4_000))
    return simulated(model, age, YEAR, seed=19)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
@pytest.mark.parametrize(("model", "candidate"), MODELS)
def test_an_interval_holds_what_customers_bring_as_often_as_it_says(
    model: BGNBD | MBGNBD | ParetoNBD, candidate: Candidate, level: float
) -> None:
    """Models fitted, the next year simulated; within three standard errors for each kind."""
    population = living(model)
    found = interval(population, *fitted(population, candidate), level)
    nothing = found.probability_of_nothing
    covered = (found.low <= population.brought) & (population.brought <= found.high)
    is_point, from_nothing = found.high == 0, (found.low == 0) & (found.high > 0)
    stated = np.where(is_point, nothing, level)
    for kind in (is_point, from_nothing, found.low > 0):
        assert kind.sum() > 30
        error = np.sqrt((stated[kind] * (1 - stated[kind])).sum()) / kind.sum()
        assert covered[kind].mean() == pytest.approx(stated[kind].mean(), abs=3 * error)
    assert (nothing[is_point] >= level).all()


@pytest.mark.parametrize(("model", "candidate"), MODELS)
def test_half_of_the_customers_bring_more_than_their_median(
    model: BGNBD | MBGNBD | ParetoNBD, candidate: Candidate
) -> None:
    population = living(model)
    found = interval(population, *fitted(population, candidate), 0.8)
    some = found.median > 0

    assert (found.low <= found.median).all()
    assert (found.median <= found.high).all()
    assert (population.brought > found.median)[some].mean() == pytest.approx(
        0.5, abs=1.5 / np.sqrt(some.sum())
    )
    assert (population.brought > 0)[~some].mean() < 0.5


def cdnow() -> Population:
    known = histories(HOLDOUT_END)
    nothing = np.zeros_like(known.age)
    return Population(known.frequency, known.recency, known.age, known.mean_spend, nothing, nothing)


def test_a_wider_level_makes_a_wider_interval() -> None:
    population = cdnow()
    models = fitted(population, Candidate.BG_NBD)
    narrow = interval(population, *models, 0.5)
    wide = interval(population, *models, 0.9)

    assert (wide.low <= narrow.low + 1e-9).all()
    assert wide.high.mean() > narrow.high.mean()
    for each in (narrow, wide):
        for amounts in (each.low, each.median, each.high):
            assert np.isfinite(amounts).all()
            assert (amounts >= 0).all()


def test_the_margin_scales_all_amounts() -> None:
    population = cdnow()
    models = fitted(population, Candidate.BG_NBD)
    whole = interval(population, *models, 0.8)
    part = interval(population, *models, 0.8, margin=0.25)

    assert part.low == pytest.approx(0.25 * whole.low)
    assert part.median == pytest.approx(0.25 * whole.median)
    assert part.high == pytest.approx(0.25 * whole.high)
    assert part.probability_of_nothing == pytest.approx(whole.probability_of_nothing)


def test_the_interval_of_those_who_probably_buy_nothing_is_a_point() -> None:
    population = cdnow()
    purchases, spend = fitted(population, Candidate.BG_NBD)
    found = interval(population, purchases, spend, 0.8)
    nothing = purchases.model.probability_inactive(*population.history, YEAR)

    assert found.probability_of_nothing == pytest.approx(nothing)
    gone = nothing >= 0.8
    assert gone.any()
    assert (found.high[gone] == 0).all()
    assert (found.low[nothing > 0.1] == 0).all()
    assert (found.median[nothing >= 0.5] == 0).all()
    assert (found.high[~gone] > 0).mean() > 0.95


def test_a_few_customers_get_an_interval() -> None:
    few = np.array([0.0, 1.0, 4.0])
    population = Population(few, few * 20, few + 100.0, few * 5, few, few)
    models = fitted(population, Candidate.BG_NBD)
    found = interval(population, *models, 0.8)

    assert np.isfinite(found.high).all()
    assert (found.low <= found.high).all()
    assert found.high[2] > 0


def test_where_nobody_bought_again_the_interval_comes_from_the_pooled_models() -> None:
    nothing, ages = np.zeros(3), np.array([5.0, 100.0, 400.0])
    population = Population(nothing, nothing, ages, nothing, nothing, nothing)
    purchases = fit_purchases(population.sample())
    spend = fit_spend(nothing, nothing, average_order=20)
    found = interval(population, purchases, spend, 0.8)

    assert purchases.precision is None
    assert np.isfinite(found.high).all()
    assert (found.low <= found.high).all()


@pytest.mark.parametrize("level", [0.0, 0.49, 1.0, -0.5])
def test_a_level_without_meaning_is_refused(level: float) -> None:
    population = cdnow()
    models = fitted(population, Candidate.BG_NBD)
    with pytest.raises(ValueError, match="level"):
        interval(population, *models, level)
