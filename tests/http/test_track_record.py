"""What runs foresaw week by week, and what each found, over HTTP."""

from dataclasses import replace
from datetime import date

import pytest

from succotash.application.scoring.run_views import run_report
from succotash.domain.values import Json
from tests.builders import a_receipt, a_run, a_week, an_order, at, days
from tests.http.gateway import Gateway


def test_weeks_of_a_receipt_are_told_apart_from_those_that_are_not_over(gateway: Gateway) -> None:
    retention, receipt = gateway.container.get_retention_repository(), a_receipt(date(2024, 5, 1))
    retention.save_forecast_weeks(receipt.run_id, None, [a_week(1), a_week(2, "3.25", "65")])
    retention.seal_receipt(receipt, [30])
    retention.save_outcome_weeks(receipt.run_id, None, [a_week(1, "4", "81.5")])
    retention.mark_weeks_counted(receipt.run_id, 1, receipt.ends_at(8))

    [found] = gateway.call("GET", "/retention/receipts").json["receipts"]

    assert found["weeks_counted_as_of"] == "2024-05-09T03:00:00Z"
    assert found["weeks"] == [
        {
            "week": 1,
            "starts_on": "2024-05-01",
            "purchases": {"foreseen": 3.5, "came": 4},
            "revenue": {"foreseen": "70.00", "came": "81.50"},
        },
        {
            "week": 2,
            "starts_on": "2024-05-08",
            "purchases": {"foreseen": 3.25, "came": None},
            "revenue": {"foreseen": "65.00", "came": None},
        },
    ]


def test_runs_say_what_they_found_and_how_far_off_they_were(gateway: Gateway) -> None:
    start = at("2024-01-01T12:00:00Z")
    gateway.container.get_ltv_repository().record_orders(
        [
            an_order(
                f"{number}-{visit}",
                customer_id=f"c{number}",
                ordered_at=start + days(number % 30 + visit * (5 + number % 7)),
            )
            for number in range(80)
            for visit in range(1 + number % 5)
        ]
    )
    gateway.container.get_churn_scoring().run(at("2024-04-01T00:00:00Z"))

    [run] = gateway.call("GET", "/retention/model").json["runs"]

    analytics = gateway.call("GET", "/retention/analytics").json
    assert run["found"] == {
        name: analytics[name]
        for name in (
            "high_risk_customers",
            "value_at_risk",
            "average_churn_probability",
            "currency",
        )
    }
    tenths = run["backtest"]["churn"]["calibration"]
    apart = [
        each["customers"] * abs(each["mean_predicted"] - each["observed_share"]) for each in tenths
    ]
    assert run["calibration_error"] == pytest.approx(
        sum(apart) / sum(each["customers"] for each in tenths), abs=0.0001
    )


@pytest.mark.parametrize("backtest", [{}, {"skipped": "too few"}, {"churn": {"calibration": []}}])
def test_a_run_without_results_or_a_backtest_says_neither(backtest: dict[str, Json]) -> None:
    found = run_report(replace(a_run(backtest=backtest), summary={"warnings": None}))

    assert (found["found"], found["calibration_error"]) == (None, None)
