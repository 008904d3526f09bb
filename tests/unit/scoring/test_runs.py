"""When the scheduled run begins, ends and is published."""

import math
from collections.abc import Iterator
from datetime import timedelta

import pytest

from succotash.application.scoring.churn_scoring import ChurnScoring
from succotash.application.scoring.settings import ScoringSettings
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import INITIAL_RUN
from succotash.domain.values import (
    Json,
)
from succotash.errors import (
    InvalidInputError,
    RunInProgressError,
)
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from succotash.observation import Metric, observed
from tests.builders import NOON, USD, a_run, an_order, at
from tests.unit.scoring.runs import run


def numbers(value: Json) -> Iterator[float]:
    match value:
        case dict():
            for each in value.values():
                yield from numbers(each)
        case list():
            for each in value:
                yield from numbers(each)
        case int() | float():
            yield float(value)


class TestRuns:
    def test_a_run_without_any_customer_is_published_and_empty(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        report = run(storage, "2026-01-01T03:00:00Z")
        assert (report["state"], report["customers"]) == ("current", 0)
        assert "skipped" in report["backtest"]
        assert repositories.ltv.get_ltv_analytics().total.customers == 0

    def test_the_same_event_twice_is_one_run(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders([an_order(ordered_at=at("2025-11-01T00:00:00Z"))])
        first = run(storage, "2026-01-01T03:00:00Z")
        assert run(storage, "2026-01-01T03:00:00Z") == first
        assert len(repositories.retention.get_scoring_runs()) == 1

    def test_an_older_event_after_a_newer_one_is_declined(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        run(storage, "2026-01-02T03:00:00Z")
        with pytest.raises(RunInProgressError):
            run(storage, "2026-01-01T03:00:00Z")
        current = repositories.retention.get_current_scoring_run()
        assert current.run_id == "2026-01-02T03:00:00Z"

    def test_an_event_delivered_again_after_a_later_one_is_answered_with_its_report(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        first = run(storage, "2026-01-01T03:00:00Z")
        run(storage, "2026-01-02T03:00:00Z")
        assert run(storage, "2026-01-01T03:00:00Z") == first | {"state": "superseded"}
        current = repositories.retention.get_current_scoring_run()
        assert current.run_id == "2026-01-02T03:00:00Z"

    def test_a_run_that_broke_off_is_taken_up_again(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.retention.open_scoring_run(a_run(at("2026-01-01T03:00:00Z")))
        assert repositories.retention.get_current_scoring_run().run_id == INITIAL_RUN
        assert run(storage, "2026-01-01T03:00:00Z")["state"] == "current"

    def test_nothing_in_a_report_is_nan_or_infinite(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders(
            [
                an_order(f"o{number}", customer_id=f"c{number % 3}", ordered_at=moment)
                for number, moment in enumerate(
                    at("2024-01-01T00:00:00Z") + timedelta(days=17 * step) for step in range(40)
                )
            ]
        )
        report = run(storage, "2026-01-01T03:00:00Z")
        told = [*numbers(dict(report["models"])), *numbers(dict(report["backtest"]))]
        assert told
        assert all(map(math.isfinite, told))


def test_an_instant_still_to_come_is_refused_and_opens_no_run(storage: InMemoryStorage) -> None:
    scoring = ChurnScoring(storage, ScoringSettings(currency=USD), clock=lambda: NOON)

    for begin in (scoring.run, scoring.plan):
        with pytest.raises(InvalidInputError, match="in the past"):
            begin(NOON + timedelta(minutes=6))
    assert storage.repositories.retention.get_scoring_runs() == []
    assert scoring.plan(NOON + timedelta(minutes=4))["state"] == "running"


class TestWorseThanSimple:
    """Everybody who went silent comes back in the holdout, and nobody else does."""

    AS_OF = at("2024-07-01T00:00:00Z")

    @pytest.fixture
    def storage(self) -> InMemoryStorage:
        storage = InMemoryStorage()
        before, after = at("2024-01-01T00:00:00Z"), at("2024-04-20T00:00:00Z")
        orders = []
        for number in range(100):
            is_regular = number % 2
            visits = [before + timedelta(days=each * 7) for each in range(13)]
            came = visits if is_regular else [*visits[:3], after, after + timedelta(days=30)]
            orders += [
                an_order(f"{number}-{place}", customer_id=f"c{number}", ordered_at=moment)
                for place, moment in enumerate(came)
            ]
        storage.repositories.ltv.record_orders(orders)
        return storage

    def test_it_does_not_replace_the_run_before_it_and_says_so(
        self, storage: InMemoryStorage
    ) -> None:
        before = ChurnScoring(storage, ScoringSettings(currency=USD)).run(
            at("2024-01-20T00:00:00Z")
        )
        assert before["state"] == "current"

        with observed("churn_scoring", "one") as invocation:
            report = ChurnScoring(storage, ScoringSettings(currency=USD)).run(self.AS_OF)

        assert report["state"] == "withheld"
        assert invocation.counts[Metric.WORSE_THAN_SIMPLE] == 1
        assert not invocation.counts[Metric.RUNS_FINISHED], "the last good run grows older"
        current = storage.repositories.retention.get_current_scoring_run()
        assert current.run_id == before["run_id"]

    def test_it_does_where_somebody_says_so(self, storage: InMemoryStorage) -> None:
        ChurnScoring(storage, ScoringSettings(currency=USD)).run(at("2024-01-20T00:00:00Z"))
        settings = ScoringSettings(currency=USD, publishes_worse=True)

        with observed("churn_scoring", "one") as invocation:
            assert ChurnScoring(storage, settings).run(self.AS_OF)["state"] == "current"
        assert invocation.counts[Metric.RUNS_FINISHED] == 1

    def test_a_first_run_replaces_nothing_and_is_published(self, storage: InMemoryStorage) -> None:
        report = ChurnScoring(storage, ScoringSettings(currency=USD)).run(self.AS_OF)

        assert report["state"] == "current"
