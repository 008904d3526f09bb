"""Boundaries against published tables, and chances against integrals calculated otherwise."""

from collections.abc import Sequence
from math import inf
from statistics import NormalDist
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from succotash.domain.campaigns.boundaries import (
    ALPHA,
    obrien_fleming_spent,
    stagewise_tail,
    two_sided_boundaries,
    upper_tail,
)
from succotash.domain.models.purchases import Array

NORMAL = NormalDist()


def evenly(looks: int) -> list[float]:
    return [(at + 1) / looks for at in range(looks)]


def obrien_fleming(fractions: Sequence[float]) -> list[float]:
    return two_sided_boundaries(fractions, [obrien_fleming_spent(each) for each in fractions])


def correlations(information: Sequence[float]) -> Array:
    grid = np.array(information)
    found: Array = np.sqrt(np.minimum.outer(grid, grid) / np.maximum.outer(grid, grid))
    return found


def within(information: Sequence[float], bounds: Sequence[tuple[float, float]]) -> float:
    """The chance that every statistic is within its bounds, by scipy's multivariate normal."""
    lower, upper = zip(*bounds, strict=True)
    return float(
        multivariate_normal.cdf(
            upper,
            np.zeros(len(information)),
            correlations(information),
            maxpts=10**6,
            abseps=1e-7,
            lower_limit=lower,
        )
    )


@pytest.mark.parametrize(
    "published",
    [
        # Keaven Anderson, gsDesign, sfLDOF: https://keaven.github.io/gsDesign/reference/sfLDOF.html
        (5.366558, 3.710340, 2.969736, 2.538677, 2.252190, 2.044790),
        # Reboussin, DeMets, Kim and Lan (2000), Computations for group sequential boundaries using
        # the Lan-DeMets spending function method, Controlled Clinical Trials 21, 190-207.
        (4.8769, 3.3569, 2.6803, 2.2898, 2.0310),
        (3.7103, 2.5114, 1.9930),  # of gsDesign and rpact alike
    ],
    ids=len,
)
def test_boundaries_of_the_obrien_fleming_type_are_as_published(
    published: tuple[float, ...],
) -> None:
    assert obrien_fleming(evenly(len(published))) == pytest.approx(published, abs=2e-4)


def test_a_single_look_has_the_usual_boundary() -> None:
    assert obrien_fleming([1.0]) == pytest.approx([NORMAL.inv_cdf(0.975)])


def test_nothing_is_spent_before_the_start_and_no_more_than_everything() -> None:
    assert obrien_fleming_spent(-1) == obrien_fleming_spent(0) == 0
    assert obrien_fleming_spent(1) == obrien_fleming_spent(2) == pytest.approx(ALPHA)


@pytest.mark.parametrize("information", [evenly(4), [0.1, 0.15, 0.9, 1.0], [0.02, 0.5, 0.51, 1.0]])
def test_boundaries_spend_what_they_are_given(information: list[float]) -> None:
    spent = [obrien_fleming_spent(each) for each in evenly(4)]
    limits = two_sided_boundaries(information, spent)

    for looks in range(2, 5):
        bounds = [(-each, each) for each in limits[:looks]]
        assert 1 - within(information[:looks], bounds) == pytest.approx(spent[looks - 1], abs=1e-5)


@pytest.mark.parametrize("effect", [0.0, 1.5, -2.5])
def test_the_stagewise_tail_is_the_chance_of_a_higher_outcome(effect: float) -> None:
    information = [0.25, 0.6, 1.0]
    limits = (4.0, 2.6, 2.0)
    moved = [each - effect * share**0.5 for each, share in zip(limits, information, strict=True)]
    bounds = [(-each - 1, each) for each in moved[:2]]

    chance = stagewise_tail(information, bounds, moved[2])

    at_first = 1 - NORMAL.cdf(moved[0])
    at_second = within(information[:2], [bounds[0], (moved[1], inf)])
    at_third = within(information, [*bounds, (moved[2], inf)])
    assert chance == pytest.approx(at_first + at_second + at_third, abs=1e-6)


def test_the_chance_of_the_last_boundary_is_half_of_what_is_spent() -> None:
    information = evenly(8)
    limits = obrien_fleming(information)

    for looks in range(1, 9):
        bounds = [(-each, each) for each in limits[: looks - 1]]
        chance = stagewise_tail(information[:looks], bounds, limits[looks - 1])
        assert chance == pytest.approx(obrien_fleming_spent(looks / 8) / 2, rel=1e-6, abs=1e-12)


def test_a_look_without_new_data_does_not_change_the_boundaries_after_it() -> None:
    spent = [obrien_fleming_spent(each) for each in (0.3, 0.6, 1)]

    with_it = two_sided_boundaries([0.5, 0.5, 1.0], spent)
    without_it = two_sided_boundaries([0.5, 1.0], spent[1:])

    assert with_it[1:] == pytest.approx(without_it)
    assert with_it[0] > with_it[1]


def test_all_data_at_the_first_look_leave_the_last_one_the_usual_boundary() -> None:
    spent = [obrien_fleming_spent(each) for each in evenly(4)]

    assert two_sided_boundaries([7.0] * 4, spent)[-1] == pytest.approx(NORMAL.inv_cdf(0.975))


@given(
    steps=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8).filter(lambda each: each[0] > 0.01)
)
def test_whatever_the_pace_a_boundary_is_at_least_the_usual_one(steps: list[float]) -> None:
    information = [float(each) for each in np.cumsum(steps)]
    spent = [obrien_fleming_spent(each) for each in evenly(len(steps))]

    limits = two_sided_boundaries(information, spent)

    assert all(each > 1.9599 for each in limits)


@given(st.floats(-8, 8), st.floats(-8, 8))
def test_a_higher_statistic_is_less_likely_to_be_exceeded(one: float, other: float) -> None:
    low, high = sorted((one, other))
    bounds = [(-3.0, 3.0)]

    assert stagewise_tail([1, 2], bounds, low) >= stagewise_tail([1, 2], bounds, high) - 1e-12
    assert upper_tail(low) >= upper_tail(high)


def test_boundaries_of_eight_looks_take_milliseconds() -> None:
    obrien_fleming(evenly(8))
    started = perf_counter()
    for _ in range(5):
        obrien_fleming(evenly(8))

    assert (perf_counter() - started) / 5 < 0.05
