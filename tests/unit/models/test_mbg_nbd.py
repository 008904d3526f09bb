import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta

from local.cdnow import CALIBRATION_END, histories
from succotash.domain.models.likelihood import UnfitError
from succotash.domain.models.mbg_nbd import MBGNBD, fit_mbg_nbd
from succotash.domain.models.purchases import PurchaseSample
from tests.unit.models.lifetimes_reference import ModifiedBetaGeoFitter

WEEK = 7


def test_the_published_cdnow_parameters_are_found_again() -> None:
    """BTYDplus, its documentation: r .525, alpha 6.183, a .891, b 1.614 on CDNOW, in weeks."""
    fitted = fit_mbg_nbd(histories(CALIBRATION_END).sample())

    assert fitted.converged
    assert f"{fitted.model.r:.3f}" == "0.525"
    assert f"{fitted.model.alpha / WEEK:.3f}" == "6.183"
    assert f"{fitted.model.a:.3f}" == "0.891"
    assert f"{fitted.model.b:.3f}" == "1.614"


def test_parameters_errors_and_likelihood_are_those_of_lifetimes() -> None:
    known = histories(CALIBRATION_END)
    fitted = fit_mbg_nbd(known.sample())
    reference = ModifiedBetaGeoFitter()
    reference.fit(known.frequency, known.recency, known.age)

    assert fitted.model.parameters() == pytest.approx(dict(reference.params_), rel=1e-3)
    assert fitted.standard_errors == pytest.approx(dict(reference.standard_errors_), rel=5e-3)
    theirs = MBGNBD(**{name: float(value) for name, value in reference.params_.items()})
    assert fitted.log_likelihood >= theirs.log_likelihood(known.sample()) - 1e-9


@given(
    model=st.builds(
        MBGNBD,
        r=st.floats(0.05, 20),
        alpha=st.floats(0.5, 500),
        a=st.floats(0.05, 20).filter(lambda a: abs(a - 1) > 0.01),
        b=st.floats(0.05, 20),
    ),
    frequency=st.integers(0, 60),
    last=st.floats(0.01, 1),
    age=st.floats(1, 7_300),
    days=st.floats(1, 730),
)
@settings(max_examples=150, deadline=None)
def test_every_answer_agrees_with_lifetimes_where_it_is_exact(
    model: MBGNBD, frequency: int, last: float, age: float, days: float
) -> None:
    reference = ModifiedBetaGeoFitter()
    reference.params_ = model.parameters()
    x, t_x, t = (np.array([each]) for each in (float(frequency), age * last * (frequency > 0), age))
    nothing = np.zeros(1)

    expected = reference.conditional_probability_alive(x, t_x, t)
    assert model.probability_alive(x, t_x, t) == pytest.approx(expected, rel=1e-6)
    expected = reference.conditional_expected_number_of_purchases_up_to_time(days, x, t_x, t)
    if np.isfinite(expected).all():  # its hypergeometric function gives up on long horizons
        ours = model.expected_purchases(x, t_x, t, days)
        assert ours == pytest.approx(expected, rel=1e-6, abs=1e-9)
    expected = reference.expected_number_of_purchases_up_to_time(days)
    if np.isfinite(expected):
        assert model.expected_purchases_of_new_customer(days) == pytest.approx(expected, rel=1e-6)
    expected = reference.probability_of_n_purchases_up_to_time(days, 0)
    silent = model.probability_inactive(nothing, nothing, nothing, days)
    assert silent == pytest.approx(expected, rel=1e-6)


def test_where_lifetimes_gives_up_a_new_customers_purchases_are_the_integral() -> None:
    """Over p, which is beta(a, b) at the first purchase's chance; by SciPy's adaptive rule."""
    model = MBGNBD(r=13.0, alpha=0.5, a=15.0, b=17.674806736833776)
    reference = ModifiedBetaGeoFitter()
    reference.params_ = model.parameters()
    assert np.isnan(reference.expected_number_of_purchases_up_to_time(181.0))

    def bought(p: float) -> float:
        density = beta(model.a, model.b).pdf(p)
        return float((1 - p) * density * (1 - (1 + p * 181.0 / model.alpha) ** -model.r) / p)

    integral, _ = quad(bought, 0, 1, epsabs=0, epsrel=1e-10)
    assert model.expected_purchases_of_new_customer(181.0) == pytest.approx(integral, rel=1e-8)


def test_a_new_customer_may_have_left_at_once() -> None:
    nothing = np.zeros(1)

    assert MBGNBD(0.5, 40, 0.9, 1.8).probability_alive(nothing, nothing, nothing)[0] == (
        pytest.approx(1.8 / 2.7)
    )


def test_one_time_buyers_fall_to_even_odds_too() -> None:
    even = MBGNBD(0.5, 40, 0.5, 2.0).age_at_even_odds(np.zeros(1), np.zeros(1))

    assert even[0] == pytest.approx(40 * (4.0**2 - 1))


def test_the_fit_is_refused_where_nobody_bought_again() -> None:
    with pytest.raises(UnfitError, match="bought twice"):
        fit_mbg_nbd(PurchaseSample.from_columns([0, 0, 0], [0, 0, 0], [10, 20, 30]))


def test_parameters_that_are_not_positive_and_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="MBG/NBD are positive and finite"):
        MBGNBD(1, 1, 0, 1)
