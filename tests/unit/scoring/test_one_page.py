"""The numbers of one customer's page do not contradict each other.

On CDNOW with visits: of robots, of some buyers, and of people who never bought.
"""

from collections import Counter
from datetime import timedelta

import pytest

from succotash.application.scoring.ledgers import Columns
from succotash.application.scoring.plan import Plan
from succotash.domain.models.churn import Source
from succotash.domain.retention.retention import ChurnPrediction, EngagementSegment, RiskLevel
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import an_event, at
from tests.unit.scoring.runs import record_cdnow, run

AS_OF = "1998-07-01T00:00:00Z"


@pytest.fixture(scope="module")
def scored() -> InMemoryStorage:
    storage = InMemoryStorage()
    record_cdnow(storage.repositories)
    robots = [f"{number:04}" for number in range(1, 2357, 40)]
    visits = [
        an_event(f"{who}-{week}", customer_id=who, occurred_at=at(AS_OF) - weeks)
        for who in robots
        for week in range(1, 60)
        for weeks in (timedelta(weeks=week),)
    ]
    visits += [
        an_event(f"{number:04}-once", customer_id=f"{number:04}", occurred_at=day)
        for number in range(7, 2357, 11)
        for day in (at("1998-01-05T12:00:00Z") + timedelta(days=number % 170),)
    ]
    visits += [
        an_event(f"v{number}", customer_id=f"visitor-{number % 90}", occurred_at=day)
        for number in range(400)
        for day in (at("1998-01-05T12:00:00Z") + timedelta(days=(7 * number) % 170),)
    ]
    for start in range(0, len(visits), 500):
        storage.repositories.retention.record_activity(visits[start : start + 500])
    run(storage, AS_OF)
    return storage


@pytest.fixture(scope="module")
def predictions(scored: InMemoryStorage) -> list[ChurnPrediction]:
    found = scored.repositories.retention.find_churn_predictions(limit=5000)
    assert len(found) == 2357 + 90
    return found


def test_inactivity_lies_between_having_left_and_buying_nothing(
    scored: InMemoryStorage, predictions: list[ChurnPrediction]
) -> None:
    retention = scored.repositories.retention
    plan = Plan.of_dict(retention.get_current_scoring_run().plan)
    assert plan.inactivity.source is not Source.PURCHASES
    histories = scored.repositories.ltv.purchase_histories(at(AS_OF), "UTC").days
    known = Columns.of(histories)
    said = plan.purchases.model.probability_inactive(known.frequency, known.recency, known.age, 90)
    buys_nothing = dict(zip(histories.customer_ids, said.tolist(), strict=True))
    below = 0
    for each in predictions:
        assert each.churn_probability >= 1 - each.probability_alive
        no_purchase = buys_nothing.get(each.customer_id, 1.0)
        assert each.churn_probability <= no_purchase
        below += each.churn_probability < no_purchase
    assert below > 200


def test_value_and_risk_tell_one_probability_of_being_a_customer(
    scored: InMemoryStorage, predictions: list[ChurnPrediction]
) -> None:
    alive = {each.customer_id: each.probability_alive for each in predictions}
    values = scored.repositories.ltv.find_customers(limit=5000)
    assert len(values) == 2357
    for each in values:
        assert each.probability_alive == alive[each.customer_id]


def test_the_value_at_risk_is_what_is_expected_times_the_churn_probability(
    scored: InMemoryStorage, predictions: list[ChurnPrediction]
) -> None:
    values = {each.customer_id: each for each in scored.repositories.ltv.find_customers(limit=5000)}
    for each in predictions:
        assert each.value_at_risk is not None
        value = values.get(each.customer_id)
        expected = 0.0 if value is None else float(value.residual_value.amount)
        at_risk = float(each.value_at_risk.amount)
        assert at_risk == pytest.approx(expected * each.churn_probability, abs=1e-3)
    amounts = [each.value_at_risk for each in predictions if each.value_at_risk]
    assert [each.amount for each in amounts] == sorted(
        (each.amount for each in amounts), reverse=True
    )


def test_a_churn_date_is_still_to_come_and_what_has_passed_is_told_as_such(
    predictions: list[ChurnPrediction],
) -> None:
    today, coming, passed = at(AS_OF).date(), 0, 0
    for each in predictions:
        if each.predicted_churn_date is not None:
            coming += 1
            assert each.predicted_churn_date > today
            assert each.likely_inactive_since is None
            assert each.probability_alive >= 0.5
        if each.likely_inactive_since is not None:
            passed += 1
            assert each.last_seen_on <= today
            assert each.likely_inactive_since <= today
            assert each.probability_alive <= 0.5
    assert coming > 100
    assert passed > 100


def test_who_likely_left_is_churned_unless_worth_writing_to(
    scored: InMemoryStorage, predictions: list[ChurnPrediction]
) -> None:
    retention, segments = scored.repositories.retention, Counter[str]()
    for each in predictions:
        profile = retention.get_user_engagement_profile(each.customer_id)
        has_left = each.risk_level is RiskLevel.LOST or each.likely_inactive_since is not None
        segments[profile.segment] += 1
        if profile.segment is EngagementSegment.NEW_USERS:
            continue
        is_churned = profile.segment is EngagementSegment.CHURNED
        assert is_churned is (has_left and each.risk_level is not RiskLevel.HIGH)
        if each.risk_level is RiskLevel.HIGH:
            assert profile.segment is EngagementSegment.AT_RISK
    assert segments[EngagementSegment.CHURNED] > 500
