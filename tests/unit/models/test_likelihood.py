import numpy as np
import pytest

from succotash.domain.models.likelihood import (
    Evaluation,
    Maximum,
    UnfitError,
    maximise,
    precision_of,
)
from succotash.domain.models.purchases import Array


def one_top(parameters: Array) -> Evaluation:
    """Its top is at (2, 5): -(log x - log 2)^2 - 3 (log y - log 5)^2."""
    x, y = parameters
    dx, dy = np.log(x / 2), np.log(y / 5)
    gradient = np.array([-2 * dx / x, -6 * dy / y])
    hessian = np.diag([(-2 + 2 * dx) / x**2, (-6 + 6 * dy) / y**2])
    return Evaluation(-(dx**2) - 3 * dy**2, gradient, hessian)


def ever_higher_tops(parameters: Array) -> Evaluation:
    """sin(log x) + log x / 10."""
    x = float(parameters[0])
    log = float(np.log(x))
    by_log = np.cos(log) + 0.1
    second = (-np.sin(log) - by_log) / x**2
    return Evaluation(np.sin(log) + log / 10, np.array([by_log / x]), np.array([[second]]))


def rising(parameters: Array) -> Evaluation:
    """x / (1 + x)."""
    x = float(parameters[0])
    return Evaluation(x / (1 + x), np.array([1 / (1 + x) ** 2]), np.array([[-2 / (1 + x) ** 3]]))


def nowhere(_: Array) -> Evaluation:
    return Evaluation(np.nan, np.zeros(1), np.zeros((1, 1)))


def test_the_top_is_found_from_far_away() -> None:
    found = maximise(one_top, [np.array([1e-4, 1e5])])

    assert found.converged
    assert not found.at_bound
    assert found.parameters == pytest.approx([2, 5], rel=1e-6)


def test_the_best_of_the_starts_wins() -> None:
    found = maximise(ever_higher_tops, [np.exp(np.array([each])) for each in (7.5, 1.0)])

    assert np.log(found.parameters[0]) == pytest.approx(np.arccos(-0.1) + 2 * np.pi)


def test_a_surface_that_rises_for_ever_ends_without_precision() -> None:
    found = maximise(rising, [np.array([1.0])])
    precision, reason = precision_of(found, 100, {"x": 1.0})

    assert np.isfinite(found.parameters).all()
    assert precision is None
    assert reason is not None


def test_a_likelihood_that_is_finite_nowhere_is_refused() -> None:
    with pytest.raises(UnfitError, match="finite nowhere"):
        maximise(nowhere, [np.array([1.0])])


def test_errors_come_from_the_curvature_and_the_number_of_customers() -> None:
    """In logs the surface bends by 2 and 6 per customer: variances 1 / 200 and 1 / 600."""
    found = maximise(one_top, [np.array([1.0, 1.0])])
    precision, reason = precision_of(found, 100, {"x": 2.0, "y": 5.0})

    assert reason is None
    assert precision is not None
    assert precision.standard_errors == pytest.approx(
        {"x": 2 * np.sqrt(1 / 200), "y": 5 * np.sqrt(1 / 600)}
    )


@pytest.mark.parametrize(
    ("hessian", "converged", "at_bound", "why"),
    [
        (-np.eye(2), False, False, "did not settle"),
        (-np.eye(2), True, True, "edge of the search"),
        (np.diag([-1.0, -1e-12]), True, False, "flat along some combination"),
        (np.diag([-1.0, 1.0]), True, False, "flat along some combination"),
        (-1e-6 * np.eye(2), True, False, "hardly depends"),
    ],
)
def test_where_the_data_do_not_tell_the_reason_is_given(
    *, hessian: Array, converged: bool, at_bound: bool, why: str
) -> None:
    found = Maximum(np.ones(2), -1.0, -1.0, converged, hessian, at_bound)
    precision, reason = precision_of(found, 10, {"x": 1.0, "y": 1.0})

    assert precision is None
    assert reason is not None
    assert why in reason
