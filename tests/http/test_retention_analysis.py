"""Churn risk and retention grids, over HTTP."""

from datetime import date

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from churn_scoring import scoring
from succotash.application.paging import encode_cursor
from succotash.domain.retention.receipts import Measure
from succotash.domain.retention.retention import RiskLevel
from succotash.domain.values import Json
from tests.builders import (
    NOON,
    a_prediction,
    a_receipt,
    a_run,
    a_tally,
    an_event,
    an_order,
    days,
)
from tests.events import sample
from tests.http.gateway import Gateway
from tests.http.problems import require_problem


def test_a_customers_risk_is_on_one_page(scored: Gateway) -> None:
    answer = scored.send(sample("retention_analysis.customer"))

    assert answer.status == 200
    assert answer.json["churn_risk"]["risk_level"] == "medium"
    assert answer.json["value"]["customer_id"] == "user_456"
    assert answer.json["engagement"]["sessions"] == 3


def test_analytics_count_customers_by_risk(scored: Gateway) -> None:
    answer = scored.send(sample("retention_analysis.analytics"))

    assert answer.json["churn_risk_distribution"] == {"medium": 2}


def test_customers_page_by_risk(gateway: Gateway) -> None:
    for number in range(5):
        prediction = a_prediction(f"c{number}", at_risk=f"{number}.005", risk=RiskLevel.LOST)
        gateway.container.get_retention_repository().save_churn_prediction(prediction)
    path = "/retention/customers"

    first = gateway.call("GET", path, query="limit=3&risk=lost").json
    rest = gateway.call("GET", path, query={"cursor": first["next_cursor"]}).json

    assert [each["customer_id"] for each in first["customers"]] == ["c4", "c3", "c2"]
    assert [each["customer_id"] for each in rest["customers"]] == ["c1", "c0"]
    assert [each["risk_level"] for each in rest["customers"]] == ["lost", "lost"]
    assert [each["value_at_risk"] for each in rest["customers"]] == ["1.00", "0.00"]


@pytest.mark.parametrize("period", ["day", "week", "month"])
@pytest.mark.parametrize("mode", ["nday", "unbounded", "brackets"])
def test_every_grid_is_answered(period: str, mode: str, gateway: Gateway) -> None:
    answer = gateway.call("GET", "/retention/cohorts", query={"period": period, "mode": mode})

    assert (answer.status, answer.json["period"], answer.json["mode"]) == (200, period, mode)


@pytest.mark.parametrize("origin", ["purchase", "activity", "form"])
@pytest.mark.parametrize("entry", ["first_time", "recurring"])
@pytest.mark.parametrize("windows", ["calendar", "24h"])
@pytest.mark.parametrize("measure", ["customers", "revenue"])
def test_every_way_to_count_is_answered(
    origin: str, entry: str, windows: str, measure: str, gateway: Gateway
) -> None:
    asked = {"origin": origin, "entry": entry, "windows": windows, "measure": measure}

    answer = gateway.call("GET", "/retention/cohorts", query=asked)

    assert answer.status == 200
    assert {name: answer.json[name] for name in asked} == asked


def test_a_grid_of_own_brackets_is_counted_as_of_the_run(gateway: Gateway) -> None:
    orders = [an_order(str(day), ordered_at=NOON + days(day)) for day in (0, 3, 50)]
    gateway.container.get_ltv_repository().record_orders(orders)
    run = a_run(NOON + days(40))
    gateway.container.get_retention_repository().open_scoring_run(run)
    gateway.container.get_retention_repository().finish_scoring_run(run.run_id, 1)
    asked = "period=day&mode=brackets&brackets=1-7,8-60"

    [row] = gateway.call("GET", "/retention/cohorts", query=asked).json["cohorts"]

    assert row["customers"] == 1
    assert [(cell["active"], cell["mature"]) for cell in row["cells"]] == [(1, True), (0, False)]


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("period=hour", "period", "enum"),
        ("mode=rolling", "mode", "enum"),
        ("origin=visit", "origin", "enum"),
        ("mode=brackets&brackets=0-7,7-14", "brackets", "brackets_overlap"),
        ("mode=brackets&brackets=8-14,0-7", "brackets", "brackets_overlap"),
        ("mode=brackets&brackets=0-7;8-14", "brackets", "string_pattern_mismatch"),
        ("brackets=0-7", "brackets", "without_mode"),
        ("start=2024-05-02&end=2024-05-01", "end", "range"),
        ("windows=24h&start=2023-01-01&end=2024-05-01", "end", "range_too_long"),
        ("period=day&start=2023-01-01&end=2024-05-01", "end", "range_too_long"),
        ("start=yesterday", "start", "day"),
        ("start=0001-01-01", "start", "day_out_of_range"),
        ("end=9999-12-31", "end", "day_out_of_range"),
    ],
)
def test_a_grid_that_makes_no_sense_is_refused(
    gateway: Gateway, query: str, field: str, code: str
) -> None:
    refused = gateway.call("GET", "/retention/cohorts", query=query)

    problem = require_problem(refused, 422, "invalid-input")
    assert [(each["field"], each["code"]) for each in problem["errors"]] == [(field, code)]


def test_kept_grids_are_shown_for_the_cohorts_asked_for(gateway: Gateway) -> None:
    retention, run = gateway.container.get_retention_repository(), a_run(NOON + days(9))
    gateway.container.get_ltv_repository().record_orders([an_order()])
    retention.open_scoring_run(run)
    retention.build_retention_grids(run.run_id, run.as_of, "UTC")
    retention.finish_scoring_run(run.run_id, 1)

    def customers(query: str) -> list[object]:
        answer = gateway.call("GET", "/retention/cohorts", query=query)
        return [each["customers"] for each in answer.json["cohorts"]]

    assert customers("start=1990-01-01&end=2100-01-01") == [1]
    assert customers("start=1990-01-01&end=1991-01-01") == []


@pytest.mark.parametrize("builds", [True, False], ids=["kept", "of an earlier release's run"])
def test_a_grid_from_first_activity_is_answered_whether_its_run_kept_it_or_not(
    builds: bool,  # noqa: FBT001 - a parameter of the test
    gateway: Gateway,
) -> None:
    retention, run = gateway.container.get_retention_repository(), a_run(NOON + days(9))
    retention.record_activity(
        [an_event("1"), an_event("2", occurred_at=NOON + days(7)), an_event(customer_id="other")]
    )
    retention.open_scoring_run(run)
    if builds:
        retention.build_retention_grids(run.run_id, run.as_of, "UTC")
    retention.finish_scoring_run(run.run_id, 2)

    query = {"origin": "activity", "period": "week", "start": "2020-01-01", "end": "2100-01-01"}
    [cohort] = gateway.call("GET", "/retention/cohorts", query=query).json["cohorts"]

    assert (cohort["cohort_starts_on"], cohort["customers"]) == (NOON.date().isoformat(), 2)
    assert [(cell["active"], cell["revenue"]) for cell in cohort["cells"]] == [(2, None), (1, None)]


def test_the_model_report_takes_how_many_runs(gateway: Gateway) -> None:
    assert gateway.call("GET", "/retention/model", query="limit=3").status == 200


def test_the_lifecycle_is_told_up_to_the_day_of_the_run(gateway: Gateway) -> None:
    orders = [an_order(str(day), ordered_at=NOON + days(day)) for day in (0, 1, 3)]
    gateway.container.get_ltv_repository().record_orders(orders)
    retention, run = gateway.container.get_retention_repository(), a_run(NOON + days(4))
    retention.open_scoring_run(run)
    retention.build_lifecycle_counts(run.run_id, run.as_of, "UTC")
    retention.finish_scoring_run(run.run_id, 1)

    answer = gateway.call("GET", "/retention/lifecycle", query="period=day").json

    told = [
        tuple(each[name] for name in ("active", "new", "returning", "resurrecting", "dormant"))
        for each in answer["periods"]
    ]
    assert told == [
        (1, 1, 0, 0, 0),
        (1, 0, 1, 0, 0),
        (0, 0, 0, 0, 1),
        (1, 0, 0, 1, 0),
        (0, 0, 0, 0, 1),
    ]
    assert [each["mature"] for each in answer["periods"]] == [True] * 4 + [False]


def test_before_the_first_run_there_is_no_lifecycle(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/retention/lifecycle")

    assert answer.json == {"period": "month", "periods": [], "run": None}


def test_analytics_tell_how_customers_moved_since_the_run_before(gateway: Gateway) -> None:
    score = scoring(gateway.container)

    def analytics() -> dict[str, Json]:
        found: dict[str, Json] = gateway.call("GET", "/retention/analytics").json
        return found

    orders = [an_order("1", customer_id=f"c{n}", ordered_at=NOON + days(n)) for n in range(5)]
    gateway.container.get_ltv_repository().record_orders(orders)
    score({"time": (NOON + days(6)).isoformat()}, LambdaContext())
    assert analytics()["change"] is None
    late = [an_order("1", customer_id=f"d{n}", ordered_at=NOON + days(10)) for n in range(2)]
    gateway.container.get_ltv_repository().record_orders(late)

    score({"time": (NOON + days(11)).isoformat()}, LambdaContext())

    found = analytics()
    assert found["customers"] == 7
    change = found["change"]
    assert isinstance(change, dict)
    assert change["customers"] == 2
    assert change["since"] == "2024-05-12T12:00:00Z"
    risks, segments = change["churn_risk_distribution"], change["segment_distribution"]
    assert isinstance(risks, dict)
    assert isinstance(segments, dict)
    assert sum(int(str(each)) for each in risks.values()) == 2
    assert sum(int(str(each)) for each in segments.values()) == 2


def test_receipts_show_what_was_foreseen_beside_what_came(gateway: Gateway) -> None:
    retention = gateway.container.get_retention_repository()
    for month in (date(2024, 4, 1), date(2024, 5, 1)):
        receipt = a_receipt(month)
        tallies = [
            a_tally("20.2", measure=measure, decile=decile)
            for measure in Measure
            for decile in (3, 10)
        ]
        retention.save_forecast_tallies(receipt.run_id, None, tallies)
        retention.seal_receipt(receipt, [30])
    april = a_receipt(date(2024, 4, 1))
    came = [a_tally("25", measure=measure, customers=6) for measure in Measure]
    retention.save_outcome_tallies(april.run_id, 30, None, came)
    retention.mark_graded(april.run_id, 30, april.ends_at(30))

    first = gateway.call("GET", "/retention/receipts", query="limit=1").json
    rest = gateway.call("GET", "/retention/receipts", query={"cursor": first["next_cursor"]}).json

    assert [each["month"] for each in first["receipts"]] == ["2024-05-01"]
    [open_still] = first["receipts"][0]["horizons"]
    assert open_still["graded_as_of"] is open_still["purchases"]["came"] is None
    assert open_still["ends_at"] == "2024-05-31T03:00:00Z"
    [receipt] = rest["receipts"]
    assert rest["next_cursor"] is None
    [graded] = receipt["horizons"]
    assert graded["purchases"] == {
        "customers": 14,
        "foreseen": 40.4,
        "graded_customers": 6,
        "came": 25,
        "error_percent": pytest.approx(61.6),
        "by_decile": [
            {"decile": 1, "customers": 0, "foreseen": 0, "graded_customers": 6, "came": 25},
            {
                "decile": 3,
                "customers": 7,
                "foreseen": 20.2,
                "graded_customers": 0,
                "came": 0,
            },
            {
                "decile": 10,
                "customers": 7,
                "foreseen": 20.2,
                "graded_customers": 0,
                "came": 0,
            },
        ],
    }
    assert (graded["revenue"]["foreseen"], graded["revenue"]["came"]) == ("40.40", "25.00")
    assert receipt["currency"] == "USD"


def test_a_cursor_of_another_list_is_no_cursor_of_receipts(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/retention/receipts", query={"cursor": encode_cursor("9", "x")})
    [error] = answer.json["errors"]
    assert (answer.status, error["code"]) == (422, "cursor_invalid")
