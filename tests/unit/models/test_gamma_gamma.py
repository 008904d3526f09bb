import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.stats import invgamma

from local.cdnow import CALIBRATION_END, histories
from succotash.domain.models.gamma_gamma import GammaGamma, Likelihood, fit_gamma_gamma
from succotash.domain.models.likelihood import UnfitError
from succotash.domain.models.purchases import Array
from succotash.domain.models.spend import SpendSample
from tests.unit.models.lifetimes_reference import GammaGammaFitter


def test_the_published_cdnow_parameters_are_found_again() -> None:
    """Fader & Hardie, note 025: p 6.25, q 3.74, v 15.44, LL -4055.9177, 946 customers."""
    known = histories(CALIBRATION_END)
    fitted = fit_gamma_gamma(known.frequency, known.mean_spend)

    assert SpendSample.from_columns(known.frequency, known.mean_spend).customers == 946
    assert fitted.converged
    assert f"{fitted.model.p:.2f}" == "6.25"
    assert f"{fitted.model.q:.2f}" == "3.74"
    assert f"{fitted.model.v:.2f}" == "15.44"
    assert f"{fitted.log_likelihood:.4f}" == "-4055.9177"


def test_the_first_customers_expected_spend_is_the_published_one() -> None:
    """Fader & Hardie, note 025, conditional expectations of customers 1, 2, 3, 4 and 6."""
    known = histories(CALIBRATION_END)
    model = fit_gamma_gamma(known.frequency, known.mean_spend).model

    expected = model.expected_spend(known.frequency, known.mean_spend)[[0, 1, 2, 3, 5]]
    assert [f"{each:.2f}" for each in expected] == ["24.65", "18.91", "35.17", "35.17", "71.46"]


def test_who_has_not_bought_again_is_expected_to_spend_the_population_mean() -> None:
    model = GammaGamma(6.25, 3.74, 15.44)

    assert model.expected_spend(np.zeros(1), np.array([900.0]))[0] == model.population_mean


@given(
    model=st.builds(GammaGamma, st.floats(0.1, 50), st.floats(1.01, 50), st.floats(0.01, 1e4)),
    frequency=st.integers(1, 5_000),
    mean_spend=st.floats(0.01, 1e6),
)
@settings(deadline=None)
def test_expected_spend_agrees_with_lifetimes(
    model: GammaGamma, frequency: int, mean_spend: float
) -> None:
    reference = GammaGammaFitter()
    reference.params_ = model.parameters()
    x, m = np.array([float(frequency)]), np.array([mean_spend])

    expected = reference.conditional_expected_average_profit(x, m)
    assert model.expected_spend(x, m) == pytest.approx(expected, rel=1e-6)


@given(
    model=st.builds(GammaGamma, st.floats(1e-3, 1e4), st.floats(1e-3, 1e4), st.floats(1e-6, 1e9)),
    frequency=st.integers(0, 5_000),
    mean_spend=st.floats(-1e9, 1e9),
)
@settings(deadline=None)
def test_expected_spend_is_finite_whatever_the_parameters_and_refunds(
    model: GammaGamma, frequency: int, mean_spend: float
) -> None:
    expected = model.expected_spend(np.array([float(frequency)]), np.array([mean_spend]))[0]

    assert 0 <= expected < np.inf


def test_without_a_population_mean_the_mode_stands_in() -> None:
    """p / nu, with nu gamma(q, v), is inverse gamma; its density is highest at p v / (q + 1)."""
    model = GammaGamma(p=4.0, q=0.9, v=20.0)
    spends = np.linspace(1, 200, 20_000)
    density = invgamma(model.q, scale=model.p * model.v).pdf(spends)
    nothing = np.zeros(1)

    assert not model.has_mean
    assert model.population_mean == np.inf
    expected = model.expected_spend(nothing, nothing)[0]
    assert spends[density.argmax()] == pytest.approx(expected, abs=0.02)
    assert expected == pytest.approx(model.p * model.v / (model.q + 1))


@given(parameters=st.tuples(st.floats(0.1, 20), st.floats(0.1, 20), st.floats(0.1, 20)))
@settings(max_examples=25, deadline=None)
def test_the_analytic_gradient_is_the_slope_of_the_likelihood(
    parameters: tuple[float, float, float],
) -> None:
    likelihood = Likelihood(
        SpendSample.from_columns([1, 2, 2, 30], [12.0, 45.0, 3.0, 20.0], [1, 2, 1, 1]), 10.0
    )
    at = np.array(parameters)

    def value(there: Array) -> float:
        return likelihood(there).value

    slope = approx_fprime(at, value, 1e-7)
    assert likelihood(at).gradient == pytest.approx(slope, rel=1e-4, abs=1e-4)


@given(factor=st.sampled_from([0.001, 1.0, 150.0, 1e6]))
@settings(deadline=None)
def test_the_fit_does_not_depend_on_the_currency(factor: float) -> None:
    known = histories(CALIBRATION_END)
    model = fit_gamma_gamma(known.frequency, known.mean_spend * factor).model

    assert model.q == pytest.approx(3.74, abs=0.01)
    assert model.v / factor == pytest.approx(15.44, abs=0.01)


def test_a_weighted_row_counts_like_so_many_customers() -> None:
    known = histories(CALIBRATION_END)
    doubled = fit_gamma_gamma(known.frequency, known.mean_spend, np.full_like(known.frequency, 2.0))

    assert doubled.log_likelihood == pytest.approx(2 * -4055.9177, abs=1e-3)


def test_the_fit_is_refused_where_all_spend_the_same() -> None:
    with pytest.raises(UnfitError, match="same"):
        fit_gamma_gamma([1, 2, 3], [9.99, 9.99, 9.99])


def test_the_fit_is_refused_where_nobody_with_a_repeat_purchase_paid() -> None:
    with pytest.raises(UnfitError, match="repeat purchase"):
        fit_gamma_gamma([0, 2, 3], [10.0, 0.0, -4.0])


@pytest.mark.parametrize(
    ("frequency", "mean_spend"), [([1, 2], [3.0]), ([1], [float("nan")]), ([1], [float("inf")])]
)
def test_a_spend_sample_refuses_what_is_no_sample(
    frequency: list[int], mean_spend: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"equally long|finite"):
        SpendSample.from_columns(frequency, mean_spend)


@pytest.mark.parametrize("p", [0.0, -1.0, np.inf, np.nan])
def test_parameters_that_are_not_positive_and_finite_are_refused(p: float) -> None:
    with pytest.raises(ValueError, match="positive and finite"):
        GammaGamma(p, 1, 1)
