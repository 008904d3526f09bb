"""What every RetentionRepository does."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.grids import GridOrigin
from succotash.domain.retention.retention import (
    BRACKETS,
    GRID_LENGTHS,
    INITIAL_RUN,
    CampaignMetrics,
    CampaignStatus,
    CampaignSummary,
    ChurnPrediction,
    EngagementSegment,
    GridCell,
    GridMode,
    GridPeriod,
    RiskLevel,
    RunState,
    ScoringRun,
    UserEngagementProfile,
    run_id_of,
)
from succotash.domain.value.ledgers import (
    ActivityEvent,
    ActivityKind,
    ActivitySummaries,
    Customer,
    Order,
    Recording,
)
from succotash.domain.values import (
    AMOUNT_LIMIT,
    MONEY_UNIT,
    SHARDS,
    CampaignId,
    Currency,
    CustomerId,
    Money,
    RunId,
    Shard,
)
from succotash.errors import NotFoundError, RunInProgressError
from tests.builders import (
    NOON,
    USD,
    a_campaign,
    a_prediction,
    a_profile,
    a_run,
    a_value,
    an_event,
    an_order,
    at,
    days,
    minutes,
    prediction_columns,
    profile_columns,
    usd,
)
from tests.contract.conftest import NewStorage
from tests.contract.on_paper import EPOCH, period_start, purchases_on_paper
from tests.contract.paging import all_pages
from tests.contract.shards import every_shard
from tests.strategies import CUSTOMERS, MODEST, activities, instants, ledgers, zones

RECORDED, UNCHANGED, CONFLICTING = Recording.RECORDED, Recording.UNCHANGED, Recording.CONFLICTING
SESSION, CLICK = ActivityKind.SESSION, ActivityKind.CLICK


def finished(retention: RetentionRepository, run: ScoringRun) -> RunId:
    """The id of a run that was opened and finished."""
    retention.open_scoring_run(run)
    retention.finish_scoring_run(run.run_id, 0)
    return run.run_id


def members_of(repositories: Repositories, shard: Shard) -> set[str]:
    """Customers of the ledger that belong to a shard."""
    found = repositories.retention.activity_summaries(NOON, "UTC", shard=shard)
    return set(found.days.customer_ids)


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


class TestActivity:
    def test_events_come_back_newest_first_then_by_id_descending(
        self, retention: RetentionRepository
    ) -> None:
        events = [
            an_event(
                "a",
                kind=SESSION,
                occurred_at=NOON + timedelta(microseconds=1),
                duration_seconds=0.1 + 0.2,
                interests=("größe", 'a,"b"', "größe", "{x}"),
                campaign_id="campaign",
            ),
            an_event("c", kind=ActivityKind.CUSTOM, name="wunsch\tliste"),
            an_event("b", kind=ActivityKind.CONVERSION),
            an_event("z", occurred_at=NOON - days(1), kind=SESSION, duration_seconds=0.0),
        ]
        assert retention.record_activity(events) == [RECORDED] * 4
        assert retention.get_activity(CustomerId("customer")) == events
        assert retention.get_activity(CustomerId("customer"), limit=2) == events[:2]
        assert retention.get_activity(CustomerId("nobody")) == []

    def test_an_instant_of_any_zone_is_kept(self, retention: RetentionRepository) -> None:
        for number, offset in enumerate((-1439, -960, 960, 1439)):
            zone = timezone(timedelta(minutes=offset))
            event = an_event(f"{number}", occurred_at=NOON.astimezone(zone))
            assert retention.record_activity([event]) == [RECORDED]
        found = retention.get_activity(CustomerId("customer"))
        assert [each.occurred_at for each in found] == [NOON] * 4
        assert all(each.occurred_at.tzinfo is UTC for each in found)

    def test_no_events_at_all_are_recorded_as_none(self, retention: RetentionRepository) -> None:
        assert retention.record_activity([]) == []

    @pytest.mark.parametrize(
        "other",
        [
            an_event(occurred_at=NOON + timedelta(microseconds=1)),
            an_event(kind=ActivityKind.CONVERSION),
            an_event(interests=("music",)),
            an_event(campaign_id="campaign"),
        ],
    )
    def test_an_event_is_recorded_once_and_its_contents_stay(
        self, retention: RetentionRepository, other: ActivityEvent
    ) -> None:
        assert retention.record_activity([an_event()]) == [RECORDED]
        elsewhere = NOON.astimezone(ZoneInfo("Asia/Kolkata"))
        assert retention.record_activity([an_event(occurred_at=elsewhere)]) == [UNCHANGED]
        outcomes = retention.record_activity([an_event("new"), other, an_event(customer_id="b")])
        assert outcomes == [RECORDED, CONFLICTING, RECORDED]
        assert an_event() in retention.get_activity(CustomerId("customer"))

    @pytest.mark.parametrize(
        ("event", "other"),
        [
            (
                an_event(kind=SESSION, duration_seconds=1.0),
                an_event(kind=SESSION, duration_seconds=None),
            ),
            (
                an_event(kind=ActivityKind.CUSTOM, name="a"),
                an_event(kind=ActivityKind.CUSTOM, name="b"),
            ),
            (an_event(interests=("a", "b")), an_event(interests=("b", "a"))),
        ],
    )
    def test_every_part_of_an_event_counts(
        self, retention: RetentionRepository, event: ActivityEvent, other: ActivityEvent
    ) -> None:
        assert retention.record_activity([event]) == [RECORDED]
        assert retention.record_activity([event]) == [UNCHANGED]
        assert retention.record_activity([other]) == [CONFLICTING]
        assert retention.get_activity(event.customer_id) == [event]

    def test_activity_and_orders_make_the_same_customer(self, repositories: Repositories) -> None:
        repositories.ltv.record_orders([an_order(email="ada@example.com")])
        repositories.retention.record_activity(
            [
                an_event("1", occurred_at=NOON - days(1)),
                an_event("2", occurred_at=NOON + days(1)),
                an_event("1", customer_id="silent", occurred_at=NOON),
            ]
        )
        customer = CustomerId("customer")
        assert repositories.ltv.get_customer(customer) == Customer(
            customer, NOON - days(1), "ada@example.com"
        )
        assert repositories.ltv.get_customer(CustomerId("silent")).first_seen_at == NOON

    def test_forgetting_deletes_activity_of_every_run_and_leaves_others(
        self, repositories: Repositories
    ) -> None:
        retention = repositories.retention
        for run in (a_run(NOON), a_run(NOON + days(1))):
            retention.open_scoring_run(run)
            for customer in ("a", "b"):
                retention.save_churn_prediction(a_prediction(customer, run_id=run.run_id))
            retention.save_user_engagement_profile(a_profile("a", run_id=run.run_id))
            retention.finish_scoring_run(run.run_id, 2)
        retention.record_activity(
            [
                an_event("1", customer_id="a"),
                an_event("2", customer_id="a"),
                an_event("3", customer_id="a"),
                an_event("1", customer_id="b"),
            ]
        )
        repositories.ltv.record_orders([an_order(customer_id="a")])
        gone = retention.forget_activity([CustomerId("a"), CustomerId("nobody")])
        assert gone["activity_events"] == 3
        assert gone["churn_predictions"] == 2
        assert gone["user_engagement_profiles"] == 2
        assert retention.get_activity(CustomerId("a")) == []
        with pytest.raises(NotFoundError):
            retention.get_churn_prediction(CustomerId("a"))
        assert len(retention.get_activity(CustomerId("b"))) == 1
        assert retention.get_churn_prediction(CustomerId("b")).customer_id == "b"
        assert len(repositories.ltv.get_orders(CustomerId("a"))) == 1
        assert sum(retention.forget_activity([]).values()) == 0


@dataclass(frozen=True)
class Summary:
    """One customer's row, as a person would count it on paper."""

    first_day: int
    frequency: int
    recency: int
    age: int
    holdout: int
    sessions: int
    clicks: int
    conversions: int
    session_seconds: float
    timed_sessions: int
    last_session_at: datetime | None
    interests: dict[str, int]


def as_rows(found: ActivitySummaries) -> dict[str, Summary]:
    columns = zip(
        found.days.customer_ids,
        found.days.first_day,
        found.days.frequency,
        found.days.recency,
        found.days.age,
        found.days.holdout,
        found.sessions,
        found.clicks,
        found.conversions,
        found.session_seconds,
        found.timed_sessions,
        (datetime.fromisoformat(each) if each else None for each in found.last_session_at),
        (dict(each) for each in found.interests),
        strict=True,
    )
    return {customer_id: Summary(*row) for customer_id, *row in columns}


def summaries_on_paper(
    orders: Sequence[Order],
    events: Sequence[ActivityEvent],
    as_of: datetime,
    time_zone: str,
    holdout_until: datetime | None,
) -> dict[str, Summary]:
    def day(moment: datetime) -> int:
        return (moment.astimezone(ZoneInfo(time_zone)).date() - EPOCH).days

    def seen(customer_id: str, until: datetime) -> list[datetime]:
        own = [order for order in orders if order.customer_id == customer_id]
        return [moment for moment, _ in purchases_on_paper(own, until)] + [
            event.occurred_at
            for event in events
            if event.customer_id == customer_id and event.occurred_at <= until
        ]

    rows = {}
    for customer_id in CUSTOMERS:
        seen_on = sorted({day(moment) for moment in seen(customer_id, as_of)})
        if not seen_on:
            continue
        own = [
            event
            for event in events
            if event.customer_id == customer_id and event.occurred_at <= as_of
        ]
        sessions = [event for event in own if event.kind is SESSION]
        clicks = sorted(event.occurred_at for event in own if event.kind is CLICK)
        click_sessions = min(1, len(clicks)) + sum(
            later - earlier > minutes(30) for earlier, later in pairwise(clicks)
        )
        timed = [each.duration_seconds for each in sessions if each.duration_seconds is not None]
        later = seen(customer_id, holdout_until) if holdout_until else []
        rows[customer_id] = Summary(
            first_day=seen_on[0],
            frequency=len(seen_on) - 1,
            recency=seen_on[-1] - seen_on[0],
            age=day(as_of) - seen_on[0],
            holdout=len({day(moment) for moment in later if moment > as_of}),
            sessions=len(sessions) if sessions else click_sessions,
            clicks=len(clicks),
            conversions=sum(event.kind is ActivityKind.CONVERSION for event in own),
            session_seconds=sum(timed),
            timed_sessions=len(timed),
            last_session_at=max([event.occurred_at for event in sessions] or clicks, default=None),
            interests=dict(Counter(name for event in own for name in event.interests)),
        )
    return rows


class TestActivitySummaries:
    def test_an_empty_ledger_has_no_summaries(self, retention: RetentionRepository) -> None:
        assert as_rows(retention.activity_summaries(NOON, "UTC")) == {}

    def test_days_with_a_purchase_or_activity_count_together(
        self, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders(
            [
                an_order("1", ordered_at=NOON - days(10)),
                an_order("2", ordered_at=NOON - days(8)),
                an_order("3", ordered_at=NOON - days(2), amount="-10", refund_of="2"),
                an_order("1", customer_id="buyer", ordered_at=NOON),
                an_order("2", customer_id="buyer", ordered_at=NOON + days(1)),
            ]
        )
        repositories.retention.record_activity(
            [
                an_event("1", occurred_at=NOON - days(10), kind=ActivityKind.CONVERSION),
                an_event("2", occurred_at=NOON - days(4), kind=ActivityKind.CUSTOM, name="x"),
                an_event("3", occurred_at=NOON + timedelta(microseconds=1)),
                an_event("4", occurred_at=NOON + days(3)),
                an_event(
                    "5",
                    occurred_at=NOON
                    + days(
                        3,
                    )
                    + timedelta(microseconds=1),
                ),
                an_event("1", customer_id="later", occurred_at=NOON + days(1)),
            ]
        )
        found = as_rows(
            repositories.retention.activity_summaries(NOON, "UTC", holdout_until=NOON + days(3))
        )
        assert found == {
            "buyer": Summary(19849, 0, 0, 0, 1, 0, 0, 0, 0.0, 0, None, {}),
            "customer": Summary(19839, 1, 6, 10, 2, 0, 0, 1, 0.0, 0, None, {}),
        }

    def test_clicks_make_sessions_only_where_there_are_no_session_events(
        self, retention: RetentionRepository
    ) -> None:
        clicks = [0.0, 30.0, 60.0, 90.0 + 1 / 60_000_000, 200.0]
        retention.record_activity(
            [
                an_event(f"click-{place}", customer_id=customer, occurred_at=NOON + minutes(after))
                for place, after in enumerate(clicks)
                for customer in ("clicker", "visitor")
            ]
        )
        retention.record_activity(
            [
                an_event("timed", customer_id="visitor", kind=SESSION, duration_seconds=60.5),
                an_event(
                    "open",
                    customer_id="visitor",
                    kind=SESSION,
                    occurred_at=NOON + minutes(1),
                    interests=("music", "music"),
                ),
            ]
        )
        found = as_rows(retention.activity_summaries(NOON + days(1), "UTC"))
        clicker, visitor = found["clicker"], found["visitor"]
        assert (clicker.sessions, clicker.clicks) == (3, 5)
        assert clicker.last_session_at == NOON + minutes(200)
        assert (clicker.session_seconds, clicker.timed_sessions) == (0.0, 0)
        assert (visitor.sessions, visitor.clicks) == (2, 5)
        assert visitor.last_session_at == NOON + minutes(1)
        assert (visitor.session_seconds, visitor.timed_sessions) == (60.5, 1)
        assert visitor.interests == {"music": 2}

    @MODEST
    @given(
        orders=ledgers(),
        events=activities(),
        as_of=instants,
        zone=zones,
        ahead=st.none() | st.integers(0, 30 * 24 * 60),
    )
    def test_summaries_agree_with_counting_on_paper(
        self,
        new_storage: NewStorage,
        orders: Sequence[Order],
        events: Sequence[ActivityEvent],
        as_of: datetime,
        zone: str,
        ahead: int | None,
    ) -> None:
        repositories = new_storage().repositories
        repositories.ltv.record_orders(orders)
        assert repositories.retention.record_activity(events) == [RECORDED] * len(events)
        assert repositories.retention.record_activity(events) == [UNCHANGED] * len(events)
        until = None if ahead is None else as_of + timedelta(minutes=ahead)
        found = repositories.retention.activity_summaries(as_of, zone, holdout_until=until)
        assert as_rows(found) == summaries_on_paper(orders, events, as_of, zone, until)
        assert found.days.customer_ids == sorted(found.days.customer_ids)

    def test_shards_are_disjoint_cover_all_and_are_those_of_the_orders(
        self, repositories: Repositories
    ) -> None:
        numbers = range(80)
        repositories.ltv.record_orders(
            [an_order(customer_id=f"customer-{number}") for number in numbers]
        )
        repositories.retention.record_activity(
            [an_event(customer_id=f"customer-{number + 40}") for number in numbers]
        )
        together: dict[str, Summary] = {}
        for shard in every_shard():
            rows = as_rows(repositories.retention.activity_summaries(NOON, "UTC", shard=shard))
            bought = repositories.ltv.purchase_histories(NOON, "UTC", shard=shard)
            assert not together.keys() & rows.keys()
            assert set(bought.days.customer_ids) <= rows.keys()
            together |= rows
        assert together == as_rows(repositories.retention.activity_summaries(NOON, "UTC"))
        assert len(together) == 120


class TestCampaigns:
    def test_a_campaign_comes_back_as_it_was_saved(self, retention: RetentionRepository) -> None:
        campaign = replace(
            a_campaign(
                name="Zurück «jetzt»",
                status=CampaignStatus.PAUSED,
                target_risk_level=None,
                target_segment=EngagementSegment.AT_RISK,
                starts_at=at("2024-06-01T00:00:00.000001"),
                ends_at=at("2024-07-01T00:00:00.999999"),
                metrics=CampaignMetrics(100, 90, 50, 20, 5, usd("1234.5678")),
            ),
            description="",
            updated_at=NOON + minutes(1),
        )
        retention.save_retention_campaign(a_campaign())
        assert retention.get_retention_campaign(campaign.campaign_id) == a_campaign()
        retention.save_retention_campaign(campaign)
        assert retention.get_retention_campaign(campaign.campaign_id) == campaign

    def test_an_unknown_campaign_is_not_found(self, retention: RetentionRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            retention.get_retention_campaign(CampaignId("nowhere"))
        assert caught.value.kind == "campaign"
        with pytest.raises(NotFoundError) as caught:
            retention.update_campaign_metrics(CampaignId("nowhere"), CampaignMetrics())
        assert caught.value.kind == "campaign"

    def test_campaigns_are_listed_newest_first_then_by_id(
        self, retention: RetentionRepository
    ) -> None:
        active = CampaignStatus.ACTIVE
        for campaign_id, moment, status in (
            ("b", NOON, CampaignStatus.DRAFT),
            ("a", NOON, active),
            ("new", NOON + days(1), active),
            ("old", NOON - days(1), active),
        ):
            retention.save_retention_campaign(
                a_campaign(campaign_id, created_at=moment, status=status)
            )

        def listed(status: CampaignStatus | None = None) -> list[str]:
            found = retention.get_all_retention_campaigns(status=status)
            return [campaign.campaign_id for campaign in found]

        assert listed() == ["new", "a", "b", "old"]
        assert listed(active) == ["new", "a", "old"]
        assert listed(CampaignStatus.COMPLETED) == []

    def test_a_campaign_is_active_from_its_start_until_before_its_end(
        self, retention: RetentionRepository
    ) -> None:
        tick = timedelta(microseconds=1)
        for campaign_id, status, starts_at, ends_at in (
            ("open", CampaignStatus.ACTIVE, None, None),
            ("starts now", CampaignStatus.ACTIVE, NOON, None),
            ("starts later", CampaignStatus.ACTIVE, NOON + tick, None),
            ("over", CampaignStatus.ACTIVE, None, NOON),
            ("ends later", CampaignStatus.ACTIVE, None, NOON + tick),
            ("paused", CampaignStatus.PAUSED, None, None),
        ):
            retention.save_retention_campaign(
                a_campaign(campaign_id, status=status, starts_at=starts_at, ends_at=ends_at)
            )
        found = retention.get_active_retention_campaigns(NOON)
        assert [campaign.campaign_id for campaign in found] == ["ends later", "open", "starts now"]

    def test_metrics_are_replaced_and_nothing_else(self, retention: RetentionRepository) -> None:
        retention.save_retention_campaign(
            a_campaign(metrics=CampaignMetrics(9, 9, 9, 9, 9, usd(9)))
        )
        metrics = CampaignMetrics(targeted=5, sent=4)
        retention.update_campaign_metrics(CampaignId("campaign"), metrics)
        found = retention.get_retention_campaign(CampaignId("campaign"))
        assert found == a_campaign(metrics=metrics)

    def test_the_summary_adds_all_campaigns_up(self, retention: RetentionRepository) -> None:
        empty = retention.get_campaign_performance_summary(currency=USD)
        assert replace(empty, campaigns_by_status={}) == CampaignSummary({}, 0, 0, 0, 0, 0, None)
        assert sum(empty.campaigns_by_status.values()) == 0
        for campaign_id, status, metrics in (
            ("a", CampaignStatus.ACTIVE, CampaignMetrics(10, 9, 8, 7, 6, usd("5.0001"))),
            ("b", CampaignStatus.ACTIVE, CampaignMetrics(1, 1, 1, 1, 1, usd("0.9999"))),
            ("c", CampaignStatus.DRAFT, CampaignMetrics()),
        ):
            retention.save_retention_campaign(
                a_campaign(campaign_id, status=status, metrics=metrics)
            )
        summary = retention.get_campaign_performance_summary(currency=USD)
        by_status = {key: count for key, count in summary.campaigns_by_status.items() if count}
        assert replace(summary, campaigns_by_status=by_status) == CampaignSummary(
            {"active": 2, "draft": 1}, 11, 10, 9, 8, 7, usd(6)
        )

    def test_the_summarys_revenue_is_that_in_the_currency_asked_for(
        self, retention: RetentionRepository
    ) -> None:
        yen = Currency("JPY")
        for campaign_id, revenue in (
            ("before", usd(5)),
            ("after", Money(Decimal(700), yen)),
            ("later", Money(Decimal(70), yen)),
        ):
            metrics = CampaignMetrics(targeted=1, revenue=revenue)
            retention.save_retention_campaign(a_campaign(campaign_id, metrics=metrics))

        def revenue_in(currency: Currency) -> Money | None:
            summary = retention.get_campaign_performance_summary(currency=currency)
            assert summary.targeted == 3
            return summary.revenue

        assert revenue_in(USD) == usd(5)
        assert revenue_in(yen) == Money(Decimal(770), yen)
        assert revenue_in(Currency("EUR")) is None

    def test_campaigns_of_the_greatest_revenue_are_summed(
        self, retention: RetentionRepository
    ) -> None:
        greatest = usd(AMOUNT_LIMIT - MONEY_UNIT)
        for number in range(3):
            metrics = CampaignMetrics(revenue=greatest)
            retention.save_retention_campaign(a_campaign(f"c{number}", metrics=metrics))
        summary = retention.get_campaign_performance_summary(currency=USD)
        assert summary.revenue == usd(3 * greatest.amount)


class TestPredictions:
    def test_a_prediction_comes_back_as_it_was_saved_in_the_current_run(
        self, retention: RetentionRepository
    ) -> None:
        prediction = a_prediction(
            probability=0.1 + 0.2,
            risk=RiskLevel.HIGH,
            churn_date=date(2024, 12, 31),
            reasons=("größer als 90 %", 'a "b", c\\', ""),
        )
        retention.save_churn_prediction(a_prediction())
        retention.save_churn_prediction(prediction)
        assert retention.get_churn_prediction(prediction.customer_id) == replace(
            prediction, run_id=INITIAL_RUN
        )

    def test_what_no_run_predicted_is_not_found(self, retention: RetentionRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            retention.get_churn_prediction(CustomerId("nobody"))
        assert caught.value.kind == "churn prediction"
        with pytest.raises(NotFoundError) as caught:
            retention.get_user_engagement_profile(CustomerId("nobody"))
        assert caught.value.kind == "engagement profile"

    def test_predictions_and_profiles_need_the_run_they_name(
        self, retention: RetentionRepository
    ) -> None:
        nowhere, shard = RunId("nowhere"), Shard(0, SHARDS)
        saves: list[Callable[[], None]] = [
            lambda: retention.save_churn_prediction(a_prediction(run_id=nowhere)),
            lambda: retention.save_user_engagement_profile(a_profile(run_id=nowhere)),
            lambda: retention.save_churn_predictions(
                nowhere, shard, prediction_columns([a_prediction()])
            ),
            lambda: retention.save_engagement_profiles(
                nowhere, shard, profile_columns([a_profile()])
            ),
        ]
        for save in saves:
            with pytest.raises(NotFoundError) as caught:
                save()
            assert caught.value.kind == "scoring run"

    def test_what_is_saved_in_bulk_is_what_is_saved_singly(
        self, repositories: Repositories
    ) -> None:
        retention, run = repositories.retention, a_run()
        predictions = {
            f"ü\t{number}\\": a_prediction(
                f"ü\t{number}\\",
                probability=number / 7,
                churn_date=date(2025, 1, number) if number % 2 else None,
                reasons=("größe", "tab\tnew\nline", "\\N", "NULL", "null")[: number % 6],
                run_id=run.run_id,
            )
            for number in range(1, 7)
        }
        profiles = {
            customer_id: a_profile(
                customer_id,
                average_session_seconds=None if place % 2 else 1 / 3,
                last_session_at=None if place % 3 else at("2024-01-01T00:00:00.000001"),
                interests={"größe": 3, 'a"b\\': place} if place else {},
                run_id=run.run_id,
            )
            for place, customer_id in enumerate(predictions)
        }
        retention.record_activity([an_event(customer_id=each) for each in predictions])
        retention.open_scoring_run(run)
        for _ in range(2):
            for shard in every_shard():
                members = members_of(repositories, shard)
                retention.save_churn_predictions(
                    run.run_id,
                    shard,
                    prediction_columns([predictions[each] for each in sorted(members)]),
                )
                retention.save_engagement_profiles(
                    run.run_id,
                    shard,
                    profile_columns([profiles[each] for each in sorted(members)]),
                )
        retention.finish_scoring_run(run.run_id, 6)
        for customer_id, prediction in predictions.items():
            assert retention.get_churn_prediction(CustomerId(customer_id)) == prediction
            profile = retention.get_user_engagement_profile(CustomerId(customer_id))
            assert profile == profiles[customer_id]
        assert len(retention.find_churn_predictions()) == 6

    def test_a_shard_saved_again_replaces_what_it_held(self, repositories: Repositories) -> None:
        retention, run = repositories.retention, a_run()
        customers = [f"customer-{number}" for number in range(40)]
        retention.record_activity([an_event(customer_id=each) for each in customers])
        retention.open_scoring_run(run)
        shards = [members_of(repositories, shard) for shard in every_shard()]

        def save(shard: Shard, members: Iterable[str]) -> None:
            retention.save_churn_predictions(
                run.run_id, shard, prediction_columns([a_prediction(each) for each in members])
            )
            retention.save_engagement_profiles(
                run.run_id, shard, profile_columns([a_profile(each) for each in members])
            )

        for shard, members in zip(every_shard(), shards, strict=True):
            save(shard, members)
        emptied = max(range(SHARDS), key=lambda index: len(shards[index]))
        save(Shard(emptied, SHARDS), [])
        retention.finish_scoring_run(run.run_id, 40)
        left = set(customers) - shards[emptied]
        assert {each.customer_id for each in retention.find_churn_predictions(limit=99)} == left
        profiles = retention.get_users_by_segment(EngagementSegment.ACTIVE_USERS)
        assert {each.customer_id for each in profiles} == left

    def test_all_of_a_run_saved_at_once_belongs_to_its_shards(
        self, repositories: Repositories
    ) -> None:
        retention, run = repositories.retention, a_run()
        customers = [f"customer-{number}" for number in range(40)]
        retention.record_activity([an_event(customer_id=each) for each in customers])
        retention.open_scoring_run(run)
        for members in (["gone"], customers, customers):
            predictions = prediction_columns([a_prediction(each) for each in members])
            retention.save_churn_predictions(run.run_id, None, predictions)
            profiles = profile_columns([a_profile(each) for each in members])
            retention.save_engagement_profiles(run.run_id, None, profiles)
        emptied = Shard(7, SHARDS)
        retention.save_churn_predictions(run.run_id, emptied, prediction_columns([]))
        retention.save_engagement_profiles(run.run_id, emptied, profile_columns([]))
        retention.finish_scoring_run(run.run_id, 40)
        left = set(customers) - members_of(repositories, emptied)
        assert {each.customer_id for each in retention.find_churn_predictions(limit=99)} == left
        users = retention.get_users_by_segment(EngagementSegment.ACTIVE_USERS)
        assert {each.customer_id for each in users} == left

    def test_predictions_are_listed_likeliest_first_then_by_id(
        self, retention: RetentionRepository
    ) -> None:
        for customer_id, probability, risk in (
            ("b", 0.9, RiskLevel.HIGH),
            ("a", 0.9, RiskLevel.HIGH),
            ("c", 0.95, RiskLevel.MEDIUM),
            ("d", 1.0, RiskLevel.HIGH),
            ("e", 0.0, RiskLevel.LOW),
        ):
            retention.save_churn_prediction(
                a_prediction(customer_id, probability=probability, risk=risk)
            )

        def ids(found: list[ChurnPrediction]) -> list[str]:
            return [each.customer_id for each in found]

        assert ids(retention.get_high_risk_customers()) == ["d", "a", "b"]
        assert ids(retention.get_high_risk_customers(limit=2)) == ["d", "a"]
        assert ids(retention.find_churn_predictions()) == ["d", "c", "a", "b", "e"]
        assert ids(retention.find_churn_predictions(limit=1)) == ["d"]
        assert ids(retention.find_churn_predictions(after=(0.9, CustomerId("a")))) == ["b", "e"]
        high = RiskLevel.HIGH
        assert ids(retention.find_churn_predictions(risk=high, after=(1.0, CustomerId("d")))) == [
            "a",
            "b",
        ]

    @MODEST
    @given(
        rows=st.lists(
            st.tuples(st.floats(0, 1), st.sampled_from([RiskLevel.HIGH, RiskLevel.LOW])),
            max_size=10,
        ),
        size=st.integers(1, 4),
        risk=st.sampled_from([None, RiskLevel.HIGH]),
    )
    def test_pages_of_predictions_together_are_the_whole_list(
        self,
        new_storage: NewStorage,
        rows: list[tuple[float, RiskLevel]],
        size: int,
        risk: RiskLevel | None,
    ) -> None:
        retention = new_storage().repositories.retention
        saved = [
            a_prediction(f"{place}", probability=abs(probability), risk=level, run_id=INITIAL_RUN)
            for place, (probability, level) in enumerate(rows)
        ]
        for prediction in saved:
            retention.save_churn_prediction(prediction)
        pages = all_pages(
            lambda after: retention.find_churn_predictions(risk=risk, limit=size, after=after),
            lambda last: (last.churn_probability, last.customer_id),
            at_most=len(rows),
        )
        expected = [each for each in saved if risk in {None, each.risk_level}]
        expected.sort(key=lambda each: (-each.churn_probability, each.customer_id))
        assert pages == expected


class TestProfiles:
    def test_a_profile_comes_back_as_it_was_saved_in_the_current_run(
        self, retention: RetentionRepository
    ) -> None:
        profile = a_profile(
            average_session_seconds=0.1 + 0.2,
            last_session_at=at("2024-01-01T00:00:00.000001"),
            interests={"größe": 1, "": 2},
            segment=EngagementSegment.HIGH_VALUE,
        )
        silent = a_profile(average_session_seconds=None, last_session_at=None, interests={})
        for each in (profile, silent):
            retention.save_user_engagement_profile(each)
            stored = retention.get_user_engagement_profile(each.customer_id)
            assert stored == replace(each, run_id=INITIAL_RUN)

    def test_a_segments_users_are_listed_by_engagement_then_id(
        self, retention: RetentionRepository
    ) -> None:
        for customer_id, score, segment in (
            ("b", 70, EngagementSegment.AT_RISK),
            ("a", 70, EngagementSegment.AT_RISK),
            ("c", 100, EngagementSegment.AT_RISK),
            ("d", 100, EngagementSegment.CHURNED),
        ):
            retention.save_user_engagement_profile(
                a_profile(customer_id, engagement_score=score, segment=segment)
            )

        def ids(found: list[UserEngagementProfile]) -> list[str]:
            return [each.customer_id for each in found]

        at_risk = EngagementSegment.AT_RISK
        assert ids(retention.get_users_by_segment(at_risk)) == ["c", "a", "b"]
        assert ids(retention.get_users_by_segment(at_risk, limit=1)) == ["c"]
        assert retention.get_users_by_segment(EngagementSegment.NEW_USERS) == []


class TestAnalytics:
    def test_without_customers_there_are_no_averages(self, retention: RetentionRepository) -> None:
        found = retention.get_retention_analytics()
        assert (found.run_id, found.customers) == (INITIAL_RUN, 0)
        assert sum(found.by_risk_level.values()) + sum(found.by_segment.values()) == 0
        assert found.average_churn_probability is None
        assert found.average_engagement_score is None
        assert found.value_at_risk is None

    def test_customers_are_counted_by_risk_and_segment(self, repositories: Repositories) -> None:
        retention = repositories.retention
        for customer_id, probability, risk, segment, score, residual in (
            ("a", 0.9, RiskLevel.HIGH, EngagementSegment.AT_RISK, 10, "100.0001"),
            ("b", 0.8, RiskLevel.HIGH, EngagementSegment.CHURNED, 20, "50"),
            ("c", 0.7, RiskLevel.HIGH, EngagementSegment.CHURNED, 30, None),
            ("d", 0.2, RiskLevel.LOW, EngagementSegment.ACTIVE_USERS, 80, "1000"),
        ):
            retention.save_churn_prediction(
                a_prediction(
                    customer_id, probability=probability, risk=risk, engagement_score=score
                )
            )
            retention.save_user_engagement_profile(
                a_profile(customer_id, segment=segment, engagement_score=score)
            )
            if residual is not None:
                repositories.ltv.save_customer_ltv(a_value(customer_id, residual=residual))
        found = retention.get_retention_analytics()
        assert found.customers == 4
        assert {key: count for key, count in found.by_risk_level.items() if count} == {
            "high": 3,
            "low": 1,
        }
        assert {key: count for key, count in found.by_segment.items() if count} == {
            "at_risk": 1,
            "churned": 2,
            "active_users": 1,
        }
        assert found.average_churn_probability == pytest.approx(0.65)
        assert found.average_engagement_score == pytest.approx(35)
        assert found.value_at_risk == usd("150.0001")

    def test_nothing_is_at_risk_where_no_value_is_known(self, repositories: Repositories) -> None:
        repositories.retention.save_churn_prediction(a_prediction(risk=RiskLevel.HIGH))
        repositories.ltv.save_customer_ltv(a_value("another"))
        assert repositories.retention.get_retention_analytics().value_at_risk is None


def offset(cohort: date, day: date, period: GridPeriod) -> int:
    match period:
        case GridPeriod.DAY:
            return (day - cohort).days
        case GridPeriod.WEEK:
            return (period_start(day, period) - cohort).days // 7
        case GridPeriod.MONTH:
            return (day.year - cohort.year) * 12 + day.month - cohort.month


def is_active(
    life: Sequence[date], cohort: date, place: int, period: GridPeriod, mode: GridMode
) -> bool:
    match mode:
        case GridMode.NDAY:
            return any(offset(cohort, day, period) == place for day in life)
        case GridMode.UNBOUNDED:
            return any(offset(cohort, day, period) >= place for day in life)
        case GridMode.BRACKETS:
            first, last = BRACKETS[place]
            return any(first <= (day - life[0]).days <= last for day in life)


def grid_on_paper(
    orders: Sequence[Order], as_of: datetime, time_zone: str, period: GridPeriod, mode: GridMode
) -> list[GridCell]:
    cohorts: dict[date, list[list[date]]] = defaultdict(list)
    for customer_id in {order.customer_id for order in orders}:
        own = [order for order in orders if order.customer_id == customer_id]
        bought_on = [
            moment.astimezone(ZoneInfo(time_zone)).date()
            for moment, _ in purchases_on_paper(own, as_of)
        ]
        if bought_on:
            cohorts[period_start(bought_on[0], period)].append(bought_on)
    count = len(BRACKETS) if mode is GridMode.BRACKETS else GRID_LENGTHS[period] + 1
    cells = []
    for cohort, lives in sorted(cohorts.items()):
        for place in range(count):
            active = sum(is_active(life, cohort, place, period, mode) for life in lives)
            if active:
                cells.append(GridCell(cohort, len(lives), place, active))
    return cells


class TestRetentionGrids:
    def test_there_is_no_grid_before_the_first_run(self, retention: RetentionRepository) -> None:
        for period in GridPeriod:
            for mode in GridMode:
                for origin in GridOrigin:
                    assert retention.get_retention_grid(period, mode, origin) == []

    @pytest.mark.parametrize(
        ("mode", "percent"),
        [
            (GridMode.NDAY, {1: 33.33, 2: 0, 3: 0, 4: 0, 5: 33.33, 6: 0}),
            (GridMode.UNBOUNDED, {1: 66.67, 2: 33.33, 3: 33.33, 4: 33.33, 5: 33.33, 6: 0}),
        ],
    )
    def test_three_users_of_whom_one_returns_on_day_1_one_on_day_5_and_one_never(
        self, repositories: Repositories, mode: GridMode, percent: dict[int, float]
    ) -> None:
        """The worked case behind the definitions that analytics products publish.

        N-day retention counts those active on that day, unbounded those active on it or after it.
        """
        run = a_run(NOON + days(20))
        repositories.ltv.record_orders(
            [
                *[an_order("0", customer_id=each) for each in ("one", "two", "three")],
                an_order("1", customer_id="one", ordered_at=NOON + days(1)),
                an_order("1", customer_id="two", ordered_at=NOON + days(5)),
            ]
        )
        repositories.retention.open_scoring_run(run)
        repositories.retention.build_retention_grids(run.run_id, run.as_of, "UTC")
        repositories.retention.finish_scoring_run(run.run_id, 3)
        cells = repositories.retention.get_retention_grid(GridPeriod.DAY, mode)
        assert cells[0] == GridCell(NOON.date(), 3, 0, 3)
        active = {cell.offset: cell.active / cell.cohort_size * 100 for cell in cells}
        assert {day: active.get(day, 0) for day in percent} == pytest.approx(percent, abs=0.005)

    def test_a_grid_is_seen_with_its_run_and_building_it_again_changes_nothing(
        self, repositories: Repositories
    ) -> None:
        retention, run = repositories.retention, a_run()
        repositories.ltv.record_orders([an_order()])
        retention.open_scoring_run(run)
        for _ in range(2):
            retention.build_retention_grids(run.run_id, NOON, "UTC")
        assert retention.get_retention_grid(GridPeriod.DAY, GridMode.NDAY) == []
        retention.finish_scoring_run(run.run_id, 1)
        starts = {
            GridPeriod.DAY: date(2024, 5, 6),
            GridPeriod.WEEK: date(2024, 5, 6),
            GridPeriod.MONTH: date(2024, 5, 1),
        }
        for period, start in starts.items():
            for mode in GridMode:
                cells = retention.get_retention_grid(period, mode)
                assert cells == [GridCell(start, 1, 0, 1)]

    def test_a_grid_ends_with_its_length_and_unbounded_looks_beyond(
        self, repositories: Repositories
    ) -> None:
        retention, run = repositories.retention, a_run(NOON + days(800))
        repositories.ltv.record_orders(
            [an_order("first"), an_order("last", ordered_at=NOON + days(790))]
        )
        retention.open_scoring_run(run)
        retention.build_retention_grids(run.run_id, run.as_of, "UTC")
        retention.finish_scoring_run(run.run_id, 1)
        for period, length in GRID_LENGTHS.items():
            nday = retention.get_retention_grid(period, GridMode.NDAY)
            assert [cell.offset for cell in nday] == [0]
            unbounded = retention.get_retention_grid(period, GridMode.UNBOUNDED)
            assert [cell.offset for cell in unbounded] == list(range(length + 1))
            brackets = retention.get_retention_grid(period, GridMode.BRACKETS)
            assert [cell.offset for cell in brackets] == [0]

    @MODEST
    @given(orders=ledgers(), as_of=instants, zone=zones)
    def test_grids_agree_with_counting_on_paper(
        self, new_storage: NewStorage, orders: Sequence[Order], as_of: datetime, zone: str
    ) -> None:
        repositories = new_storage().repositories
        repositories.ltv.record_orders(orders)
        run = a_run(as_of)
        repositories.retention.open_scoring_run(run)
        repositories.retention.build_retention_grids(run.run_id, as_of, zone)
        repositories.retention.finish_scoring_run(run.run_id, 0)
        for period in GridPeriod:
            for mode in GridMode:
                cells = repositories.retention.get_retention_grid(period, mode)
                assert cells == grid_on_paper(orders, as_of, zone, period, mode)


def test_a_runs_id_is_its_time() -> None:
    assert run_id_of(at("1998-07-01T00:00")) == "1998-07-01T00:00:00Z"
    assert run_id_of(at("1998-07-01T02:00:00.5+02:00")) == "1998-07-01T00:00:00.500000Z"
