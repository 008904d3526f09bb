"""The table of scoring rules over HTTP, and the daily scoring."""

from typing import Any

import pytest

from lead_scoring import RESERVE, scoring
from succotash.application.leads.scoring import UnfinishedRescoringError
from succotash.errors import InvalidInputError
from tests.contexts import Context
from tests.events import sample
from tests.http.gateway import Gateway

RULES = "/leads/scoring-rules"
TABLE: dict[str, Any] = {
    "rules": [
        {
            "name": "large",
            "category": "fit",
            "criterion": "answer_is",
            "points": 60,
            "reason": "works for a large company",
            "fields": ["size"],
            "values": ["large"],
        }
    ],
    "hot_total": 50,
    "grades": {"A": 60, "B": 40, "C": 30, "D": 20},
}


def test_a_table_is_replaced_and_everybody_scored_by_it(gateway: Gateway) -> None:
    submission = {"email": "ada@acme.example", "size": "Large"}
    gateway.call("POST", "/forms/default/submissions", json_body=submission)
    before = gateway.call("GET", RULES).json
    assert (before["version"], before["grades"]) == (1, {"A": 80, "B": 65, "C": 50, "D": 35})

    answer = gateway.call("PUT", RULES, json_body=TABLE | {"replaces": 1})

    assert (answer.status, answer.json["version"]) == (200, 2)
    assert gateway.call("GET", RULES).json == answer.json
    rescored = gateway.call("POST", "/leads/rescoring", json_body={}).json
    assert (rescored["scored"], rescored["is_finished"]) == (1, True)
    [lead] = gateway.call("GET", "/leads").json["leads"]
    assert (lead["score"]["total"], lead["score"]["grade"]) == (60, "A")
    assert lead["score"]["points"][0]["reason"] == "works for a large company"
    assert lead["score"]["rules_version"] == 2


def test_what_was_read_from_the_table_can_be_put_back(gateway: Gateway) -> None:
    given = gateway.call("GET", RULES).json
    body = {name: given[name] for name in ("rules", "hot_total", "grades")}
    assert gateway.call("PUT", RULES, json_body=body).json["rules"] == given["rules"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rules": []}, "rules"),
        ({"rules": [TABLE["rules"][0] | {"points": 0}]}, "rules.0.points"),
        ({"rules": [TABLE["rules"][0] | {"points": "9"}]}, "rules.0.points"),
        ({"rules": [TABLE["rules"][0] | {"criterion": "luck"}]}, "rules.0.criterion"),
        ({"rules": [TABLE["rules"][0] | {"values": []}]}, "rules.0.values"),
        ({"rules": [TABLE["rules"][0] | {"script": "x"}]}, "rules.0.script"),
        ({"rules": TABLE["rules"] * 2}, "rules.1.name"),
        ({"grades": {"A": 10, "B": 40, "C": 30, "D": 20}}, "grades"),
        ({"hot_total": 101}, "hot_total"),
        ({"hot_total": True}, "hot_total"),
    ],
)
def test_a_table_that_makes_no_sense_changes_nothing(
    gateway: Gateway, change: dict[str, Any], field: str
) -> None:
    answer = gateway.call("PUT", RULES, json_body=TABLE | change)
    assert answer.status == 422
    assert field in {each["field"] for each in answer.json["errors"]}
    assert gateway.call("GET", RULES).json["version"] == 1


def test_a_table_that_another_replaced_first_is_a_conflict(gateway: Gateway) -> None:
    gateway.call("PUT", RULES, json_body=TABLE | {"replaces": 1})
    assert gateway.call("PUT", RULES, json_body=TABLE | {"replaces": 1}).status == 409


def test_the_daily_event_scores_as_of_its_time(gateway: Gateway) -> None:
    gateway.call("POST", "/forms/default/submissions", json_body={"email": "ada@acme.example"})
    answer = scoring(gateway.container)(sample("lead_scoring.scheduled"), Context(RESERVE + 1))
    assert (answer["as_of"], answer["is_finished"]) == ("1998-07-01T00:00:00Z", True)


def test_a_day_whose_time_runs_out_is_tried_again(gateway: Gateway) -> None:
    with pytest.raises(UnfinishedRescoringError):
        scoring(gateway.container)(sample("lead_scoring.scheduled"), Context(RESERVE))


def test_an_event_without_a_time_is_refused(gateway: Gateway) -> None:
    with pytest.raises(InvalidInputError):
        scoring(gateway.container)({"id": "1"}, Context(RESERVE + 1))
