"""What is read carries the run it was read from, and customers are found by value and by risk."""

from datetime import date

import pytest

from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.labels import RunLabel
from succotash.domain.retention.retention import INITIAL_RUN, GridMode, GridPeriod, RiskLevel
from succotash.domain.value.distribution import ValueMeasure
from succotash.domain.value.ltv import CustomerLTV
from succotash.domain.values import CohortId, CustomerId, SegmentId
from succotash.errors import NotFoundError
from tests.builders import (
    NOON,
    a_cohort,
    a_prediction,
    a_run,
    a_value,
    days,
    prediction_columns,
    usd,
    value_columns,
)
from tests.builders.values import USD

WORTH = {
    "great": ("900", "vip", RiskLevel.LOST),
    "good": ("800", "vip", RiskLevel.LOW),
    "small": ("10", "low_value", RiskLevel.LOST),
    "other": ("5", "low_value", RiskLevel.HIGH),
}


def publish(repositories: Repositories) -> RunLabel:
    """A run with four customers, and a fifth who has a value and no prediction."""
    run = a_run(NOON + days(1), backtest={"customers": 5})
    ltv, retention = repositories.ltv, repositories.retention
    retention.open_scoring_run(run)
    values = [
        a_value(who, actual=each, segment=segment) for who, (each, segment, _) in WORTH.items()
    ]
    values.append(a_value("unjudged", actual="1"))
    predictions = [a_prediction(who, risk=risk) for who, (*_, risk) in WORTH.items()]
    predictions.append(a_prediction("visitor", risk=RiskLevel.MEDIUM, at_risk="0"))
    ltv.save_customer_values(run.run_id, USD, None, value_columns(values))
    retention.save_churn_predictions(run.run_id, None, prediction_columns(predictions))
    ltv.save_cohort(a_cohort("2024-05", run_id=run.run_id))
    ltv.save_segment_bounds(run.run_id, {SegmentId("vip"): usd("700")})
    retention.finish_scoring_run(run.run_id, 6)
    return run.label


def ids(values: list[CustomerLTV]) -> list[str]:
    return [each.customer_id for each in values]


class TestLabels:
    def test_what_is_read_names_its_run(self, repositories: Repositories) -> None:
        ltv, retention = repositories.ltv, repositories.retention
        label = publish(repositories)

        value = ltv.find_value(CustomerId("great"))
        assert (value.run, value.found.predicted_clv) == (label, usd("912.5"))
        values = ltv.find_values(limit=2)
        assert (values.run, ids(values.found)) == (label, ["great", "good"])
        prediction = retention.find_prediction(CustomerId("visitor"))
        assert (prediction.run, prediction.found.run_id) == (label, label.run_id)
        predictions = retention.find_predictions()
        assert (predictions.run, len(predictions.found)) == (label, 5)
        cohorts = ltv.find_cohorts()
        assert (cohorts.run, [each.cohort_id for each in cohorts.found]) == (label, ["2024-05"])
        analytics = ltv.find_ltv_analytics()
        assert (analytics.run, analytics.found.backtest) == (label, {"customers": 5})
        segments = ltv.find_segments()
        assert segments.run == label
        assert ltv.find_value_bins(ValueMeasure.PREDICTED_CLV).run == label
        assert retention.find_retention_grid(GridPeriod.MONTH, GridMode.NDAY).run == label
        assert retention.find_lifecycle_counts(GridPeriod.MONTH).run == label
        assert {each.segment_id for each in segments.found if each.result} == {"vip"}

    def test_an_empty_answer_names_its_run_too(self, repositories: Repositories) -> None:
        label = publish(repositories)
        ltv = repositories.ltv

        assert ltv.find_values(segment_id=SegmentId("high_value")).run == label
        assert ltv.find_values(segment_id=SegmentId("high_value")).found == []
        assert ltv.find_cohorts(CohortId("1999-01")).run == label
        assert ltv.find_cohorts(CohortId("1999-01")).found == []
        before = ltv.find_ltv_analytics(end=date(1999, 1, 1))
        assert (before.run, before.found.total.customers) == (label, 0)
        none = repositories.retention.find_predictions(segment_id=SegmentId("high_value"))
        assert (none.run, none.found) == (label, [])

    def test_before_the_first_run_it_is_the_initial_one(self, repositories: Repositories) -> None:
        ltv, retention = repositories.ltv, repositories.retention

        assert ltv.find_values().run.run_id == INITIAL_RUN
        assert ltv.find_cohorts().run.run_id == INITIAL_RUN
        assert ltv.find_segments().run.run_id == INITIAL_RUN
        assert ltv.find_value_bins(ValueMeasure.ACTUAL_CLV).run.run_id == INITIAL_RUN
        assert ltv.find_ltv_analytics().run.run_id == INITIAL_RUN
        assert retention.find_predictions().run.run_id == INITIAL_RUN
        assert retention.find_lifecycle_counts(GridPeriod.DAY).run.run_id == INITIAL_RUN
        grid = retention.find_retention_grid(GridPeriod.DAY, GridMode.BRACKETS)
        assert (grid.run.run_id, grid.found) == (INITIAL_RUN, [])
        [published] = retention.get_published_runs()
        assert (published.run.run_id, published.found) == (INITIAL_RUN, {})
        with pytest.raises(NotFoundError):
            ltv.find_value(CustomerId("nobody"))
        with pytest.raises(NotFoundError):
            retention.find_prediction(CustomerId("nobody"))

    def test_summaries_of_published_runs_begin_with_the_current_one(
        self, repositories: Repositories
    ) -> None:
        retention = repositories.retention
        for number in range(1, 4):
            run = a_run(NOON + days(number))
            retention.open_scoring_run(run)
            if number < 3:
                retention.finish_scoring_run(run.run_id, 1, summary={"customers": number})

        published = retention.get_published_runs(limit=2)
        assert [each.run.as_of for each in published] == [NOON + days(2), NOON + days(1)]
        assert [each.found for each in published] == [{"customers": 2}, {"customers": 1}]


class TestValueAndRisk:
    def test_a_vip_who_is_lost_is_found_by_value(self, repositories: Repositories) -> None:
        publish(repositories)
        ltv = repositories.ltv

        [found] = ltv.find_customers(segment_id=SegmentId("vip"), risk=RiskLevel.LOST)
        assert (found.customer_id, found.segment_id, found.risk_level) == ("great", "vip", "lost")
        assert ids(ltv.find_customers(risk=RiskLevel.LOST)) == ["great", "small"]
        assert ids(ltv.find_customers(risk=RiskLevel.MEDIUM)) == []
        assert ids(ltv.find_customers(cohort_id=CohortId("2024-05"), risk=RiskLevel.HIGH)) == [
            "other"
        ]
        after = (found.predicted_clv, found.customer_id)
        assert ids(ltv.find_customers(risk=RiskLevel.LOST, after=after)) == ["small"]

    def test_a_vip_who_is_lost_is_found_by_risk(self, repositories: Repositories) -> None:
        publish(repositories)
        retention = repositories.retention

        [found] = retention.find_churn_predictions(risk=RiskLevel.LOST, segment_id=SegmentId("vip"))
        assert (found.customer_id, found.value_segment) == ("great", "vip")
        vips = retention.find_churn_predictions(segment_id=SegmentId("vip"))
        assert {each.customer_id for each in vips} == {"great", "good"}

    def test_who_has_no_value_or_no_prediction_says_so(self, repositories: Repositories) -> None:
        publish(repositories)

        assert repositories.ltv.get_customer_ltv(CustomerId("unjudged")).risk_level is None
        visitor = repositories.retention.get_churn_prediction(CustomerId("visitor"))
        assert visitor.value_segment is None
