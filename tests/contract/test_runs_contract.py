"""What every storage does with a run that is scored shard by shard."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import (
    INITIAL_RUN,
    EngagementSegment,
    GridCell,
    GridMode,
    GridPeriod,
    RetentionAnalytics,
    RiskLevel,
    RunState,
    ScoringRun,
    run_id_of,
)
from succotash.domain.value.ledgers import (
    Order,
)
from succotash.domain.values import (
    SHARDS,
    CustomerId,
    Json,
    RunId,
    Shard,
)
from succotash.errors import NotFoundError, RunInProgressError
from tests.builders import (
    NOON,
    a_prediction,
    a_profile,
    a_run,
    a_value,
    at,
    days,
    minutes,
    usd,
)
from tests.contract.conftest import NewStorage
from tests.contract.on_paper import purchases_on_paper
from tests.contract.shards import every_shard
from tests.strategies import MODEST, instants, ledgers, zones

FIRST, FOURTH = Shard(0, SHARDS), Shard(3, SHARDS)


def finished(retention: RetentionRepository, run: ScoringRun) -> RunId:
    """The id of a run that was opened and finished."""
    retention.open_scoring_run(run)
    retention.finish_scoring_run(run.run_id, 0)
    return run.run_id


class TestScoringRuns:
    def test_the_initial_run_is_current_from_the_start(
        self, retention: RetentionRepository
    ) -> None:
        initial = retention.get_current_scoring_run()
        assert initial == ScoringRun(
            INITIAL_RUN, at("1970-01-01T00:00"), RunState.CURRENT, {}, {}, {}, 0
        )
        assert retention.get_scoring_run(INITIAL_RUN) == initial
        assert retention.get_scoring_runs() == []

    def test_an_unknown_run_is_not_found(self, retention: RetentionRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            retention.get_scoring_run(RunId("nowhere"))
        assert caught.value.kind == "scoring run"

    def test_a_run_is_running_until_it_is_finished(self, retention: RetentionRepository) -> None:
        run = replace(
            a_run(
                at("2024-05-06T00:00:00.000001"),
                settings={"horizon_days": 90, "discount_rate": 0.1, "zone": "Europe/Berlin"},
                models={"purchases": {"name": "BG/NBD", "parameters": [0.243, 4.414]}},
                backtest={"brier": None, "deciles": [{"mean": 0.1 + 0.2}]},
            ),
            state=RunState.CURRENT,
        )
        retention.open_scoring_run(run)
        assert retention.get_scoring_run(run.run_id) == replace(run, state=RunState.RUNNING)
        assert retention.get_current_scoring_run().run_id == INITIAL_RUN
        retention.finish_scoring_run(run.run_id, 2357)
        current = retention.get_current_scoring_run()
        assert current == replace(run, state=RunState.CURRENT, customers=2357)
        assert retention.get_scoring_run(INITIAL_RUN).state is RunState.SUPERSEDED

    def test_runs_are_listed_latest_first_without_the_initial_one(
        self, retention: RetentionRepository
    ) -> None:
        moments = [NOON, NOON + days(1), NOON + days(2)]
        for moment in moments:
            finished(retention, a_run(moment))
        runs = retention.get_scoring_runs()
        assert [run.as_of for run in runs] == moments[::-1]
        assert [run.state for run in runs] == [
            RunState.CURRENT,
            RunState.SUPERSEDED,
            RunState.SUPERSEDED,
        ]
        assert [run.as_of for run in retention.get_scoring_runs(limit=2)] == moments[:0:-1]

    def test_a_running_run_may_begin_again_with_new_models(
        self, retention: RetentionRepository
    ) -> None:
        retention.open_scoring_run(a_run(models={"old": 1}))
        retention.open_scoring_run(a_run(models={"new": 2}))
        run = retention.get_scoring_run(a_run().run_id)
        assert (run.models, run.state) == ({"new": 2}, RunState.RUNNING)
        assert len(retention.get_scoring_runs()) == 1

    def test_a_finished_run_does_not_begin_again(self, retention: RetentionRepository) -> None:
        first, second = a_run(NOON), a_run(NOON + days(1))
        finished(retention, first)
        with pytest.raises(RunInProgressError):
            retention.open_scoring_run(first)
        finished(retention, second)
        for run in (first, second, replace(first, run_id=INITIAL_RUN)):
            with pytest.raises(RunInProgressError):
                retention.open_scoring_run(run)
        assert retention.get_current_scoring_run().run_id == second.run_id
        assert retention.get_scoring_run(first.run_id).state is RunState.SUPERSEDED

    def test_a_run_is_declined_while_another_is_running_that_is_not_much_older(
        self, retention: RetentionRepository
    ) -> None:
        retention.open_scoring_run(a_run(NOON))
        for other in (
            a_run(NOON - days(1)),
            a_run(NOON, run_id="same time"),
            a_run(NOON + minutes(59)),
        ):
            with pytest.raises(RunInProgressError):
                retention.open_scoring_run(other)
            with pytest.raises(NotFoundError):
                retention.get_scoring_run(other.run_id)

    def test_an_older_running_run_is_given_up_with_its_rows(
        self, repositories: Repositories
    ) -> None:
        retention = repositories.retention
        older, newer = a_run(NOON), a_run(NOON + minutes(60))
        retention.open_scoring_run(older)
        retention.save_churn_prediction(a_prediction(run_id=older.run_id))
        repositories.ltv.save_customer_ltv(a_value(run_id=older.run_id))
        retention.open_scoring_run(newer)
        with pytest.raises(NotFoundError):
            retention.finish_scoring_run(older.run_id, 1)
        retention.finish_scoring_run(newer.run_id, 0)
        running = [run for run in retention.get_scoring_runs() if run.state is RunState.RUNNING]
        assert running == []
        gone = retention.forget_activity([CustomerId("customer")])
        assert gone.get("churn_predictions", 0) == 0, "its rows went when it was given up"

    def test_only_a_running_run_is_finished(self, retention: RetentionRepository) -> None:
        run_id = finished(retention, a_run())
        for each in (RunId("nowhere"), INITIAL_RUN, run_id):
            with pytest.raises(NotFoundError) as caught:
                retention.finish_scoring_run(each, 0)
            assert caught.value.kind == "scoring run"
        assert retention.get_current_scoring_run().run_id == run_id

    def test_a_run_older_than_the_current_one_does_not_replace_it(
        self, retention: RetentionRepository
    ) -> None:
        older, newer = a_run(NOON), a_run(NOON + days(1))
        finished(retention, newer)
        retention.open_scoring_run(older)
        with pytest.raises(RunInProgressError):
            retention.finish_scoring_run(older.run_id, 0)
        assert retention.get_current_scoring_run().run_id == newer.run_id

    def test_readers_see_all_of_a_run_or_none_of_it(self, repositories: Repositories) -> None:
        ltv, retention = repositories.ltv, repositories.retention
        first, second = a_run(NOON), a_run(NOON + days(1))

        def save(run: ScoringRun, *customers: str) -> None:
            retention.open_scoring_run(run)
            for each in customers:
                ltv.save_customer_ltv(a_value(each, run_id=run.run_id))
                retention.save_churn_prediction(
                    a_prediction(each, risk=RiskLevel.HIGH, run_id=run.run_id)
                )
                retention.save_user_engagement_profile(a_profile(each, run_id=run.run_id))

        def seen() -> list[set[str]]:
            return [
                {value.customer_id for value in ltv.find_customers()},
                {each.customer_id for each in retention.find_churn_predictions()},
                {each.customer_id for each in retention.get_high_risk_customers()},
                {
                    each.customer_id
                    for each in retention.get_users_by_segment(EngagementSegment.ACTIVE_USERS)
                },
            ]

        save(first, "a", "b")
        assert seen() == [set()] * 4
        retention.finish_scoring_run(first.run_id, 2)
        assert seen() == [{"a", "b"}] * 4
        save(second, "b", "c")
        assert seen() == [{"a", "b"}] * 4
        assert retention.get_retention_analytics().run_id == first.run_id
        with pytest.raises(NotFoundError):
            retention.get_churn_prediction(CustomerId("c"))
        retention.finish_scoring_run(second.run_id, 2)
        assert seen() == [{"b", "c"}] * 4
        for get in (
            ltv.get_customer_ltv,
            retention.get_churn_prediction,
            retention.get_user_engagement_profile,
        ):
            with pytest.raises(NotFoundError):
                get(CustomerId("a"))

    @pytest.mark.parametrize(("keep", "left"), [(0, 1), (1, 2), (2, 3), (9, 4)])
    def test_rows_of_the_latest_superseded_runs_are_kept(
        self, retention: RetentionRepository, keep: int, left: int
    ) -> None:
        moments = [NOON + days(day) for day in range(4)]
        for moment in moments:
            run = a_run(moment)
            retention.open_scoring_run(run)
            retention.save_churn_prediction(a_prediction(run_id=run.run_id))
            retention.finish_scoring_run(run.run_id, 1, keep=keep)
        assert len(retention.get_scoring_runs()) == 4, "the runs themselves stay"
        assert retention.forget_activity([CustomerId("customer")])["churn_predictions"] == left


class TestShardsOfARun:
    def test_a_run_opened_anew_has_no_shard_scored(self, retention: RetentionRepository) -> None:
        run = a_run()
        retention.open_scoring_run(run)
        assert retention.get_scored_shards(run.run_id) == {}
        retention.finish_shard(run, FOURTH, 7)
        retention.finish_shard(run, FIRST, 0)
        retention.finish_shard(run, FOURTH, 8)
        assert retention.get_scored_shards(run.run_id) == {0: 0, 3: 8}

        retention.open_scoring_run(run)

        assert retention.get_scored_shards(run.run_id) == {}

    def test_no_shard_of_an_unknown_run_is_finished(self, retention: RetentionRepository) -> None:
        with pytest.raises(NotFoundError):
            retention.finish_shard(a_run(run_id="unknown"), FIRST, 1)
        assert retention.get_scored_shards(RunId("unknown")) == {}

    def test_what_is_counted_needs_the_run_it_names(self, repositories: Repositories) -> None:
        unknown = RunId("unknown")
        with pytest.raises(NotFoundError):
            repositories.retention.build_retention_grids(unknown, NOON, "UTC")
        with pytest.raises(NotFoundError):
            repositories.ltv.build_rollups(unknown, NOON, "UTC")

    def test_a_plan_comes_back_as_it_was_kept(self, retention: RetentionRepository) -> None:
        plan: dict[str, Json] = {
            "cuts": [0.1 + 0.2, 1e-17],
            "name": "MBG/NBD",
            "none": None,
            "units": 2**53,
        }
        run = a_run()
        kept = ScoringRun(run.run_id, run.as_of, run.state, {}, {}, {}, plan=plan)
        retention.open_scoring_run(kept)
        assert retention.get_scoring_run(run.run_id).plan == plan


class TestWithheldRuns:
    def test_readers_stay_with_the_run_before_and_another_may_begin(
        self, retention: RetentionRepository
    ) -> None:
        run, later = a_run(), a_run(NOON + days(1))
        retention.open_scoring_run(run)

        retention.withhold_scoring_run(run.run_id)

        assert retention.get_current_scoring_run().run_id == INITIAL_RUN
        assert retention.get_scoring_run(run.run_id).state is RunState.WITHHELD
        assert [each.run_id for each in retention.get_scoring_runs()] == [run.run_id]
        retention.open_scoring_run(later)

    def test_only_a_running_run_is_withheld(self, retention: RetentionRepository) -> None:
        run = a_run()
        retention.open_scoring_run(run)
        retention.finish_scoring_run(run.run_id, 0)
        for each in (run.run_id, RunId("unknown")):
            with pytest.raises(NotFoundError):
                retention.withhold_scoring_run(each)

    def test_a_withheld_run_does_not_begin_again(self, retention: RetentionRepository) -> None:
        run = a_run()
        retention.open_scoring_run(run)
        retention.withhold_scoring_run(run.run_id)
        with pytest.raises(RunInProgressError):
            retention.open_scoring_run(run)
        with pytest.raises(NotFoundError):
            retention.finish_scoring_run(run.run_id, 0)


def all_grids(retention: RetentionRepository) -> dict[tuple[GridPeriod, GridMode], list[GridCell]]:
    return {
        (period, mode): retention.get_retention_grid(period, mode)
        for period in GridPeriod
        for mode in GridMode
    }


class TestParts:
    @MODEST
    @given(orders=ledgers(), as_of=instants, zone=zones)
    def test_what_shards_counted_adds_up_to_what_is_counted_at_once(
        self, new_storage: NewStorage, orders: Sequence[Order], as_of: datetime, zone: str
    ) -> None:
        repositories = new_storage().repositories
        repositories.ltv.record_orders(orders)
        settings = {"time_zone": zone}
        whole, parts = a_run(as_of), a_run(as_of, run_id="by shard", settings=settings)
        found = []
        for run in (whole, parts):
            repositories.retention.open_scoring_run(run)
            for customer in {order.customer_id for order in orders}:
                own = [order for order in orders if order.customer_id == customer]
                if bought := purchases_on_paper(own, as_of):
                    repositories.ltv.save_customer_ltv(
                        a_value(
                            CustomerId(customer),
                            cohort=f"{bought[0][0].astimezone(ZoneInfo(zone)):%Y-%m}",
                            first_purchase_at=bought[0][0],
                            run_id=run.run_id,
                        )
                    )
            if run is parts:
                for shard in (*every_shard(), *every_shard()):  # again changes nothing
                    repositories.retention.finish_shard(run, shard, 0)
            for _ in range(2):
                repositories.retention.build_retention_grids(run.run_id, as_of, zone)
                repositories.ltv.build_rollups(run.run_id, as_of, zone)
            repositories.retention.finish_scoring_run(run.run_id, 0)
            cohorts = [
                (each.cohort_id, each.customers, each.revenue, each.average_ltv, each.periods)
                for each in repositories.ltv.get_all_cohorts()
            ]
            analytics = repositories.ltv.get_ltv_analytics()
            found.append((all_grids(repositories.retention), cohorts, analytics.total))

        assert found[1] == found[0]


class TestSummaries:
    def test_where_customers_stood_comes_back_as_it_was_kept(
        self, repositories: Repositories
    ) -> None:
        retention, run = repositories.retention, a_run()
        retention.open_scoring_run(run)
        retention.save_churn_prediction(
            a_prediction(
                "a",
                risk=RiskLevel.HIGH,
                probability=0.1 + 0.2,
                at_risk="100.0001",
                run_id=run.run_id,
            )
        )
        found = retention.get_retention_analytics(run.run_id)
        assert (found.run_id, found.customers) == (run.run_id, 1)
        assert retention.get_retention_analytics().customers == 0, "readers see the current run"

        retention.finish_scoring_run(run.run_id, 1, summary=found.to_dict())

        kept = retention.get_current_scoring_run()
        assert RetentionAnalytics.of_dict(kept.run_id, kept.summary) == found
        assert found.value_at_risk == usd("100.0001")


def test_a_runs_id_is_its_time() -> None:
    assert run_id_of(at("1998-07-01T00:00")) == "1998-07-01T00:00:00Z"
    assert run_id_of(at("1998-07-01T02:00:00.5+02:00")) == "1998-07-01T00:00:00.500000Z"
