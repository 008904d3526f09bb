"""The scheduled run by its steps, as a state machine takes them."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any, override

import pytest

from succotash.application.scoring.churn_scoring import ChurnScoring, IncompleteRunError
from succotash.application.scoring.plan import Plan, make_plan
from succotash.application.scoring.settings import ScoringSettings
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import INITIAL_RUN
from succotash.domain.value.ledgers import ActivitySummaries
from succotash.domain.values import (
    RunId,
)
from succotash.errors import (
    ConflictError,
    NotFoundError,
    RunInProgressError,
)
from succotash.infrastructure.in_memory.retention import InMemoryRetentionRepository
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from succotash.infrastructure.in_memory.tables import Tables
from tests.builders import USD, an_order, at


class WatchedRetention(InMemoryRetentionRepository):
    """Notes which threads ask for what reads the whole of a ledger."""

    def __init__(self, tables: Tables, asking: set[int]) -> None:
        super().__init__(tables)
        self._asking = asking

    @override
    def finish_shard(self, *args: Any, **given: Any) -> None:
        self._asking.add(threading.get_ident())
        super().finish_shard(*args, **given)

    @override
    def activity_summaries(self, *args: Any, **given: Any) -> ActivitySummaries:
        self._asking.add(threading.get_ident())
        return super().activity_summaries(*args, **given)


class WatchedStorage(InMemoryStorage):
    """A storage that knows which threads asked it."""

    def __init__(self) -> None:
        super().__init__()
        self.asking = set[int]()
        watched = WatchedRetention(self._tables, self.asking)
        self._repositories = replace(self._repositories, retention=watched)


def recorded(count: int = 60) -> InMemoryStorage:
    """Customers of whom some come back, over half a year."""
    return record(InMemoryStorage(), count)


def record[S: InMemoryStorage](storage: S, count: int = 60) -> S:
    storage.repositories.ltv.record_orders(
        [
            an_order(
                f"{number}-{visit}",
                customer_id=f"c{number:03}",
                ordered_at=at("2024-01-01T12:00:00Z")
                + timedelta(days=number % 40 + visit * (7 + number % 13)),
                amount=str(10 + number % 7),
            )
            for number in range(count)
            for visit in range(1 + number % 6)
        ]
    )
    return storage


class TestSteps:
    """The run by its three steps, as a state machine takes them."""

    AS_OF = at("2024-06-30T00:00:00Z")

    @pytest.fixture
    def storage(self) -> InMemoryStorage:
        return recorded()

    @pytest.fixture
    def scoring(self, storage: InMemoryStorage) -> ChurnScoring:
        return ChurnScoring(storage, ScoringSettings(currency=USD))

    def test_a_shard_has_one_session(self) -> None:
        storage = record(WatchedStorage())
        scoring = ChurnScoring(storage, ScoringSettings(currency=USD))
        run_id = scoring.plan(self.AS_OF)["run_id"]
        storage.asking.clear()

        scoring.score(run_id, 3)

        assert storage.asking == {threading.get_ident()}

    def test_step_by_step_the_run_finds_what_it_finds_in_one_go(
        self, storage: InMemoryStorage, scoring: ChurnScoring
    ) -> None:
        plan = scoring.plan(self.AS_OF)
        assert (plan["state"], plan["shards"]) == ("running", list(range(16)))
        done = [scoring.score(plan["run_id"], shard) for shard in reversed(plan["shards"])]
        report = scoring.finish(plan["run_id"])

        other = recorded()
        whole = ChurnScoring(other, ScoringSettings(currency=USD)).run(self.AS_OF)
        assert report == whole
        assert sum(each["customers"] for each in done) == report["customers"] == 60
        mine, theirs = storage.repositories, other.repositories

        def values(repositories: Repositories) -> list[object]:
            # Only the chance in the intervals differs: it is seeded by shard.
            found = repositories.ltv.find_customers(limit=100)
            return [
                replace(each, residual_low=None, residual_median=None, residual_high=None)
                for each in found
            ]

        assert values(mine) == values(theirs)
        assert mine.retention.find_churn_predictions(
            limit=100
        ) == theirs.retention.find_churn_predictions(limit=100)
        assert mine.ltv.get_all_cohorts() == theirs.ltv.get_all_cohorts()
        assert mine.ltv.get_all_ltv_segments() == theirs.ltv.get_all_ltv_segments()

    def test_a_run_is_not_finished_before_all_of_its_shards_are_scored(
        self, storage: InMemoryStorage, scoring: ChurnScoring
    ) -> None:
        plan = scoring.plan(self.AS_OF)
        for shard in range(16):
            if shard not in {3, 11}:
                scoring.score(plan["run_id"], shard)

        with pytest.raises(IncompleteRunError, match="3, 11"):
            scoring.finish(plan["run_id"])

        assert storage.repositories.retention.get_current_scoring_run().run_id == INITIAL_RUN

    def test_a_run_that_broke_off_goes_on_where_it_stood(self, scoring: ChurnScoring) -> None:
        plan = scoring.plan(self.AS_OF)
        for shard in range(14):
            scoring.score(plan["run_id"], shard)

        assert scoring.plan(self.AS_OF)["shards"] == [14, 15]
        assert scoring.run(self.AS_OF)["state"] == "current"

    def test_a_plan_made_again_stays_what_it_was_whatever_came_in_meanwhile(
        self, storage: InMemoryStorage, scoring: ChurnScoring
    ) -> None:
        run_id = scoring.plan(self.AS_OF)["run_id"]
        kept = storage.repositories.retention.get_scoring_run(RunId(run_id)).plan
        storage.repositories.ltv.record_orders(
            [an_order("late", customer_id="late", ordered_at=at("2024-02-02T00:00:00Z"))]
        )

        scoring.plan(self.AS_OF)

        assert storage.repositories.retention.get_scoring_run(RunId(run_id)).plan == kept

    def test_what_is_published_is_planned_and_finished_no_more(self, scoring: ChurnScoring) -> None:
        run_id = scoring.run(self.AS_OF)["run_id"]

        plan = scoring.plan(self.AS_OF)
        assert (plan["run_id"], plan["state"], plan["shards"]) == (run_id, "current", [])
        assert scoring.finish(run_id)["state"] == "current"
        with pytest.raises(ConflictError):
            scoring.score(run_id, 0)

    def test_a_run_that_a_later_one_replaced_is_not_scored(self, scoring: ChurnScoring) -> None:
        run_id = scoring.plan(self.AS_OF)["run_id"]
        scoring.plan(self.AS_OF + timedelta(days=1))

        with pytest.raises(NotFoundError):
            scoring.score(run_id, 0)

    def test_an_earlier_run_is_declined_while_a_later_one_is_running(
        self, scoring: ChurnScoring
    ) -> None:
        scoring.plan(self.AS_OF)

        with pytest.raises(RunInProgressError):
            scoring.plan(self.AS_OF - timedelta(days=1))

    def test_a_plan_is_the_same_after_it_was_kept(self, storage: InMemoryStorage) -> None:
        with ThreadPoolExecutor(1) as beside:
            plan = make_plan(
                storage.repositories, beside, ScoringSettings(currency=USD), self.AS_OF
            ).plan
        kept = json.loads(json.dumps(plan.to_dict(), allow_nan=False))

        assert Plan.of_dict(kept).to_dict() == plan.to_dict()

    def test_a_plan_nobody_made_is_none(self) -> None:
        with pytest.raises(TypeError):
            Plan.of_dict({})


def test_many_customers_are_planned_on_a_sample_and_scored_by_shards() -> None:
    storage = recorded(600)
    settings = ScoringSettings(currency=USD, whole_limit=100, sample_customers=150)

    report = ChurnScoring(storage, settings).run(at("2024-06-30T00:00:00Z"))

    assert report["customers"] == 600
    sampled = report["models"]["fitted_to_customers"]
    assert isinstance(sampled, int)
    assert 150 <= sampled < 300
    assert len(storage.repositories.ltv.find_customers(limit=1000)) == 600
