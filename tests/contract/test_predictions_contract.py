"""What every RetentionRepository does with predictions and profiles."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import (
    INITIAL_RUN,
    ChurnPrediction,
    EngagementSegment,
    RiskLevel,
    UserEngagementProfile,
)
from succotash.domain.values import (
    SHARDS,
    CustomerId,
    Money,
    RunId,
    Shard,
)
from succotash.errors import NotFoundError
from tests.builders import (
    NOON,
    USD,
    a_prediction,
    a_profile,
    a_run,
    a_value,
    an_event,
    at,
    prediction_columns,
    profile_columns,
    usd,
)
from tests.contract.conftest import NewStorage
from tests.contract.paging import all_pages
from tests.contract.shards import every_shard
from tests.strategies import MODEST


def members_of(repositories: Repositories, shard: Shard) -> set[str]:
    """Customers of the ledger that belong to a shard."""
    found = repositories.retention.activity_summaries(NOON, "UTC", shard=shard)
    return set(found.days.customer_ids)


class TestPredictions:
    def test_a_prediction_comes_back_as_it_was_saved_in_the_current_run(
        self, retention: RetentionRepository
    ) -> None:
        prediction = a_prediction(
            probability=0.1 + 0.2,
            risk=RiskLevel.HIGH,
            churn_date=date(2024, 12, 31),
            at_risk="1234567.8901",
            reasons=("größer als 90 %", 'a "b", c\\', ""),
        )
        retention.save_churn_prediction(a_prediction())
        retention.save_churn_prediction(prediction)
        assert retention.get_churn_prediction(prediction.customer_id) == replace(
            prediction, run_id=INITIAL_RUN
        )
        lost = a_prediction("lost", risk=RiskLevel.LOST, inactive_since=date(2023, 2, 28))
        unknown = a_prediction("unknown", at_risk=None)
        for each in (lost, unknown):
            retention.save_churn_prediction(each)
            found = retention.get_churn_prediction(each.customer_id)
            assert found == replace(each, run_id=INITIAL_RUN)

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
                inactive_since=None if number % 2 else date(2024, 1, number),
                at_risk=f"{number}.0001",
                risk=list(RiskLevel)[number % 4],
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

    def test_predictions_are_listed_by_value_at_risk_then_by_id(
        self, retention: RetentionRepository
    ) -> None:
        for customer_id, at_risk, risk in (
            ("b", "90", RiskLevel.HIGH),
            ("a", "90", RiskLevel.HIGH),
            ("c", "90.0001", RiskLevel.MEDIUM),
            ("d", "100", RiskLevel.HIGH),
            ("f", "0", RiskLevel.LOST),
            ("e", None, RiskLevel.LOW),
        ):
            retention.save_churn_prediction(a_prediction(customer_id, at_risk=at_risk, risk=risk))

        def ids(found: list[ChurnPrediction]) -> list[str]:
            return [each.customer_id for each in found]

        assert ids(retention.get_high_risk_customers()) == ["d", "a", "b"]
        assert ids(retention.get_high_risk_customers(limit=2)) == ["d", "a"]
        assert ids(retention.find_churn_predictions()) == ["d", "c", "a", "b", "e", "f"]
        assert ids(retention.find_churn_predictions(limit=1)) == ["d"]
        after = usd("90"), CustomerId("a")
        assert ids(retention.find_churn_predictions(after=after)) == ["b", "e", "f"]
        assert ids(retention.find_churn_predictions(risk=RiskLevel.LOST)) == ["f"]
        high, after = RiskLevel.HIGH, (usd("100"), CustomerId("d"))
        assert ids(retention.find_churn_predictions(risk=high, after=after)) == ["a", "b"]

    @MODEST
    @given(
        rows=st.lists(
            st.tuples(st.integers(0, 10**18), st.sampled_from([RiskLevel.HIGH, RiskLevel.LOW])),
            max_size=10,
        ),
        size=st.integers(1, 4),
        risk=st.sampled_from([None, RiskLevel.HIGH]),
    )
    def test_pages_of_predictions_together_are_the_whole_list(
        self,
        new_storage: NewStorage,
        rows: list[tuple[int, RiskLevel]],
        size: int,
        risk: RiskLevel | None,
    ) -> None:
        retention = new_storage().repositories.retention
        amounts = {f"{place}": Money.of_units(units, USD) for place, (units, _) in enumerate(rows)}
        saved = [
            a_prediction(customer_id, at_risk=str(amount.amount), risk=level, run_id=INITIAL_RUN)
            for (customer_id, amount), (_, level) in zip(amounts.items(), rows, strict=True)
        ]
        for prediction in saved:
            retention.save_churn_prediction(prediction)
        pages = all_pages(
            lambda after: retention.find_churn_predictions(risk=risk, limit=size, after=after),
            lambda last: (amounts[last.customer_id], last.customer_id),
            at_most=len(rows),
        )
        expected = [each for each in saved if risk in {None, each.risk_level}]
        expected.sort(key=lambda each: (-amounts[each.customer_id].amount, each.customer_id))
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
        for customer_id, probability, risk, segment, score, at_risk in (
            ("a", 0.9, RiskLevel.HIGH, EngagementSegment.AT_RISK, 10, "100.0001"),
            ("b", 0.8, RiskLevel.HIGH, EngagementSegment.CHURNED, 20, "50"),
            ("c", 0.7, RiskLevel.HIGH, EngagementSegment.CHURNED, 30, None),
            ("d", 0.2, RiskLevel.LOW, EngagementSegment.ACTIVE_USERS, 80, "1000"),
        ):
            retention.save_churn_prediction(
                a_prediction(
                    customer_id,
                    probability=probability,
                    risk=risk,
                    engagement_score=score,
                    at_risk=at_risk,
                )
            )
            retention.save_user_engagement_profile(
                a_profile(customer_id, segment=segment, engagement_score=score)
            )
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
        nobody = a_prediction(risk=RiskLevel.HIGH, at_risk=None)
        repositories.retention.save_churn_prediction(nobody)
        repositories.ltv.save_customer_ltv(a_value())
        assert repositories.retention.get_retention_analytics().value_at_risk is None
