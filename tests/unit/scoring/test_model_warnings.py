"""What a run warns of where its models are to be taken with caution."""

from dataclasses import replace
from datetime import timedelta

import pytest

from succotash.application.scoring.run_views import run_warnings
from succotash.domain.retention.retention import ScoringRun
from succotash.domain.scoring.warnings import RunWarnings, is_far_off
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import a_run, an_order, at
from tests.unit.scoring.runs import run


def a_finished_run(**models: dict[str, str | float | None]) -> ScoringRun:
    return replace(
        a_run(at("2026-01-01T03:00:00Z")),
        settings={"currency": "USD"},
        models={part: dict(model) for part, model in models.items()},
        summary={"warnings": RunWarnings().to_dict()},
    )


@pytest.mark.parametrize("days_apart", [30, 5])
def test_a_backtest_far_off_in_total_is_told_where_nobody_was_inactive(days_apart: int) -> None:
    """Everybody buys once a month for two years; those of one shop then every five days."""
    storage = InMemoryStorage()
    first = at("2024-01-01T12:00:00Z")
    orders = [
        an_order(
            f"{customer}-{place}",
            customer_id=f"c{customer}",
            ordered_at=first + timedelta(days=customer % 30 + day),
        )
        for customer in range(80)
        for place, day in enumerate([*range(0, 640, 30), *range(645, 702, days_apart)])
    ]
    storage.repositories.ltv.record_orders(orders)

    report = run(storage, "2025-12-31T03:00:00Z")
    told = {each["code"]: each for each in report["warnings"]}

    purchases = report["backtest"]["purchases"]
    assert isinstance(purchases, dict)
    assert purchases["silent_share"] == 0
    if days_apart == 30:
        assert not told
    else:
        assert set(told) == {"backtest_far_off"}
        assert told["backtest_far_off"]["count"] == 80
        assert "which were held out" in told["backtest_far_off"]["message"]


@pytest.mark.parametrize(
    ("predicted", "actual", "is_told"),
    [
        (470, 1_000, True),
        (1_000, 470, True),
        (900, 1_000, False),
        (0.0, 0.0, False),
        (0.0, 5.0, False),
        (0.0, 10.0, True),
        (4.0, 9.0, False),
    ],
)
def test_a_total_is_far_off_by_more_than_a_half_and_more_than_chance(
    *, predicted: float, actual: float, is_told: bool
) -> None:
    assert is_far_off(predicted, actual) is is_told


def test_an_imprecise_model_is_used_and_told() -> None:
    found: dict[str, str | float | None] = {
        "log_likelihood": -12.5,
        "imprecise_because": "it did not settle",
    }
    run = a_finished_run(
        purchases={"name": "BG/NBD", **found}, spend={"name": "Gamma-Gamma", **found}
    )
    [told] = run_warnings(run)

    assert told == {
        "code": "imprecise_model",
        "message": (
            "the best parameters found are used, but BG/NBD of purchases: it did not settle; "
            "Gamma-Gamma of spend: it did not settle"
        ),
        "count": 2,
    }


def test_a_pooled_rate_supposes_and_is_no_imprecise_fit() -> None:
    pooled: dict[str, str | float | None] = {
        "name": "pooled rate",
        "log_likelihood": None,
        "imprecise_because": "supposed",
    }

    assert run_warnings(a_finished_run(purchases=pooled)) == []
