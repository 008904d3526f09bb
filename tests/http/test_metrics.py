"""What an invocation counted, in CloudWatch's embedded metric format."""

import json
from typing import Any

import pytest

from succotash.http.invocations import invocation
from succotash.observation import Metric, count
from tests.http.gateway import Gateway

ORDER = {
    "order_id": "o-1",
    "customer_id": "c-1",
    "ordered_at": "2026-01-05T10:00:00Z",
    "amount": "12.50",
    "email": "ada@example.com",
}


def published(text: str) -> list[dict[str, Any]]:
    """Metrics among the lines of the log, without what says where they belong."""
    return [json.loads(line) for line in text.splitlines() if '"_aws"' in line]


def test_orders_are_counted_by_what_became_of_them(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    for amount in ("12.50", "12.50", "13.00"):
        orders = [{**ORDER, "amount": amount}, {**ORDER, "order_id": "o-2", "amount": "-1"}]
        assert gateway.call("POST", "/orders", json_body={"orders": orders}).status == 200

    [first, second, third] = published(capsys.readouterr().out)
    assert first["OrdersRecorded"] == [1.0]
    assert second["OrdersUnchanged"] == [1.0]
    assert third["OrdersConflicting"] == [1.0]
    assert all(each["OrdersRejected"] == [1.0] for each in (first, second, third))
    [directive] = first["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Succotash"
    assert directive["Dimensions"] == [["service"]]
    assert first["service"] == "event_intake"


def test_no_metric_holds_what_a_person_sent(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.call("POST", "/orders", json_body={"orders": [ORDER]})

    text = capsys.readouterr().out
    assert published(text)
    assert "ada@" not in text
    assert "c-1" not in text


def test_a_request_that_counts_nothing_publishes_nothing(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.call("GET", "/health")

    assert published(capsys.readouterr().out) == []


def test_what_was_counted_before_a_failure_is_published(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with invocation("churn_scoring", "event-1"):
            count(Metric.RUN_SECONDS, 90)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    [metrics] = published(capsys.readouterr().out)
    assert metrics["RunSeconds"] == [90.0]
    [directive] = metrics["_aws"]["CloudWatchMetrics"]
    assert directive["Metrics"] == [{"Name": "RunSeconds", "Unit": "Seconds"}]


def test_submissions_are_counted_by_what_became_of_them(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "/forms/default/submissions"
    ada = {"email": "ada@example.com"}
    for body in (ada, ada, {"email": "nobody"}, {"email": "bot@example.com", "website": "spam"}):
        gateway.call("POST", path, json_body=body, scopes=None)

    lines = published(capsys.readouterr().out)
    counted = [{name for name in each if name.startswith(("Subm", "Lead"))} for each in lines]
    assert counted[:3] == [
        {"SubmissionsAccepted", "Leads"},
        {"SubmissionsDuplicate"},
        {"SubmissionsRefused"},
    ]
    assert counted[3] <= {"SubmissionsQuarantined", "SubmissionsAccepted", "Leads"}
