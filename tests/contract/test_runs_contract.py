"""What every storage does with a run that is scored shard by shard."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import (
    INITIAL_RUN,
    GridCell,
    GridMode,
    GridPeriod,
    RetentionAnalytics,
    RiskLevel,
    RunState,
    ScoringRun,
)
from succotash.domain.value.ledgers import Order
from succotash.domain.values import SHARDS, CustomerId, Json, RunId, Shard
from succotash.errors import NotFoundError, RunInProgressError
from tests.builders import NOON, a_prediction, a_run, a_value, days, usd
from tests.contract.conftest import NewStorage
from tests.contract.on_paper import purchases_on_paper
from tests.contract.shards import every_shard
from tests.strategies import MODEST, instants, ledgers, zones

FIRST, FOURTH = Shard(0, SHARDS), Shard(3, SHARDS)


class TestShardsOfARun:
    def test_a_run_opened_anew_has_no_shard_scored(self, retention: RetentionRepository) -> None:
        run = a_run()
        retention.open_scoring_run(run)
        assert retention.get_scored_shards(run.run_id) == {}
        retention.mark_shard_scored(run.run_id, FOURTH, 7)
        retention.mark_shard_scored(run.run_id, FIRST, 0)
        retention.mark_shard_scored(run.run_id, FOURTH, 8)
        assert retention.get_scored_shards(run.run_id) == {0: 0, 3: 8}

        retention.open_scoring_run(run)

        assert retention.get_scored_shards(run.run_id) == {}

    def test_shards_of_an_unknown_run_are_not_marked(self, retention: RetentionRepository) -> None:
        with pytest.raises(NotFoundError):
            retention.mark_shard_scored(RunId("unknown"), FIRST, 1)
        assert retention.get_scored_shards(RunId("unknown")) == {}

    def test_parts_need_the_run_they_name(self, repositories: Repositories) -> None:
        unknown = RunId("unknown")
        with pytest.raises(NotFoundError):
            repositories.retention.build_retention_grids(unknown, NOON, "UTC", shard=FIRST)
        with pytest.raises(NotFoundError):
            repositories.ltv.build_cohorts(unknown, NOON, "UTC", shard=FIRST)
        with pytest.raises(NotFoundError):
            repositories.retention.merge_retention_grids(unknown, NOON, "UTC")

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
        whole, parts = a_run(as_of), a_run(as_of + days(1))
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
            if run is whole:
                repositories.retention.build_retention_grids(run.run_id, as_of, zone)
                repositories.ltv.build_rollups(run.run_id, as_of, zone)
            else:
                for _ in range(2):  # doing it again changes nothing
                    for shard in every_shard():
                        repositories.retention.build_retention_grids(
                            run.run_id, as_of, zone, shard=shard
                        )
                        repositories.ltv.build_cohorts(run.run_id, as_of, zone, shard=shard)
                repositories.retention.merge_retention_grids(run.run_id, as_of, zone)
                repositories.ltv.build_rollups(run.run_id, as_of, zone, merged=True)
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
            a_prediction("a", risk=RiskLevel.HIGH, probability=0.1 + 0.2, run_id=run.run_id)
        )
        repositories.ltv.save_customer_ltv(a_value("a", residual="100.0001", run_id=run.run_id))
        found = retention.get_retention_analytics(run.run_id)
        assert (found.run_id, found.customers) == (run.run_id, 1)
        assert retention.get_retention_analytics().customers == 0, "readers see the current run"

        retention.finish_scoring_run(run.run_id, 1, summary=found.to_dict())

        kept = retention.get_current_scoring_run()
        assert RetentionAnalytics.of_dict(kept.run_id, kept.summary) == found
        assert found.value_at_risk == usd("100.0001")
