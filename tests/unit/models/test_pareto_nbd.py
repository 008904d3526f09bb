import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from local.cdnow import CALIBRATION_END, histories
from succotash.domain.models.inactivity import Rates, died_silently, log_lived_through
from succotash.domain.models.likelihood import UnfitError
from succotash.domain.models.pareto_nbd import ParetoNBD, fit_pareto_nbd
from succotash.domain.models.purchases import PurchaseSample
from tests.unit.models.lifetimes_reference import ParetoNBDFitter

WEEK = 7


def test_the_published_cdnow_parameters_are_found_again() -> None:
    """Fader, Hardie & Lee (2005), table 2: .553, 10.578 (alpha), .606, 11.669 (beta), LL -9595.0.

    In weeks.
    """
    sample = histories(CALIBRATION_END).sample()
    fitted = fit_pareto_nbd(sample)

    assert fitted.converged
    assert f"{fitted.model.r:.3f}" == "0.553"
    assert f"{fitted.model.alpha / WEEK:.3f}" == "10.578"
    assert f"{fitted.model.s:.3f}" == "0.606"
    assert f"{fitted.model.beta / WEEK:.3f}" == "11.669"
    in_weeks = fitted.log_likelihood + sample.repeat_purchases * np.log(WEEK)
    assert f"{in_weeks:.1f}" == "-9595.0"


def test_the_likelihood_is_that_of_lifetimes() -> None:
    known = histories(CALIBRATION_END)
    model = ParetoNBD(0.6, 70.0, 0.5, 90.0)
    row_by_row = ParetoNBDFitter._conditional_log_likelihood(  # noqa: SLF001 - what it maximises
        np.array([0.6, 70.0, 0.5, 90.0]), known.frequency, known.recency, known.age
    )

    assert model.log_likelihood(known.sample()) == pytest.approx(row_by_row.sum(), rel=1e-12)


@given(
    model=st.builds(
        ParetoNBD,
        r=st.floats(0.05, 20),
        alpha=st.floats(0.5, 500),
        s=st.floats(0.05, 20).filter(lambda s: abs(s - 1) > 1e-3),
        beta=st.floats(0.5, 500),
    ),
    frequency=st.integers(0, 60),
    last=st.floats(0.01, 1),
    age=st.floats(1, 7_300),
    days=st.floats(1, 730),
)
@settings(max_examples=150, deadline=None)
def test_every_answer_agrees_with_lifetimes_where_it_is_exact(
    model: ParetoNBD, frequency: int, last: float, age: float, days: float
) -> None:
    reference = ParetoNBDFitter()
    reference.params_ = model.parameters()
    history = tuple(
        np.array([each]) for each in (float(frequency), age * last * (frequency > 0), age)
    )
    x, t_x, t = history

    # Where the silence is next to nothing its difference of two 2F1 is all rounding.
    if age - t_x[0] > 1e-3 * age:
        with np.errstate(all="ignore"):
            alive = reference.conditional_probability_alive(x, t_x, t)
            later = reference.conditional_expected_number_of_purchases_up_to_time(days, x, t_x, t)
            silent = reference.conditional_probability_of_n_purchases_up_to_time(0, days, x, t_x, t)
        assert model.probability_alive(x, t_x, t) == pytest.approx(alive, rel=1e-6, abs=1e-9)
        ours = model.expected_purchases(x, t_x, t, days)
        assert ours == pytest.approx(later, rel=1e-6, abs=1e-9)
        assert model.probability_inactive(x, t_x, t, days) == pytest.approx(silent, rel=1e-6)
    expected = reference.expected_number_of_purchases_up_to_time(days)
    assert model.expected_purchases_of_new_customer(days) == pytest.approx(expected, rel=1e-6)


@given(
    shape=st.floats(1e-4, 5_000),
    scale=st.floats(0.01, 1e4),
    death_shape=st.floats(1e-4, 1e3),
    death_scale=st.floats(0.01, 1e4),
    days=st.floats(0.01, 2e4),
)
@settings(max_examples=200, deadline=None)
def test_the_silent_deaths_are_the_models_integral(
    shape: float, scale: float, death_shape: float, death_scale: float, days: float
) -> None:
    """The density of dying on day d, times no purchase until then, over d; adaptively in log d."""
    rates = Rates(np.array([shape]), np.array([scale]), death_shape, np.array([death_scale]))

    def integrand(log_day: float) -> float:
        day = np.exp(log_day)
        density = np.log(death_shape / death_scale) + log_day
        density -= (death_shape + 1) * np.log1p(day / death_scale)
        return float(np.exp(density - shape * np.log1p(day / scale)))

    top, steps = np.log(days), 12
    expected = sum(
        quad(integrand, top - 4 * (step + 1), top - 4 * step, epsabs=0, epsrel=1e-11, limit=200)[0]
        for step in range(steps)
    )
    assert died_silently(rates, np.array([days]))[0] == pytest.approx(expected, rel=1e-9)


@given(
    shape=st.floats(1e-6, 1e6),
    scale=st.floats(1e-4, 1e8),
    death_shape=st.floats(1e-6, 1e6),
    death_scale=st.floats(1e-4, 1e8),
    days=st.floats(0, 1e5),
)
@settings(max_examples=200, deadline=None)
def test_who_never_buys_dies_before_the_end_or_does_not(
    shape: float, scale: float, death_shape: float, death_scale: float, days: float
) -> None:
    """Without purchases (shape next to 0 for the scale) the two probabilities add up to one."""
    rates = Rates(np.array([shape]), np.array([scale]), death_shape, np.array([death_scale]))
    silence = np.array([days])

    lived = np.exp(log_lived_through(rates, silence))[0]
    died = died_silently(rates, silence)[0]
    assert 0 <= lived + died <= 1 + 1e-9
    hardly = Rates(np.array([1e-18]), np.array([1e8]), death_shape, np.array([death_scale]))
    total = np.exp(log_lived_through(hardly, silence)) + died_silently(hardly, silence)
    assert total[0] == pytest.approx(1, abs=1e-9)


def test_the_fit_is_refused_where_nobody_bought_again() -> None:
    with pytest.raises(UnfitError, match="bought twice"):
        fit_pareto_nbd(PurchaseSample.from_columns([0, 0, 0], [0, 0, 0], [10, 20, 30]))


def test_parameters_that_are_not_positive_and_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="Pareto/NBD are positive and finite"):
        ParetoNBD(1, 1, np.nan, 1)
