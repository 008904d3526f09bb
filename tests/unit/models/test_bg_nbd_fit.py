"""The fit of BG/NBD against published parameters and by its laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from local.cdnow import CALIBRATION_END, histories
from succotash.domain.models.beta_geometric import Likelihood
from succotash.domain.models.bg_nbd import fit_bg_nbd
from succotash.domain.models.likelihood import UnfitError
from succotash.domain.models.purchases import Array, PurchaseSample
from tests.unit.models.bg_nbd_models import PUBLISHED, WEEK
from tests.unit.models.lifetimes_reference import BetaGeoFitter


def test_the_published_cdnow_parameters_are_found_again() -> None:
    """Fader, Hardie & Lee (2005), table 2: r .243, alpha 4.414, a .793, b 2.426, LL -9582.4."""
    sample = histories(CALIBRATION_END).sample()
    fitted = fit_bg_nbd(sample)

    assert fitted.converged
    assert f"{fitted.model.r:.3f}" == "0.243"
    assert f"{fitted.model.alpha / WEEK:.3f}" == "4.414"
    assert f"{fitted.model.a:.3f}" == "0.793"
    assert f"{fitted.model.b:.3f}" == "2.426"
    in_weeks = fitted.log_likelihood + sample.repeat_purchases * np.log(WEEK)
    assert f"{in_weeks:.1f}" == "-9582.4"


def test_the_standard_errors_are_those_of_lifetimes() -> None:
    """Its documentation prints, in weeks, r .013, alpha .378, a .186 and b .705 for CDNOW."""
    known = histories(CALIBRATION_END)
    errors = fit_bg_nbd(known.sample()).standard_errors
    reference = BetaGeoFitter()
    reference.fit(known.frequency, known.recency, known.age)

    assert errors is not None
    assert f"{errors['r']:.3f}" == "0.013"
    assert f"{errors['alpha'] / WEEK:.3f}" == "0.378"
    assert f"{errors['a']:.3f}" == "0.186"
    assert f"{errors['b']:.3f}" == "0.705"
    assert errors == pytest.approx(dict(reference.standard_errors_), rel=5e-3)


def test_a_search_from_the_answer_ends_there() -> None:
    sample = histories(CALIBRATION_END).sample()
    found = fit_bg_nbd(sample)
    again = fit_bg_nbd(sample, start=found.model)

    assert again.converged
    assert again.model.parameters() == pytest.approx(found.model.parameters(), rel=1e-6)


def test_the_likelihood_is_the_same_for_merged_and_for_single_rows() -> None:
    known = histories(CALIBRATION_END)
    single = PurchaseSample(
        known.frequency, known.recency, known.age, np.ones_like(known.frequency)
    )

    merged = PUBLISHED.log_likelihood(known.sample())
    assert PUBLISHED.log_likelihood(single) == pytest.approx(merged, rel=1e-12)


@given(
    parameters=st.tuples(
        st.floats(0.05, 5), st.floats(0.05, 5), st.floats(0.05, 5), st.floats(0.05, 5)
    )
)
@settings(max_examples=25, deadline=None)
def test_the_analytic_gradient_is_the_slope_of_the_likelihood(
    parameters: tuple[float, float, float, float],
) -> None:
    likelihood = Likelihood(
        PurchaseSample.from_columns([0, 0, 1, 2, 40], [0, 0, 30, 80, 390], [0, 200, 90, 80, 400]),
        100.0,
        0,
    )
    at = np.array(parameters)

    def value(there: Array) -> float:
        return likelihood(there).value

    slope = approx_fprime(at, value, 1e-7)

    assert likelihood(at).gradient == pytest.approx(slope, rel=1e-4, abs=1e-4)


def test_the_fit_is_refused_where_nobody_bought_again() -> None:
    with pytest.raises(UnfitError, match="bought twice"):
        fit_bg_nbd(PurchaseSample.from_columns([0, 0, 0], [0, 0, 0], [10, 20, 30]))


def test_the_fit_is_refused_for_nobody() -> None:
    with pytest.raises(UnfitError, match="bought twice"):
        fit_bg_nbd(PurchaseSample.from_columns([], [], []))


def test_a_heavy_buyer_among_decades_of_history_leaves_the_fit_finite() -> None:
    known = histories(CALIBRATION_END)
    sample = PurchaseSample.from_columns(
        np.append(known.frequency, [5_000, 1, 0]),
        np.append(known.recency, [14_000, 3, 0]),
        np.append(known.age, [14_600, 14_600, 14_600]),
    )
    fitted = fit_bg_nbd(sample)

    assert np.isfinite(fitted.log_likelihood)
    later = fitted.model.expected_purchases(sample.frequency, sample.recency, sample.age, 365)
    assert np.isfinite(later).all()


def test_customers_of_one_steady_rhythm_who_never_leave_leave_the_fit_finite() -> None:
    """The likelihood rises toward r, alpha -> infinity and a -> 0: a bound stops it."""
    frequency = np.repeat([9.0, 10.0, 11.0], 50)
    sample = PurchaseSample.from_columns(frequency, np.full(150, 98.0), np.full(150, 100.0))
    model = fit_bg_nbd(sample).model

    expected = model.expected_purchases(sample.frequency, sample.recency, sample.age, 100)
    assert expected == pytest.approx(np.full(3, 10.0), rel=0.1)


def test_many_histories_are_screened_on_a_part_and_fitted_on_all() -> None:
    """23,570 simulated customers with ages by the day; their own parameters come out again."""
    sample = simulated_population(23_570)
    fitted = fit_bg_nbd(sample)

    assert len(sample.weight) > 4_000
    assert fitted.converged
    assert fitted.log_likelihood >= PUBLISHED.log_likelihood(sample)
    assert fitted.model.r == pytest.approx(PUBLISHED.r, rel=0.05)
    assert fitted.model.alpha == pytest.approx(PUBLISHED.alpha, rel=0.1)
    left = PUBLISHED.a / (PUBLISHED.a + PUBLISHED.b)
    assert fitted.model.a / (fitted.model.a + fitted.model.b) == pytest.approx(left, rel=0.1)


def simulated_population(size: int) -> PurchaseSample:
    """Customers who follow PUBLISHED, aged 0 to 1,000 days, whole days."""
    random = np.random.default_rng(7)
    rate = random.gamma(PUBLISHED.r, 1 / PUBLISHED.alpha, size)
    leaving = random.beta(PUBLISHED.a, PUBLISHED.b, size)
    age = np.floor(random.uniform(0, 1_000, size))
    clock, frequency, recency = np.zeros(size), np.zeros(size), np.zeros(size)
    alive = np.ones(size, dtype=np.bool_)
    while alive.any():
        clock += random.exponential(1 / np.maximum(rate, 1e-12))
        alive &= clock < age
        bought = alive & (np.ceil(clock) > recency)
        frequency[bought] += 1
        recency[bought] = np.ceil(clock[bought])
        alive &= random.random(size) >= leaving
    return PurchaseSample.from_columns(frequency, recency, age)
