"""What every RetentionRepository does with activity."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.value.ledgers import (
    ActivityEvent,
    ActivityKind,
    ActivitySummaries,
    Customer,
    Order,
    RecordOutcome,
)
from succotash.domain.values import (
    CustomerId,
)
from succotash.errors import NotFoundError
from tests.builders import (
    NOON,
    a_prediction,
    a_profile,
    a_run,
    an_event,
    an_order,
    days,
    minutes,
)
from tests.contract.conftest import NewStorage
from tests.contract.on_paper import EPOCH, purchases_on_paper
from tests.contract.shards import every_shard
from tests.strategies import CUSTOMERS, MODEST, activities, instants, ledgers, zones

RECORDED, UNCHANGED, CONFLICTING = (
    RecordOutcome.RECORDED,
    RecordOutcome.UNCHANGED,
    RecordOutcome.CONFLICTING,
)
SESSION, CLICK = ActivityKind.SESSION, ActivityKind.CLICK


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
