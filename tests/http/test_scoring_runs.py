"""Scoring runs on request over HTTP."""

from datetime import timedelta

import pytest

from succotash.domain.messages.outbox import MessageKind
from tests.builders import NOON
from tests.http.gateway import Gateway
from tests.http.problems import require_problem


def test_a_run_is_asked_for_followed_and_told_to_who_starts_it(gateway: Gateway) -> None:
    asked = gateway.call("POST", "/scoring/runs", json_body={"as_of": "2024-05-01T12:00:00Z"})
    assert (asked.status, asked.json["state"]) == (202, "planned")
    address = asked.headers["Location"]
    assert address == "/scoring/runs/2024-05-01T12%3A00%3A00Z"
    run_id = asked.json["run_id"]
    followed = gateway.call("GET", f"/scoring/runs/{run_id}")
    assert followed.json == asked.json
    assert gateway.call("GET", "/scoring/runs").json["runs"] == [asked.json]
    outbox = gateway.container.storage.repositories.outbox
    until = gateway.container.now() + timedelta(minutes=1)
    [taken] = outbox.take(gateway.container.now(), until, limit=9)
    assert taken.message.kind == MessageKind.SCORING_REQUESTED
    assert taken.message.payload == {"run_id": run_id, "time": "2024-05-01T12:00:00Z"}


def test_while_a_run_is_under_way_its_address_is_told(gateway: Gateway) -> None:
    first = gateway.call("POST", "/scoring/runs", json_body={})
    second = gateway.call("POST", "/scoring/runs", json_body={"as_of": "now"})
    require_problem(second, 409, "run-in-progress")
    assert second.headers["Location"] == first.headers["Location"]


@pytest.mark.parametrize("as_of", ["tomorrow", "2998-01-01T00:00:00Z", "2030-01-01T00:00:00Z", 5])
def test_no_other_instant_is_taken(gateway: Gateway, as_of: object) -> None:
    refused = gateway.call("POST", "/scoring/runs", json_body={"as_of": as_of})
    assert refused.status == 422
    assert [each["field"] for each in refused.json["errors"]] == ["as_of"]


def test_an_unknown_run_is_not_found(gateway: Gateway) -> None:
    assert gateway.call("GET", f"/scoring/runs/{NOON.isoformat()}").status == 404


def test_reading_risks_starts_nothing(gateway: Gateway) -> None:
    refused = gateway.call("POST", "/scoring/runs", json_body={}, scopes=["retention:read"])
    assert refused.status == 403
