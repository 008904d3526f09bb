"""Small shops, and customers who are all alike, foreseen within a tenth of what comes."""

import numpy as np
import pytest

from local.simulated_shops import (
    CDNOW_LIKE,
    LEAVING,
    LEAVING_CUSTOMERS,
    LEAVING_SAMPLES,
    POISSON,
    RHYTHMS,
    WEEKLY_LOYAL,
    Rhythm,
    poisson_samples,
    ratio,
    simulated_shop,
    small_shops,
)
from succotash.domain.models.purchases import PurchaseSample
from succotash.domain.models.selection import Candidate, fit_purchases

LONG = pytest.mark.simulation


@pytest.mark.parametrize(
    "candidate",
    [
        Candidate.BG_NBD,
        *(
            pytest.param(each, marks=LONG)
            for each in (Candidate.MBG_NBD, Candidate.PARETO_NBD, None)
        ),
    ],
)
@pytest.mark.parametrize("sets", [1, pytest.param(10, marks=LONG)])
@pytest.mark.parametrize("rhythm", RHYTHMS, ids=lambda rhythm: rhythm.name)
def test_sets_of_small_shops_buy_as_foreseen(
    rhythm: Rhythm, sets: int, candidate: Candidate | None
) -> None:
    found = small_shops(rhythm, candidate, sets)

    assert all(shop.fitted.log_likelihood is not None for each in found for shop in each)
    for each in found:
        assert 0.8 <= ratio(each) <= 1.25
    if sets > 1:
        assert 0.9 <= ratio(shop for each in found for shop in each) <= 1.1


@pytest.mark.parametrize(
    "candidate",
    [Candidate.BG_NBD, *(pytest.param(each, marks=LONG) for each in (Candidate.MBG_NBD, None))],
)
@pytest.mark.parametrize("samples", [2, pytest.param(16, marks=LONG)])
@pytest.mark.parametrize(("rhythm", "customers"), POISSON, ids=str)
def test_customers_alike_in_leaving_buy_as_foreseen(
    rhythm: Rhythm, customers: int, samples: int, candidate: Candidate | None
) -> None:
    for each in poisson_samples(rhythm, customers, candidate, samples):
        assert each.fitted.log_likelihood is not None
        assert 0.93 <= each.expected / each.came <= 1.07


@pytest.mark.parametrize("candidate", Candidate)
def test_a_shop_and_the_same_shop_doubled_are_foreseen_alike(candidate: Candidate) -> None:
    history = simulated_shop(WEEKLY_LOYAL, 80, seed=1).history
    once, twice = (
        fit_purchases(
            PurchaseSample.from_columns(*history, np.full(80, weight)), candidates=[candidate]
        ).model
        for weight in (1.0, 2.0)
    )

    expected = once.expected_purchases(*history, 365).mean()
    assert expected == pytest.approx(52, rel=0.1)
    assert twice.expected_purchases(*history, 365).mean() == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("candidate", Candidate)
@pytest.mark.parametrize(
    ("bought", "last", "days"),
    [(1_000.0, 1_000.0, 1_000.0), (999.0, 999.0, 1_000.0), (999.0, 999.5, 999.5)],
)
def test_daily_buyers_go_on_daily_whatever_their_hour(
    candidate: Candidate, bought: float, last: float, days: float
) -> None:
    """120 of them, all alike, over 1,000 days."""
    history = np.full(120, bought), np.full(120, last), np.full(120, days)
    model = fit_purchases(PurchaseSample.from_columns(*history), candidates=[candidate]).model

    assert model.expected_purchases(*history, 365) == pytest.approx(np.full(120, 365), rel=0.01)
    assert (model.age_at_even_odds(*history[:2]) > days + 5).all()


@pytest.mark.parametrize("candidate", Candidate)
@pytest.mark.parametrize("customers", [50, 500, 5_000])
@pytest.mark.parametrize("days", [5, 10, 30, 60, 250, 600, None])
def test_customers_who_have_just_bought_for_the_second_time_are_not_gone(
    candidate: Candidate, customers: int, days: int | None
) -> None:
    """All as old, or of any age; the last purchase two days ago at most, and half an interval."""
    mixed = np.linspace(30, 600, customers).round()
    age = mixed if days is None else np.full(customers, float(days))
    for silence in (0, 1, 2):
        if 2 * silence > age.min() - silence:
            continue
        history = np.ones(customers), age - silence, age
        model = fit_purchases(PurchaseSample.from_columns(*history), candidates=[candidate]).model

        assert (model.probability_alive(*history) > 0.5).all()


@pytest.mark.parametrize("samples", [2, pytest.param(LEAVING_SAMPLES, marks=LONG)])
@pytest.mark.parametrize("rhythm", LEAVING, ids=str)
def test_where_most_leave_at_each_purchase_that_is_foreseen(rhythm: Rhythm, samples: int) -> None:
    found = poisson_samples(rhythm, LEAVING_CUSTOMERS, None, samples)

    assert 0.93 <= ratio(found) <= 1.07
    assert {each.fitted.model.name for each in found} == {"BG/NBD"}


def test_a_hundredth_customer_changes_little() -> None:
    shop = simulated_shop(CDNOW_LIKE, 100, seed=4)
    expected = []
    for customers in (99, 100):
        sample = PurchaseSample.from_columns(*(each[:customers] for each in shop.history))
        model = fit_purchases(sample).model
        expected.append(model.expected_purchases(*shop.history, 365).sum())

    assert expected[0] == pytest.approx(expected[1], rel=0.05)
