"""The scheduled run, on storage in memory."""

import json
import math
import threading
from array import array
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.cdnow import amounts_by_day
from succotash.application.scoring.churn_scoring import (
    ChurnScoring,
    IncompleteRunError,
    ScoringReport,
)
from succotash.application.scoring.ledgers import Columns
from succotash.application.scoring.plan import Plan, make_plan
from succotash.application.scoring.settings import ScoringSettings
from succotash.application.scoring.valuation import Valued, risk_basis
from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.churn import SilenceModel, Source, Weights
from succotash.domain.models.selection import Candidate
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import INITIAL_RUN, EngagementSegment, RiskLevel
from succotash.domain.value.ledgers import Histories
from succotash.domain.value.ltv import LTVSegment
from succotash.domain.values import (
    AMOUNT_LIMIT,
    LARGEST_UNITS,
    MONEY_UNIT,
    Currency,
    CustomerId,
    Json,
    Money,
    RunId,
    SegmentId,
)
from succotash.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    RunInProgressError,
    SettingsError,
)
from succotash.infrastructure.in_memory.retention import InMemoryRetentionRepository
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from succotash.observation import Metric, observed
from tests.builders import NOON, a_run, an_event, an_order, at, usd

USD = Currency("USD")
CALIBRATION_END = datetime(1997, 9, 30, tzinfo=UTC)
HOLDOUT_DAYS = 273


@pytest.fixture
def storage() -> InMemoryStorage:
    return InMemoryStorage()


@pytest.fixture
def repositories(storage: InMemoryStorage) -> Repositories:
    return storage.repositories


def run(storage: InMemoryStorage, as_of: str, **settings: float) -> ScoringReport:
    given = ScoringSettings(
        currency=USD,
        value_horizon_days=int(settings.get("value_horizon_days", 365)),
        churn_horizon_days=int(settings.get("churn_horizon_days", 90)),
        discount_rate=settings.get("discount_rate", 0.10),
        margin=settings.get("margin", 1.0),
    )
    return ChurnScoring(storage, given).run(at(as_of))


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


def record_cdnow(repositories: Repositories) -> None:
    repositories.ltv.record_orders(
        [
            an_order(
                f"{customer}-{day}",
                customer_id=customer,
                ordered_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
                amount=f"{amount:.2f}",
            )
            for customer, days in amounts_by_day().items()
            for day, amount in days.items()
        ]
    )


class TestOnCdnow:
    """Fader, Hardie & Lee (2005); figures in weeks there, in days here."""

    @pytest.fixture
    def storage(self) -> InMemoryStorage:
        storage = InMemoryStorage()
        record_cdnow(storage.repositories)
        return storage

    def test_a_run_at_the_end_of_calibration_finds_the_published_parameters(
        self, storage: InMemoryStorage
    ) -> None:
        models = run(storage, "1997-09-30T00:00:00Z")["models"]
        purchases, spend = models["purchases"], models["spend"]
        assert isinstance(purchases, dict)
        assert isinstance(spend, dict)
        found, money = purchases["parameters"], spend["parameters"]
        assert isinstance(found, dict)
        assert isinstance(money, dict)
        rounded = {name: round(float(str(value)), 3) for name, value in found.items()}
        assert rounded | {"alpha": round(float(str(found["alpha"])) / 7, 3)} == {
            "r": 0.243,
            "alpha": 4.414,
            "a": 0.793,
            "b": 2.426,
        }
        assert {name: round(float(str(value)), 2) for name, value in money.items()} == {
            "p": 6.25,
            "q": 3.74,
            "v": 15.44,
        }

    def test_later_facts_change_nothing(self, storage: InMemoryStorage) -> None:
        before = run(storage, "1997-09-30T00:00:00Z")
        without = InMemoryStorage()
        for customer, days in amounts_by_day().items():
            without.repositories.ltv.record_orders(
                [
                    an_order(
                        f"{customer}-{day}",
                        customer_id=customer,
                        ordered_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
                        amount=f"{amount:.2f}",
                    )
                    for day, amount in days.items()
                    if day <= CALIBRATION_END.date()
                ]
            )
        assert run(without, "1997-09-30T00:00:00Z") == before
        everybody = storage.repositories.ltv.find_customers(limit=5000)
        assert everybody == without.repositories.ltv.find_customers(limit=5000)

    def test_what_customers_brought_lay_within_their_intervals_as_often_as_those_say(
        self, storage: InMemoryStorage
    ) -> None:
        """The 39 weeks after the calibration: the level is 80%, and many intervals begin at 0."""
        run(storage, "1997-09-30T23:59:59Z", value_horizon_days=HOLDOUT_DAYS, discount_rate=0.0)
        brought = {
            customer: sum(each for day, each in days.items() if day > CALIBRATION_END.date())
            for customer, days in amounts_by_day().items()
        }
        inside, wide = 0, 0
        for value in storage.repositories.ltv.find_customers(limit=5000):
            low, high = value.residual_low, value.residual_high
            assert low is not None
            assert high is not None
            assert low.amount <= high.amount
            came = Decimal(f"{brought[value.customer_id]:.2f}")
            inside += low.amount <= came <= high.amount
            wide += high.amount > 0
        assert 0.8 <= inside / 2357 <= 0.9
        assert wide > 1000

    def test_every_customer_has_a_value_and_a_risk(self, storage: InMemoryStorage) -> None:
        report = run(storage, "1998-07-01T00:00:00Z")
        assert report["customers"] == 2357
        assert len(storage.repositories.ltv.find_customers(limit=5000)) == 2357
        found = storage.repositories.retention.get_retention_analytics()
        assert sum(found.by_risk_level.values()) == 2357
        share = found.by_risk_level[RiskLevel.HIGH] / 2357
        assert 0.05 < share < 0.25

    def test_the_backtest_beats_the_base_rate(self, storage: InMemoryStorage) -> None:
        backtest = run(storage, "1998-07-01T00:00:00Z")["backtest"]
        assert backtest["cut"] == "1998-04-02T00:00:00+00:00"
        presence = backtest["presence"]
        assert isinstance(presence, dict)
        assert float(str(presence["brier_skill"])) > 0.2
        assert float(str(presence["auc"])) > 0.8

    def test_every_candidates_numbers_and_the_winners_errors_are_kept(
        self, storage: InMemoryStorage
    ) -> None:
        report = run(storage, "1998-07-01T00:00:00Z")
        judged, chosen = report["backtest"]["purchases"], report["models"]["purchases"]
        assert isinstance(judged, dict)
        assert isinstance(chosen, dict)
        candidates = judged["candidates"]
        assert isinstance(candidates, list)
        names = [each["model"] for each in candidates if isinstance(each, dict)]
        assert sorted(str(name) for name in names) == ["BG/NBD", "MBG/NBD"]
        assert chosen["name"] == judged["model"] == names[0]
        assert "held out" in str(chosen["reason"])
        errors = chosen["standard_errors"]
        assert isinstance(errors, dict)
        assert all(0 < float(str(error)) < math.inf for error in errors.values())
        assert chosen["imprecise_because"] is None

    def test_which_models_compete_is_a_setting(self, storage: InMemoryStorage) -> None:
        settings = ScoringSettings(currency=USD, purchase_models=[Candidate.PARETO_NBD])
        models = ChurnScoring(storage, settings).run(at("1998-07-01T00:00:00Z"))["models"]
        purchases = models["purchases"]
        assert isinstance(purchases, dict)
        assert purchases["name"] == "Pareto/NBD"

    def test_segments_hold_the_shares_their_quantiles_say(self, storage: InMemoryStorage) -> None:
        run(storage, "1998-07-01T00:00:00Z")
        segments = storage.repositories.ltv.get_all_ltv_segments()
        shares = {each.segment_id: each.result.customers / 2357 for each in segments if each.result}
        assert shares == pytest.approx(
            {"low_value": 0.5, "medium_value": 0.3, "high_value": 0.15, "vip": 0.05}, abs=0.001
        )


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


class TestCurrency:
    def test_a_ledger_in_another_currency_is_not_scored(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        moment = at("2025-11-01T00:00:00Z")
        repositories.ltv.record_orders(
            [
                an_order("o1", ordered_at=moment),
                an_order("o2", ordered_at=moment, currency="JPY"),
            ]
        )
        with pytest.raises(SettingsError, match=r"CURRENCY is USD, .* holds orders in JPY"):
            run(storage, "2026-01-01T03:00:00Z")
        assert repositories.retention.get_scoring_runs() == []
        assert run(storage, "2025-01-01T03:00:00Z")["customers"] == 0, "before both"

    def test_a_bound_in_another_currency_is_not_taken_for_ours(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        yen = Money(Decimal(100), Currency("JPY"))
        repositories.ltv.save_ltv_segment(LTVSegment(SegmentId("rich"), "Rich", lower_bound=yen))
        with pytest.raises(SettingsError, match="the segment rich has its bound in JPY"):
            run(storage, "2026-01-01T03:00:00Z")


class TestPredictions:
    def test_somebody_active_who_never_bought_has_a_risk_and_no_value(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.retention.record_activity(
            [an_event("e1", customer_id="visitor", occurred_at=at("2025-12-30T12:00:00Z"))]
        )
        run(storage, "2026-01-01T03:00:00Z")
        prediction = repositories.retention.get_churn_prediction(CustomerId("visitor"))
        assert prediction.reasons[0] == "seen on one day only, 2 days ago"
        profile = repositories.retention.get_user_engagement_profile(CustomerId("visitor"))
        assert profile.segment is EngagementSegment.NEW_USERS
        with pytest.raises(NotFoundError):
            repositories.ltv.get_customer_ltv(CustomerId("visitor"))

    def test_activity_after_the_last_purchase_lowers_the_risk(self) -> None:
        def probability(*, returns: bool) -> float:
            storage = InMemoryStorage()
            repositories = storage.repositories
            record_cdnow(repositories)
            if returns:
                repositories.retention.record_activity(
                    [an_event("e1", customer_id="0001", occurred_at=at("1998-06-29T12:00:00Z"))]
                )
            run(storage, "1998-07-01T00:00:00Z")
            found = repositories.retention.get_churn_prediction(CustomerId("0001"))
            return found.churn_probability

        assert probability(returns=True) < probability(returns=False)

    def test_reasons_name_the_silence_and_the_usual_gap(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders(
            [
                an_order(f"o{step}", customer_id="regular", ordered_at=moment)
                for step, moment in enumerate(
                    at("2025-09-01T10:00:00Z") + timedelta(days=9 * step) for step in range(9)
                )
            ]
        )
        run(storage, "2025-12-27T03:00:00Z")
        prediction = repositories.retention.get_churn_prediction(CustomerId("regular"))
        assert prediction.reasons[0] == "silent for 45 days; usual gap 9"
        assert prediction.last_seen_on.isoformat() == "2025-11-12"


class TestValues:
    def test_margin_scales_what_was_spent(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders(
            [an_order(ordered_at=at("2025-11-01T00:00:00Z"), amount="80.00")]
        )
        run(storage, "2026-01-01T03:00:00Z", margin=0.25)
        [value] = repositories.ltv.find_customers()
        assert value.actual_clv == usd("20.00")
        assert value.average_order_value == usd("80.00")

    def test_a_wholly_refunded_customer_has_no_value(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders(
            [
                an_order("o1", ordered_at=at("2025-11-01T00:00:00Z"), amount="80.00"),
                an_order(
                    "r1",
                    ordered_at=at("2025-11-02T00:00:00Z"),
                    amount="-80.00",
                    refund_of="o1",
                ),
            ]
        )
        run(storage, "2026-01-01T03:00:00Z")
        assert repositories.ltv.find_customers() == []

    def test_of_equal_bounds_the_higher_quantile_wins(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.save_ltv_segment(
            LTVSegment(SegmentId("best"), "Best", lower_quantile=0.99)
        )
        repositories.ltv.record_orders(
            [an_order("o1", customer_id=f"like-{number}") for number in range(20)]
        )
        run(storage, "2026-07-01T03:00:00Z")
        assert {each.segment_id for each in repositories.ltv.find_customers()} == {"best"}

    def test_a_bound_in_money_decides_who_belongs(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.save_ltv_segment(
            LTVSegment(SegmentId("whale"), "Whale", lower_bound=usd("100000"))
        )
        repositories.ltv.record_orders(
            [
                an_order("o1", customer_id="great", amount="200000"),
                *(an_order("o1", customer_id=f"small-{number}") for number in range(50)),
            ]
        )
        run(storage, "2026-07-01T03:00:00Z")
        found = repositories.ltv.find_customers()
        segments = {str(value.customer_id): value.segment_id for value in found}
        assert segments.pop("great") == "whale"
        assert "whale" not in segments.values()


def recorded(count: int = 60) -> InMemoryStorage:
    """Customers of whom some come back, over half a year."""
    storage = InMemoryStorage()
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

    def test_a_shard_has_one_session(
        self, scoring: ChurnScoring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asking = set[int]()
        for name in ("build_retention_grids", "build_lifecycle_counts", "activity_summaries"):
            method = getattr(InMemoryRetentionRepository, name)

            def spy(*args: object, method: Callable[..., object] = method, **kw: object) -> object:
                asking.add(threading.get_ident())
                return method(*args, **kw)

            monkeypatch.setattr(InMemoryRetentionRepository, name, spy)
        run_id = scoring.plan(self.AS_OF)["run_id"]
        asking.clear()

        scoring.score(run_id, 3)

        assert asking == {threading.get_ident()}

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
            return [replace(each, residual_low=None, residual_high=None) for each in found]

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
        with ThreadPoolExecutor(1) as executor:
            plan = make_plan(
                storage.repositories, executor, ScoringSettings(currency=USD), self.AS_OF
            ).plan
        kept = json.loads(json.dumps(plan.to_dict(), allow_nan=False))

        assert Plan.of_dict(kept).to_dict() == plan.to_dict()

    def test_a_plan_nobody_made_is_none(self) -> None:
        with pytest.raises(TypeError):
            Plan.of_dict({})


def test_an_instant_still_to_come_is_refused_and_opens_no_run(storage: InMemoryStorage) -> None:
    scoring = ChurnScoring(storage, ScoringSettings(currency=USD), clock=lambda: NOON)

    for begin in (scoring.run, scoring.plan):
        with pytest.raises(InvalidInputError, match="still to come"):
            begin(NOON + timedelta(minutes=6))
    assert storage.repositories.retention.get_scoring_runs() == []
    assert scoring.plan(NOON + timedelta(minutes=4))["state"] == "running"


@pytest.mark.parametrize("source", [Source.PURCHASES, Source.BOTH])
def test_the_churn_probability_is_that_of_the_source_that_was_chosen(source: Source) -> None:
    columns = ([0, 0], [9, 1], [80, 20], [90, 90], [0, 0])
    bought = Histories(["a", "c"], *(array("q", each) for each in columns))
    present = replace(bought, customer_ids=["b", "c"])
    presence, purchases = BGNBD(0.5, 10.0, 0.8, 2.5), BGNBD(0.9, 8.0, 0.6, 3.0)
    weights = Weights((0.5, 0.4, 0.3), (1.0, 0.2, 0.0))
    silence = SilenceModel(source, "", weights)

    found = risk_basis(silence, purchases, presence, bought, present, 30)

    seen, known = Columns.of(present), Columns.of(bought)
    own = presence.probability_silent(seen.frequency, seen.recency, seen.age, 30)
    other = purchases.probability_silent(known.frequency, known.recency, known.age, 30)
    beside = np.array([np.nan, other[1]])
    assert found.probability_silent.tolist() == silence.probability(own, beside).tolist()
    alive = presence.probability_alive(seen.frequency, seen.recency, seen.age)
    assert found.probability_alive.tolist() == alive.tolist()


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


def test_many_customers_are_planned_on_a_sample_and_scored_by_shards() -> None:
    storage = recorded(600)
    settings = ScoringSettings(currency=USD, whole_limit=100, sample_customers=150)

    report = ChurnScoring(storage, settings).run(at("2024-06-30T00:00:00Z"))

    assert report["customers"] == 600
    sampled = report["models"]["fitted_to_customers"]
    assert isinstance(sampled, int)
    assert 150 <= sampled < 300
    assert len(storage.repositories.ltv.find_customers(limit=1000)) == 600


def test_the_largest_totals_are_valued_and_still_larger_ones_left_out(
    storage: InMemoryStorage, repositories: Repositories
) -> None:
    largest = AMOUNT_LIMIT - MONEY_UNIT
    first = at("2024-01-01T00:00:00Z")
    orders = [
        an_order(
            str(number),
            customer_id="whale",
            ordered_at=first + timedelta(hours=6 * number),
            amount=largest,
        )
        for number in range(923)
    ]
    repositories.ltv.record_orders(orders[:922])
    repositories.ltv.record_orders(
        [
            an_order(f"{customer}-{day}", customer_id=str(customer), ordered_at=first + each)
            for customer in range(30)
            for day in range(customer % 4)
            for each in [timedelta(days=3 * day * customer + customer)]
        ]
    )
    run(storage, "2024-09-01T00:00:00Z")
    value = repositories.ltv.get_customer_ltv(CustomerId("whale"))
    assert value.actual_clv.amount == pytest.approx(922 * largest)
    assert value.predicted_clv.amount >= value.actual_clv.amount
    repositories.ltv.record_orders(orders[922:])
    settings = ScoringSettings(currency=USD, publishes_worse=True)
    report = ChurnScoring(storage, settings).run(at("2024-09-02T00:00:00Z"))
    assert [each["code"] for each in report["warnings"]] == ["customers_left_out"]
    assert len(repositories.ltv.find_customers()) == 22


amounts = st.integers(-LARGEST_UNITS, LARGEST_UNITS)
residuals = st.floats(0, 1e300)


@given(st.lists(st.tuples(amounts, residuals), min_size=1, max_size=20))
def test_no_value_wraps_around_whatever_its_parts(rows: list[tuple[int, float]]) -> None:
    actual = np.array([each for each, _ in rows], np.int64)

    worth = Valued(np.array([each for _, each in rows]), actual)

    for brought, residual, predicted in zip(
        actual.tolist(), worth.residual_units.tolist(), worth.predicted.tolist(), strict=True
    ):
        assert residual >= 0
        assert predicted == brought + residual
        assert abs(predicted) <= LARGEST_UNITS


class TestGivenBackBeyondOrders:
    """What refunds exceed their orders by lowers values, and makes nobody a buyer."""

    FIRST = at("2024-01-01T00:00:00Z")

    def record(self, repositories: Repositories, customer: str, *given_back: str) -> None:
        """Two purchases of 10, and a third of 10 that is refunded."""
        orders = [
            an_order(str(day), customer_id=customer, ordered_at=self.FIRST + timedelta(day))
            for day in (0, 5, 9)
        ]
        refunds = [
            an_order(
                f"refund-{amount}",
                customer_id=customer,
                ordered_at=self.FIRST + timedelta(20),
                amount=amount,
                refund_of="9",
            )
            for amount in given_back
        ]
        repositories.ltv.record_orders([*orders, *refunds])

    def test_a_value_falls_by_it_and_may_be_below_nothing(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        self.record(repositories, "whole", "-10")
        self.record(repositories, "more", "-7", "-8")
        self.record(repositories, "most", "-100")

        report = run(storage, "2024-03-01T00:00:00Z", margin=0.5)

        values = {each.customer_id: each for each in repositories.ltv.find_customers()}
        assert {each: value.actual_clv for each, value in values.items()} == {
            "whole": usd("10"),
            "more": usd("7.5"),
            "most": usd("-35"),
        }
        # The third order is no purchase, and what a purchase brings is not what was given back.
        assert {value.order_count for value in values.values()} == {2}
        assert {value.average_order_value for value in values.values()} == {usd("10")}
        assert {value.frequency for value in values.values()} == {1}
        assert len({value.residual_value for value in values.values()}) == 1
        [warning] = report["warnings"]
        assert (warning["code"], warning["count"]) == ("over_refunded_orders", 2)
        assert warning["total"] == Decimal(-95)

    def test_segments_hold_their_shares_where_most_are_worth_less_than_nothing(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        for number in range(20):
            self.record(repositories, f"{number:02}", f"-{1000 - 20 * number}")
        repositories.retention.record_activity([an_event(customer_id="visitor")])

        run(storage, "2024-06-01T00:00:00Z")

        segments = repositories.ltv.get_all_ltv_segments()
        bounds = [each.result.lower_bound.amount for each in segments if each.result]
        assert bounds == sorted(bounds)
        assert bounds[-1] < 0
        counts = [each.result.customers for each in segments if each.result]
        assert counts == [9, 6, 3, 2]
        visitor = repositories.retention.get_user_engagement_profile(CustomerId("visitor"))
        assert visitor.segment is not EngagementSegment.HIGH_VALUE

    def test_a_customer_without_any_purchase_has_no_value_but_is_warned_of(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders(
            [
                an_order("1", ordered_at=self.FIRST),
                an_order("2", ordered_at=self.FIRST, amount="-25", refund_of="1"),
                an_order("3", ordered_at=self.FIRST, amount="-4.5", refund_of="never came"),
                an_order("4", ordered_at=self.FIRST, amount="-1", refund_of="2"),
            ]
        )

        report = run(storage, "2024-06-01T00:00:00Z")

        assert repositories.ltv.find_customers() == []
        told = [(each["code"], each["count"], each.get("total")) for each in report["warnings"]]
        assert told == [
            ("unmatched_refunds", 2, Decimal("-5.5")),
            ("over_refunded_orders", 1, Decimal(-15)),
        ]
