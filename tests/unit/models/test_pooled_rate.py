import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.cdnow import CALIBRATION_END, histories
from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.pooled_rate import (
    PooledRate,
    PooledSpend,
    fit_pooled_rate,
    fit_pooled_spend,
)
from succotash.domain.models.purchases import Array, PurchaseSample
from succotash.domain.models.spend import SpendSample


@st.composite
def customers(draw: st.DrawFn) -> tuple[Array, Array, Array]:
    frequency, age = draw(st.integers(0, 5_000)), draw(st.floats(1, 20_000))
    recency = age * draw(st.floats(0.01, 1)) if frequency else 0.0
    return np.array([float(frequency)]), np.array([recency]), np.array([age])


def test_the_pooled_rate_is_all_purchases_over_all_days() -> None:
    sample = histories(CALIBRATION_END).sample()
    days = float(sample.weight @ sample.age)

    assert fit_pooled_rate(sample).rate == (2457 + 0.5) / (days + 365)


def test_a_single_customer_of_today_gets_finite_answers() -> None:
    one = np.zeros(1)
    model = fit_pooled_rate(PurchaseSample.from_columns(one, one, one))

    assert model.rate == pytest.approx(0.5 / 365)
    assert model.probability_alive(one, one, one)[0] == 1
    assert model.expected_purchases(one, one, one, 365)[0] == pytest.approx(0.5, rel=0.05)
    assert 0 < model.probability_inactive(one, one, one, 90)[0] < 1
    assert np.isposinf(model.age_at_even_odds(one, one)[0])


def test_a_sample_of_nobody_has_the_prior_rate() -> None:
    assert fit_pooled_rate(PurchaseSample.from_columns([], [], [])).rate == 0.5 / 365


@given(rate=st.floats(1e-4, 0.5), history=customers(), days=st.floats(1, 1_000))
@settings(deadline=None)
def test_it_is_the_bg_nbd_whose_customers_all_leave_with_one_probability(
    rate: float, history: tuple[Array, Array, Array], days: float
) -> None:
    """beta(a, b) with a, b -> infinity at a / (a + b) = q is that one probability."""
    model = PooledRate(rate)
    limit = BGNBD(1.0, 1 / rate, 1e9 * model.leaving, 1e9 * (1 - model.leaving))

    assert model.probability_alive(*history) == pytest.approx(
        limit.probability_alive(*history), rel=1e-4, abs=1e-12
    )
    assert model.expected_purchases(*history, days) == pytest.approx(
        limit.expected_purchases(*history, days), rel=1e-4, abs=1e-12
    )
    assert model.probability_inactive(*history, days) == pytest.approx(
        limit.probability_inactive(*history, days), rel=1e-4
    )
    assert model.age_at_even_odds(*history[:2]) == pytest.approx(
        limit.age_at_even_odds(*history[:2]), rel=1e-4
    )


@given(rate=st.floats(1e-12, 1e3), history=customers(), days=st.floats(0, 20_000))
@settings(deadline=None)
def test_no_answer_is_ever_out_of_bounds(
    rate: float, history: tuple[Array, Array, Array], days: float
) -> None:
    model = PooledRate(rate)
    alive = model.probability_alive(*history)[0]
    silent = model.probability_inactive(*history, days)[0]

    assert 0 <= alive <= 1
    assert 1 - alive <= silent <= 1
    assert 0 <= model.expected_purchases(*history, days)[0] < np.inf
    assert model.age_at_even_odds(*history[:2])[0] >= history[1][0]


@pytest.mark.parametrize(("rate", "leaving"), [(0, 0.1), (np.inf, 0.1), (1, 0), (1, 1)])
def test_a_pooled_rate_that_answers_nothing_is_refused(rate: float, leaving: float) -> None:
    with pytest.raises(ValueError, match="pooled rate"):
        PooledRate(rate, leaving)


def test_the_pooled_spend_lies_between_the_customers_mean_and_everybodys() -> None:
    model = fit_pooled_spend(SpendSample.from_columns([1, 3], [10.0, 50.0]))

    assert model.mean == (10 + 3 * 50) / 4
    expected = model.expected_spend(np.array([0.0, 2.0, 1e6]), np.array([0.0, 10.0, 10.0]))
    assert expected == pytest.approx([40.0, 25.0, 10.0], rel=1e-3)


def test_where_nobody_bought_again_the_average_order_is_the_pooled_spend() -> None:
    nobody = SpendSample.from_columns([], [])

    assert fit_pooled_spend(nobody, 12.5) == PooledSpend(12.5)
    assert fit_pooled_spend(nobody, -3.0) == PooledSpend(0.0)


def test_refunds_beyond_the_purchases_count_as_no_spend() -> None:
    assert PooledSpend(30.0).expected_spend(np.array([1.0]), np.array([-500.0]))[0] == 20.0


@pytest.mark.parametrize(("mean", "strength"), [(-1, 2), (np.nan, 2), (1, 0), (1, np.inf)])
def test_a_pooled_spend_that_answers_nothing_is_refused(mean: float, strength: float) -> None:
    with pytest.raises(ValueError, match="pooled mean"):
        PooledSpend(mean, strength)
