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
