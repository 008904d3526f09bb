"""The risks that the scheduled run predicts."""

from datetime import timedelta

import pytest

from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import EngagementSegment
from succotash.domain.values import (
    CustomerId,
)
from succotash.errors import (
    NotFoundError,
)
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import an_event, an_order, at
from tests.unit.scoring.runs import record_cdnow, run


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

    def test_a_single_day_is_one_day(
        self, storage: InMemoryStorage, repositories: Repositories
    ) -> None:
        repositories.ltv.record_orders(
            [
                an_order(f"o{day}", customer_id="daily", ordered_at=at(f"2025-12-{day}T10:00:00Z"))
                for day in (29, 30, 31)
            ]
            + [an_order("first", customer_id="new", ordered_at=at("2025-12-31T10:00:00Z"))]
        )
        run(storage, "2026-01-01T03:00:00Z")
        silences = [
            repositories.retention.get_churn_prediction(CustomerId(each)).reasons[0]
            for each in ("daily", "new")
        ]
        assert silences == [
            "silent for 1 day; usual gap 1 day",
            "seen on one day only, 1 day ago",
        ]

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
        assert prediction.reasons[0] == "silent for 45 days; usual gap 9 days"
        assert prediction.last_seen_on.isoformat() == "2025-11-12"


def test_a_weekly_buyer_has_likely_left_after_weeks_and_a_yearly_one_has_not() -> None:
    storage = InMemoryStorage()
    start = at("2023-01-02T10:00:00Z")
    orders = [
        an_order(f"{who}-{step}", customer_id=who, ordered_at=start + timedelta(days=day))
        for number in range(120)
        for gap, name in ((7, "weekly"), (90, "quarterly"))
        for who in (f"{name}-{number:03}",)
        for step, day in enumerate(range(number % 7, 500 + 5 * (number % 60), gap))
    ]
    for begin in range(0, len(orders), 500):
        storage.repositories.ltv.record_orders(orders[begin : begin + 500])
    run(storage, "2024-10-27T00:00:00Z")

    def segment(who: str) -> EngagementSegment:
        found = storage.repositories.retention.get_user_engagement_profile(CustomerId(who))
        return found.segment

    assert segment("weekly-000") is EngagementSegment.CHURNED
    assert segment("quarterly-059") is not EngagementSegment.CHURNED
