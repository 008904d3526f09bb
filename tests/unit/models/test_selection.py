import json

import numpy as np
import pytest

from local.cdnow import CALIBRATION_END, HOLDOUT_DAYS, histories
from local.simulated_shops import POISSON, chosen, simulated_shop
from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.gamma_gamma import GammaGamma
from succotash.domain.models.mbg_nbd import MBGNBD
from succotash.domain.models.pooled_rate import PooledRate, PooledSpend
from succotash.domain.models.purchases import PurchaseSample
from succotash.domain.models.selection import (
    CLEARLY_WORSE,
    Candidate,
    Comparison,
    compare,
    fit_purchases,
    fit_spend,
)
from tests.unit.models.populations import simulated


def test_bg_nbd_is_fitted_to_cdnow() -> None:
    chosen = fit_purchases(histories(CALIBRATION_END).sample())

    assert isinstance(chosen.model, BGNBD)
    assert chosen.log_likelihood == pytest.approx(-14363.53, abs=0.01)
    assert chosen.reason == (
        "BG/NBD: fitted to 2,357 customers, 946 of them with a repeat purchase."
    )


@pytest.mark.parametrize("customers", [0, 1, 80, 5_000])
def test_where_nobody_bought_again_the_pooled_rate_says_what_it_supposes(customers: int) -> None:
    nothing = np.zeros(customers)
    chosen = fit_purchases(PurchaseSample.from_columns(nothing, nothing, np.full(customers, 90.0)))

    assert isinstance(chosen.model, PooledRate)
    assert chosen.log_likelihood is None
    assert chosen.reason == (
        f"Pooled rate: none of {customers:,} customers has bought again. It supposes 0.5 repeat "
        "purchases in 365 days before any data, and that 10% of repeat purchases are a customer's "
        "last."
    )


@pytest.mark.parametrize(("customers", "repeaters"), [(1, 1), (2, 1), (29, 29), (99, 50), (500, 1)])
@pytest.mark.parametrize("candidate", Candidate)
def test_no_number_of_customers_is_too_small(
    candidate: Candidate, customers: int, repeaters: int
) -> None:
    again = np.arange(customers) < repeaters
    chosen = fit_purchases(
        PurchaseSample.from_columns(1.0 * again, 20.0 * again, np.full(customers, 90.0)),
        candidates=[candidate],
    )

    assert chosen.model.name == candidate
    assert chosen.precision is not None
    assert all(np.isfinite(each) for each in chosen.precision.standard_errors.values())


def test_gamma_gamma_is_fitted_to_cdnow() -> None:
    known = histories(CALIBRATION_END)
    chosen = fit_spend(known.frequency, known.mean_spend)

    assert isinstance(chosen.model, GammaGamma)
    assert chosen.log_likelihood == pytest.approx(-4055.92, abs=0.01)
    assert chosen.reason == ("Gamma-Gamma: fitted to 946 repeat customers with a positive mean.")


def test_where_nobody_spent_again_the_pooled_spend_is_the_average_order() -> None:
    chosen = fit_spend([0.0, 2.0, 0.0], [10.0, 0.0, 0.0], average_order=15)

    assert chosen.model == PooledSpend(15.0)
    assert chosen.log_likelihood is None
    assert chosen.reason.startswith("Pooled spend: Gamma-Gamma cannot be fitted, no repeat")


def test_two_spenders_are_enough_for_gamma_gamma() -> None:
    chosen = fit_spend([1.0, 2.0], [10.0, 30.0])
    one_time, twice = chosen.model.expected_spend(np.array([0.0, 2.0]), np.array([0.0, 30.0]))

    assert isinstance(chosen.model, GammaGamma)
    assert 10 < one_time < 40
    assert one_time < twice < 35


def test_equal_spends_get_the_pooled_spend_and_the_reason() -> None:
    chosen = fit_spend(np.full(500, 3.0), np.full(500, 9.99))

    assert isinstance(chosen.model, PooledSpend)
    assert chosen.model.mean == pytest.approx(9.99)
    assert chosen.reason == (
        "Pooled spend: Gamma-Gamma cannot be fitted, all repeat customers spend the same."
    )


def test_spends_without_a_population_mean_get_the_pooled_spend_and_the_reason() -> None:
    """Customers whose spend follows a Gamma-Gamma with q = 0.9: the mean diverges."""
    random = np.random.default_rng(600)
    frequency = random.integers(1, 20, 20_000).astype(np.float64)
    inverse_scale = random.gamma(0.9, 1.0, 20_000)
    mean_spend = random.gamma(5.0 * frequency) / frequency / inverse_scale
    chosen = fit_spend(frequency, mean_spend)

    assert isinstance(chosen.model, PooledSpend)
    assert chosen.log_likelihood is None
    assert "is more than 3 times what repeat customers spent" in chosen.reason


def compared_on_cdnow(*candidates: Candidate) -> Comparison:
    """Fitted to the 39 weeks of the calibration, judged on the 39 weeks after it."""
    known = histories(CALIBRATION_END)
    return compare(
        known.frequency,
        known.recency,
        known.age,
        holdout_purchases=known.holdout_purchases,
        holdout_days=HOLDOUT_DAYS,
        candidates=candidates,
    )


def test_of_alike_models_the_nearest_total_wins() -> None:
    """Of the published 1,882 purchases BG/NBD foretells more than MBG/NBD."""
    comparison = compared_on_cdnow(*Candidate)
    first, second, third = comparison.ranked

    assert [each.fitted.model.name for each in comparison.ranked] == [
        "BG/NBD",
        "MBG/NBD",
        "Pareto/NBD",
    ]
    assert abs(first.log_likelihood - second.log_likelihood) < 1
    assert first.count_error < second.count_error
    assert third.log_likelihood < first.log_likelihood - CLEARLY_WORSE
    assert comparison.reason == (
        "On the last 273 days, which were held out, the log losses of BG/NBD and MBG/NBD differed "
        "by no more than chance; of those that explain the days before them about as well, the "
        "total of BG/NBD, 1,655 purchases, was nearest to the actual 1,882."
    )


@pytest.mark.parametrize("seed", [2, 4, 7, 14])
def test_a_total_that_is_nearer_by_chance_does_not_win(seed: int) -> None:
    """5% leave at each purchase, as in BG/NBD; MBG/NBD then expects too much of the next year."""
    comparison = chosen(simulated_shop(*POISSON[2], seed), days=60)

    assert comparison.best.fitted.model.name == "BG/NBD"


def test_of_log_losses_that_chance_explains_the_likeliest_wins() -> None:
    comparison = chosen(simulated_shop(*POISSON[2], seed=7), days=60)
    best, second, _ = comparison.ranked

    assert best.log_likelihood > second.log_likelihood + CLEARLY_WORSE
    assert comparison.reason == (
        "On the last 60 days, which were held out, the log losses of BG/NBD and MBG/NBD differed "
        "by no more than chance; BG/NBD explains the days before them best, with a log-likelihood "
        "of -62,678.5 against -62,721.3."
    )


def test_a_clearly_lower_log_loss_wins_whatever_the_total() -> None:
    """One-time buyers of an MBG/NBD, half of whom left at once; BG/NBD holds them all alive."""
    age = np.floor(np.random.default_rng(5).uniform(200, 700, 4_000))
    population = simulated(MBGNBD(3.0, 60.0, 0.6, 0.6), age, 90.0, seed=2)
    comparison = compare(
        *population.history,
        holdout_purchases=population.later,
        holdout_days=90.0,
        candidates=[Candidate.BG_NBD, Candidate.MBG_NBD],
    )

    assert comparison.best.fitted.model.name == "MBG/NBD"
    assert comparison.best.log_loss < 0.99 * comparison.ranked[1].log_loss
    assert comparison.reason.startswith(
        "On the last 90 days, which were held out, MBG/NBD had the lowest log loss, "
    )


def test_the_winner_is_fitted_to_everything_and_the_reason_told() -> None:
    comparison = compared_on_cdnow(Candidate.MBG_NBD, Candidate.BG_NBD)
    chosen = fit_purchases(histories(CALIBRATION_END).sample(), comparison)

    assert isinstance(chosen.model, BGNBD)
    assert chosen.reason.startswith("BG/NBD: fitted to 2,357 customers, 946 of them")
    assert chosen.reason.endswith(comparison.reason)
    assert chosen.precision is not None
    assert chosen.imprecise_because is None


def test_every_candidates_numbers_are_kept() -> None:
    kept = json.loads(json.dumps(compared_on_cdnow(*Candidate).to_dict(), allow_nan=False))

    assert kept["model"] == "BG/NBD"
    assert kept["actual_purchases"] == 1882
    assert [each["model"] for each in kept["candidates"]] == ["BG/NBD", "MBG/NBD", "Pareto/NBD"]
    for each in kept["candidates"]:
        assert each["log_loss"] == pytest.approx(0.5068, abs=0.002)
        assert each["mae"] < each["naive_mae"]
        assert set(each["parameters"]) >= {"r", "alpha"}


def test_a_candidate_alone_is_judged_and_said_to_be_alone() -> None:
    comparison = compared_on_cdnow(Candidate.BG_NBD)

    assert comparison.reason == "No other model was judged on the last 273 days."


def test_a_few_are_compared_like_many() -> None:
    few = np.array([0.0, 1.0, 2.0])
    comparison = compare(few, 10 * few, np.full(3, 90.0), holdout_purchases=few, holdout_days=30.0)
    chosen = fit_purchases(PurchaseSample.from_columns(few, 10 * few, np.full(3, 90.0)), comparison)

    assert {each.fitted.model.name for each in comparison.ranked} == set(Candidate)
    assert chosen.model.name == comparison.best.fitted.model.name


def test_where_nobody_had_bought_again_the_pooled_rate_is_judged_alone() -> None:
    nothing, age = np.zeros(3), np.full(3, 90.0)
    comparison = compare(nothing, nothing, age, holdout_purchases=np.ones(3), holdout_days=30.0)
    chosen = fit_purchases(PurchaseSample.from_columns([1, 0, 0], [9, 0, 0], age), comparison)

    assert [each.fitted.model.name for each in comparison.ranked] == ["pooled rate"]
    assert chosen.model.name == "BG/NBD"


def test_nobody_at_all_is_compared_without_complaint() -> None:
    nobody = np.zeros(0)
    comparison = compare(nobody, nobody, nobody, holdout_purchases=nobody, holdout_days=30.0)

    assert json.dumps(comparison.to_dict(), allow_nan=False)
