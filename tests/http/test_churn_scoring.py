"""The scheduled event."""

import json

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from churn_scoring import scoring
from succotash.container import Container
from succotash.domain.values import Json
from succotash.errors import InvalidInputError
from tests.events import sample
from tests.http.gateway import Gateway


@pytest.mark.parametrize("time", [None, "", "now", "1998-07-01", "1998-07-01T00:00:00", 899251200])
def test_an_event_without_a_usable_time_is_refused(time: Json) -> None:
    score = scoring(Container({"SUCCOTASH_STORAGE": "memory"}))
    event = sample("churn_scoring.scheduled") | {"time": time}

    with pytest.raises(InvalidInputError) as refused:
        score(event, LambdaContext())

    assert [each.field for each in refused.value.violations] == ["time"]


def test_an_event_of_another_kind_is_refused() -> None:
    score = scoring(Container({"SUCCOTASH_STORAGE": "memory"}))

    with pytest.raises(InvalidInputError):
        score({}, LambdaContext())


def test_the_scheduled_event_scores_everybody_who_ever_ordered(gateway: Gateway) -> None:
    orders = [
        {
            "customer_id": f"c{number}",
            "order_id": f"{number}-{month}",
            "ordered_at": f"1998-{month:02}-{number % 28 + 1:02}T09:00:00Z",
            "amount": f"{10 + number}.50",
        }
        for number in range(40)
        for month in range(1, 1 + number % 5 + 1)
    ]
    assert gateway.call("POST", "/orders", json_body={"orders": orders}).json["rejected"] == 0

    report = scoring(gateway.container)(sample("churn_scoring.scheduled"), LambdaContext())

    assert (report["as_of"], report["customers"]) == ("1998-07-01T00:00:00Z", 40)
    json.dumps(report, allow_nan=False)
    value = gateway.call("GET", "/ltv/customers/c7").json
    assert value["actual_clv"] == "52.50"
    assert value["run"]["as_of"] == "1998-07-01T00:00:00Z"
    risk = gateway.call("GET", "/retention/customers/c7").json["churn_risk"]
    assert risk["risk_level"] in ("low", "medium", "high")
    assert gateway.call("GET", "/retention/model").json["runs"][0]["customers"] == 40


def test_a_customer_whose_totals_are_too_large_is_left_out_and_told(gateway: Gateway) -> None:
    def send(customer: str, numbers: range, amount: str) -> None:
        orders = [
            {
                "customer_id": customer,
                "order_id": str(number),
                "ordered_at": f"1998-0{1 + number % 6}-03T09:00:00Z",
                "amount": amount,
            }
            for number in numbers
        ]
        answer = gateway.call("POST", "/orders", json_body={"orders": orders}).json
        assert answer["recorded"] == len(orders)

    for first in (0, 500):
        send("whale", range(first, first + 500), "999999999999.9999")
    send("somebody", range(2), "10")
    refund = {
        "customer_id": "somebody",
        "order_id": "refund",
        "ordered_at": "1998-03-01T09:00:00Z",
        "amount": "-30.5",
        "refund_of": "1",
    }
    answer = gateway.call("POST", "/orders", json_body={"orders": [refund]}).json
    assert answer["results"][0]["warning"]["code"] == "refunds_exceed_order"

    report = scoring(gateway.container)(sample("churn_scoring.scheduled"), LambdaContext())

    assert (report["state"], report["customers"]) == ("current", 1)
    left_out, over_refunded = report["warnings"]
    assert (left_out["count"], left_out["customer_ids"]) == (1, ["whale"])
    assert (over_refunded["total"], over_refunded["currency"]) == ("-20.50", "USD")
    assert gateway.call("GET", "/retention/model").json["runs"][0]["warnings"] == report["warnings"]
    last_run = gateway.call("GET", "/overview").json["attention"]["last_run"]
    assert last_run["warnings"] == [
        {name: each[name] for name in ("code", "message", "count")} for each in report["warnings"]
    ]
    assert gateway.call("GET", "/ltv/customers/whale").status == 404
    assert gateway.call("GET", "/ltv/customers/somebody").json["actual_clv"] == "-10.50"
    analysis = gateway.call("GET", "/ltv/analysis").json
    assert (analysis["total_customers"], analysis["total_revenue"]) == (1, "-10.50")
    grid = gateway.call(
        "GET",
        "/retention/cohorts",
        query="measure=revenue&start=1998-01-01&end=1998-01-31",
    )
    assert grid.status == 200
    brought = sum(float(cell["revenue"]) for cell in grid.json["cohorts"][0]["cells"])
    assert brought == pytest.approx(1000 * 999999999999.9999)


def test_the_same_event_again_changes_nothing(gateway: Gateway) -> None:
    score = scoring(gateway.container)
    event = sample("churn_scoring.scheduled")

    assert score(event, LambdaContext()) == score(event, LambdaContext())
    assert len(gateway.call("GET", "/retention/model").json["runs"]) == 1


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({"step": "publish"}, "step"),
        ({"step": "plan"}, "time"),
        ({"step": "score", "shard": 0}, "run_id"),
        ({"step": "score", "run_id": "r"}, "shard"),
        ({"step": "score", "run_id": "r", "shard": 16}, "shard"),
        ({"step": "score", "run_id": "r", "shard": True}, "shard"),
        ({"step": "finish", "run_id": 7}, "run_id"),
    ],
)
def test_a_step_that_there_is_not_is_refused(event: dict[str, Json], field: str) -> None:
    score = scoring(Container({"SUCCOTASH_STORAGE": "memory"}))

    with pytest.raises(InvalidInputError) as refused:
        score(event, LambdaContext())

    assert [each.field for each in refused.value.violations] == [field]


def test_a_run_goes_by_its_steps(gateway: Gateway) -> None:
    score = scoring(gateway.container)
    plan = score({"step": "plan", "time": "1998-07-01T00:00:00Z"}, LambdaContext())
    for shard in plan["shards"]:
        asked = {"step": "score", "run_id": plan["run_id"], "shard": shard}
        assert score(asked, LambdaContext())["customers"] == 0

    done = score({"step": "finish", "run_id": plan["run_id"]}, LambdaContext())

    assert (done["state"], done["customers"]) == ("current", 0)
