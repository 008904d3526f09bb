"""What the weak priors do to a fit: little where data tell, all where they do not."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from local.cdnow import histories
from succotash.domain.models import beta_geometric, gamma_gamma, pareto_nbd
from succotash.domain.models.beta_geometric import weak_prior
from succotash.domain.models.bg_nbd import BGNBD, fit_bg_nbd
from succotash.domain.models.gamma_gamma import GammaGamma, fit_gamma_gamma
from succotash.domain.models.likelihood import Fitted, Normal, Prior
from succotash.domain.models.mbg_nbd import MBGNBD, fit_mbg_nbd
from succotash.domain.models.pareto_nbd import ParetoNBD, fit_pareto_nbd
from succotash.domain.models.purchases import Array, PurchaseSample
from succotash.domain.models.selection import fit_spend
from tests.unit.models.populations import SPEND

type AnyFit = Fitted[BGNBD] | Fitted[MBGNBD] | Fitted[ParetoNBD]

FITS: list[tuple[Callable[..., AnyFit], Prior]] = [
    (fit_bg_nbd, beta_geometric.WEAK_PRIOR),
    (fit_mbg_nbd, beta_geometric.WEAK_PRIOR),
    (fit_pareto_nbd, pareto_nbd.WEAK_PRIOR),
]
CDNOW_DAYS = [date(1997, 9, 30), date(1997, 10, 1), date(1998, 6, 30), date(1998, 7, 1)]


@pytest.mark.parametrize("end", CDNOW_DAYS)
def test_on_cdnow_bg_nbd_moves_by_less_than_a_hundredth(end: date) -> None:
    sample = histories(end).sample()
    alone, used = fit_bg_nbd(sample), fit_bg_nbd(sample, prior=beta_geometric.WEAK_PRIOR)

    assert used.model.parameters() == pytest.approx(alone.model.parameters(), rel=0.01)


@pytest.mark.parametrize("end", CDNOW_DAYS)
def test_on_cdnow_no_likelihood_falls_by_a_tenth(end: date) -> None:
    known = histories(end)
    sample = known.sample()
    for fit, prior in FITS:
        fall = fit(sample).log_likelihood - fit(sample, prior=prior).log_likelihood
        assert -1e-9 <= fall < 0.1
    alone = fit_gamma_gamma(known.frequency, known.mean_spend)
    used = fit_gamma_gamma(known.frequency, known.mean_spend, prior=gamma_gamma.WEAK_PRIOR)
    assert -1e-9 <= alone.log_likelihood - used.log_likelihood < 0.1


@pytest.mark.parametrize("end", CDNOW_DAYS)
def test_where_customers_have_waited_nothing_more_speaks_against_leaving(end: date) -> None:
    assert weak_prior(histories(end).sample()) == beta_geometric.WEAK_PRIOR


def test_where_nobody_has_waited_each_customer_speaks_against_leaving() -> None:
    waited, yesterday = (
        weak_prior(
            PurchaseSample.from_columns(np.ones(100), np.full(100, last), np.full(100, 30.0))
        )
        for last in (15.0, 30.0)
    )
    (against,) = yesterday.of_combinations[len(beta_geometric.WEAK_PRIOR.of_combinations) :]

    assert waited == beta_geometric.WEAK_PRIOR
    assert against.deviation == pytest.approx(1 / 10)
    assert against.only_above


@pytest.mark.parametrize(("fit", "prior"), FITS)
def test_a_prior_counts_once_however_many_the_customers(
    fit: Callable[..., AnyFit], prior: Prior
) -> None:
    """On a hundred times as many of the same customers it moves parameters a hundredth as far."""
    known = histories(CDNOW_DAYS[0])
    columns = known.frequency, known.recency, known.age
    few = PurchaseSample.from_columns(*columns)
    many = PurchaseSample.from_columns(*columns, np.full_like(known.age, 100.0))
    alone = fit(few).model.parameters()
    near, far = (fit(each, prior=prior).model.parameters() for each in (many, few))

    for name, value in alone.items():
        assert np.log(near[name] / value) == pytest.approx(np.log(far[name] / value) / 100, rel=0.1)


@pytest.mark.parametrize("factor", [1 / 24, 1.0, 60.0])
@pytest.mark.parametrize(("fit", "prior"), FITS)
def test_no_prior_depends_on_the_unit_of_time(
    fit: Callable[..., AnyFit], prior: Prior, factor: float
) -> None:
    x, t_x, age = np.array([0.0, 1, 2, 0, 7]), np.array([0.0, 20, 33, 0, 80]), np.full(5, 90.0)
    days = fit(PurchaseSample.from_columns(x, t_x, age), prior=prior).model
    other = fit(PurchaseSample.from_columns(x, factor * t_x, factor * age), prior=prior).model

    expected = days.expected_purchases(x, t_x, age, 30.0)
    assert other.expected_purchases(x, factor * t_x, factor * age, factor * 30.0) == pytest.approx(
        expected, rel=1e-6
    )


@pytest.mark.parametrize("factor", [0.001, 1.0, 150.0])
def test_the_spend_prior_does_not_depend_on_the_currency(factor: float) -> None:
    x, spends = np.array([1.0, 3.0, 2.0]), np.array([10.0, 22.0, 95.0])
    one = fit_spend(x, spends).model.expected_spend(x, spends)
    other = fit_spend(x, factor * spends).model.expected_spend(x, factor * spends)

    assert other == pytest.approx(factor * one, rel=1e-6)


@given(logs=st.tuples(*[st.floats(-5, 5)] * 3))
@settings(max_examples=50, deadline=None)
def test_the_derivatives_of_a_prior_are_its_slopes(logs: tuple[float, float, float]) -> None:
    prior = Prior(
        (
            Normal((1, -1, 0.5), 0.3, 2.0),
            Normal((0, 2, 1), -1.0, 0.7),
            Normal((1, 1, 0), 0.1, 0.9, only_above=True),
        )
    )
    at = np.array(logs)

    def value(there: Array) -> float:
        return prior.log_density(there).value

    def gradient(there: Array) -> Array:
        return prior.log_density(there).gradient

    found = prior.log_density(at)
    assert found.gradient == pytest.approx(approx_fprime(at, value, 1e-6), rel=1e-4, abs=1e-4)
    assert found.hessian == pytest.approx(approx_fprime(at, gradient, 1e-6), rel=1e-4, abs=1e-4)


def a_few_spends(customers: int, seed: int) -> tuple[Array, Array]:
    random = np.random.default_rng(seed)
    frequency = random.geometric(0.4, customers).astype(np.float64)
    nu = random.gamma(SPEND.q, 1 / SPEND.v, customers)
    return frequency, random.gamma(SPEND.p * frequency) / frequency / nu


@pytest.mark.parametrize("customers", [3, 10, 29, 30, 100])
def test_what_a_few_spend_is_right_on_average(customers: int) -> None:
    """One-time buyers of a hundred shops, against the mean that all of these draw from."""
    nobody = np.zeros(1)
    found = []
    for seed in range(100):
        frequency, mean_spend = a_few_spends(customers, seed)
        fitted = fit_spend(frequency, mean_spend)
        assert isinstance(fitted.model, GammaGamma)
        found.append(fitted.model.expected_spend(nobody, nobody)[0])

    assert np.mean(found) == pytest.approx(SPEND.population_mean, rel=0.16)
    assert max(found) < 4 * SPEND.population_mean


def test_a_thirtieth_spender_changes_little() -> None:
    frequency, mean_spend = a_few_spends(30, seed=9)
    nobody = np.zeros(1)
    few, more = (
        fit_spend(frequency[:n], mean_spend[:n]).model.expected_spend(nobody, nobody)[0]
        for n in (29, 30)
    )

    assert few == pytest.approx(more, rel=0.05)
