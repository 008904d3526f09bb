"""The difference between two groups: its error, its covariate, and its skewness."""

from dataclasses import fields
from math import sqrt
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kurtosis, skew

from succotash.domain.campaigns.differences import Difference, covariate_slope, difference
from succotash.domain.campaigns.totals import ArmTotals, GroupTotals, PowerSums
from succotash.domain.models.purchases import Array
from tests.unit.campaigns.members import drawn, summed

RANDOM = np.random.default_rng(19)
REVENUE = RANDOM.exponential(30, 500) * (RANDOM.random(500) < 0.4)
FORESEEN = 5 + 0.2 * REVENUE + RANDOM.normal(0, 3, 500)
TREATED, HELD_OUT = slice(0, 400), slice(400, 500)
Z = NormalDist().inv_cdf(0.975)


def between(written: Array, held_out: Array) -> Difference:
    """Without any covariate."""
    found = difference(
        summed(written, np.zeros(len(written))).revenue_powers(),
        summed(held_out, np.zeros(len(held_out))).revenue_powers(),
    )
    assert found is not None
    return found


def both_groups() -> tuple[PowerSums, PowerSums]:
    return (
        summed(REVENUE[TREATED], FORESEEN[TREATED]).revenue_powers(),
        summed(REVENUE[HELD_OUT], FORESEEN[HELD_OUT]).revenue_powers(),
    )


def test_totals_of_disjoint_members_add_up() -> None:
    whole = summed(REVENUE, FORESEEN)
    parts = summed(REVENUE[:200], FORESEEN[:200]) + summed(REVENUE[200:], FORESEEN[200:])

    for each in fields(GroupTotals):
        assert getattr(parts, each.name) == pytest.approx(getattr(whole, each.name))


def test_the_information_of_two_groups_is_that_of_their_difference() -> None:
    assert drawn(1, 900, 100).information == pytest.approx(1 / (1 / 900 + 1 / 100))
    assert ArmTotals(GroupTotals(members=5)).information == 0


def test_the_slope_is_that_of_a_regression_with_a_level_for_each_group() -> None:
    treated = np.arange(500) < 400
    design = np.column_stack([FORESEEN, treated, ~treated])

    assert covariate_slope(*both_groups()) == pytest.approx(np.linalg.lstsq(design, REVENUE)[0][0])


def test_the_difference_is_adjusted_by_what_was_foreseen() -> None:
    written, held_out = both_groups()
    slope = covariate_slope(written, held_out)
    adjusted = REVENUE - slope * FORESEEN

    found = difference(written, held_out, slope)

    assert found is not None
    plain = between(adjusted[TREATED], adjusted[HELD_OUT])
    assert found.value == pytest.approx(adjusted[TREATED].mean() - adjusted[HELD_OUT].mean())
    assert found.standard_error == pytest.approx(plain.standard_error)
    assert found.skewness == pytest.approx(plain.skewness)


def test_the_variance_of_large_groups_is_their_own() -> None:
    random = np.random.default_rng(2)
    written, held_out = random.normal(10, 3, 40_000), random.normal(8, 9, 40_000)

    found = between(written, held_out)

    welch = sqrt(written.var(ddof=1) / len(written) + held_out.var(ddof=1) / len(held_out))
    assert found.own_variance > 0.99
    assert found.standard_error == pytest.approx(welch, rel=1e-3)
    assert found.skewness == pytest.approx(0, abs=1e-3)


def test_variances_that_clearly_differ_are_believed_of_smaller_groups_too() -> None:
    random = np.random.default_rng(2)

    differing = between(random.normal(10, 1, 300), random.normal(10, 3, 300))
    alike = between(random.normal(10, 3, 300), random.normal(10, 3, 300))

    assert differing.own_variance > 0.99
    assert alike.own_variance == pytest.approx(0.0625 / (0.0625 + 2 * 2 / 300), abs=0.05)


def test_the_variance_of_a_small_skewed_group_is_that_of_both() -> None:
    random = np.random.default_rng(3)
    written, held_out = (
        random.lognormal(0, 1.5, 2_000),
        random.normal(1, 0.5, 20),
    )

    found = between(written, held_out)

    assert found.own_variance < 0.6
    own = sqrt(written.var() / len(written) + held_out.var() / len(held_out))
    assert found.standard_error > 2 * own


def test_the_skewness_of_a_difference_comes_from_its_smaller_group() -> None:
    random = np.random.default_rng(4)
    written, held_out = random.exponential(1, 9_000), random.exponential(1, 1_000)

    found = between(written, held_out)

    centred = np.concatenate([written - written.mean(), held_out - held_out.mean()])
    expected = -skew(centred) / sqrt(1_000) * (1 - 1 / 81) / (1 + 1 / 9) ** 1.5
    assert found.skewness == pytest.approx(expected, rel=0.02)
    spread = 0.25**2
    error = (kurtosis(centred, fisher=False) - 1) * (1 / 9_000 + 1 / 1_000)
    assert found.own_variance == pytest.approx(spread / (spread + error), rel=0.02)


@pytest.mark.parametrize(
    ("written", "held_out"),
    [
        (np.zeros(0), np.zeros(0)),
        (np.ones(9), np.zeros(0)),
        (np.ones(9), np.ones(1)),
        (np.full(9, 7.0), np.full(9, 7.0)),
    ],
    ids=["nobody", "no holdout", "a holdout of one", "all alike"],
)
def test_groups_that_tell_nothing_have_no_difference(written: Array, held_out: Array) -> None:
    one = summed(written, np.zeros(len(written))).revenue_powers()
    other = summed(held_out, np.zeros(len(held_out))).revenue_powers()

    assert covariate_slope(one, other) == 0
    assert difference(one, other) is None


def test_a_constant_forecast_adjusts_nothing() -> None:
    written = summed(REVENUE[TREATED], np.full(400, 12.5)).revenue_powers()
    held_out = summed(REVENUE[HELD_OUT], np.full(100, 12.5)).revenue_powers()

    assert covariate_slope(written, held_out) == pytest.approx(0, abs=1e-9)


def test_customers_are_counted_like_an_outcome_of_0_or_1() -> None:
    bought = (REVENUE > 0).astype(np.float64)
    arms = [summed(REVENUE[each], FORESEEN[each]) for each in (TREATED, HELD_OUT)]
    expected = [summed(bought[each], FORESEEN[each]) for each in (TREATED, HELD_OUT)]

    for found, wanted in zip(arms, expected, strict=True):
        for row, other in zip(found.customer_powers(), wanted.revenue_powers(), strict=True):
            assert row == pytest.approx(other)


DIFFERENCES = st.builds(
    Difference,
    value=st.floats(-100, 100),
    standard_error=st.floats(0.01, 100),
    skewness=st.floats(-1, 1),
    own_variance=st.floats(0, 1),
)


@given(DIFFERENCES, st.floats(-6, 6))
def test_a_statistic_leads_back_to_its_true_difference(found: Difference, limit: float) -> None:
    assert found.statistic(found.value_at(limit)) == pytest.approx(limit, abs=1e-4)


@given(DIFFERENCES, st.floats(0.1, 6), st.floats(0.1, 6))
def test_a_larger_limit_makes_a_wider_interval(found: Difference, one: float, two: float) -> None:
    low, high = found.interval(min(one, two))
    lower, higher = found.interval(max(one, two))

    assert lower <= low <= high <= higher


@given(DIFFERENCES, st.floats(-6, 6), st.floats(-3, 3))
def test_data_at_a_limit_are_at_it_about_0(found: Difference, limit: float, far: float) -> None:
    assert found.moved(limit, 0.0) == pytest.approx(limit, abs=1e-4)
    assert found.moved(limit, far * found.standard_error) <= limit + 1e-4 or far < 0


def test_an_interval_without_skewness_is_the_usual_one() -> None:
    found = Difference(value=5.0, standard_error=2.0, skewness=0.0, own_variance=0.3)

    assert found.interval(Z) == pytest.approx((5 - 2 * Z, 5 + 2 * Z))
    assert found.statistic() == pytest.approx(2.5)


@pytest.mark.parametrize("own_variance", [0.0, 1.0])
def test_each_side_of_an_interval_errs_as_often(own_variance: float) -> None:
    """Of means of 60 exponential variables, by a known variance and by the sample's own."""
    random = np.random.default_rng(5)
    members, draws = 60, 40_000
    samples = random.exponential(1, (draws, members))
    means, errors = samples.mean(axis=1), np.full(draws, 1 / sqrt(members))
    if own_variance:
        errors = samples.std(axis=1, ddof=1) / sqrt(members)
    skewness = 2 / sqrt(members)
    statistics = np.array(
        [
            Difference(mean, error, skewness, own_variance).statistic(1.0)
            for mean, error in zip(means.tolist(), errors.tolist(), strict=True)
        ]
    )

    above, below = (statistics > Z).mean(), (statistics < -Z).mean()
    assert above == pytest.approx(0.025, abs=0.005)
    assert below == pytest.approx(0.025, abs=0.005)
