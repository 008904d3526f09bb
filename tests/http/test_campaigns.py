"""Campaigns over HTTP: defining them, changing them, previews and dispatches."""

from collections import Counter

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from campaign_dispatch import dispatching
from succotash.domain.campaigns.campaigns import CampaignMetrics
from succotash.domain.messages.events import detail_of
from succotash.domain.messages.outbox import MessageKind
from succotash.domain.values import CampaignId, Json
from tests.builders import NOON, a_lead, days
from tests.builders.campaigns import add_people, email_of
from tests.http.campaigns import AUDIENCE, CAMPAIGNS, MESSAGE, READY, create
from tests.http.gateway import Answered, Gateway
from tests.http.problems import require_problem

HOOK = "https://1.1.1.1/hook"
"""An address of the internet, which is looked up nowhere."""


def test_a_campaign_is_drafted_started_and_completed(gateway: Gateway) -> None:
    path = create(gateway, **READY, starts_at="2024-05-06T12:00:00+02:00")

    started = gateway.call("PATCH", path, json_body={"status": "active"})
    completed = gateway.call("PATCH", path, json_body={"status": "completed"})
    again = gateway.call("PATCH", path, json_body={"status": "active"})

    assert started.json["status"] == "active"
    assert len(started.json["looks"]) == 4
    assert started.json["activated_at"] is not None
    assert completed.json["status"] == "completed"
    require_problem(again, 409, "illegal-transition")
    listed = gateway.call("GET", CAMPAIGNS, query="status=completed").json["campaigns"]
    assert [each["campaign_id"] for each in listed] == [completed.json["campaign_id"]]
    found = gateway.call("GET", path).json
    assert set(found.pop("members").values()) == {0}
    assert found == completed.json


@pytest.mark.parametrize(
    ("channel", "setting"),
    [
        ({"channel": "bus"}, "EVENT_BUS"),
        ({"channel": "email"}, "MAIL_FROM"),
        ({"channel": "webhook", "webhook_url": HOOK}, "WEBHOOK_SECRET_ARN"),
    ],
)
def test_a_channel_that_nothing_sends_by_is_not_activated(
    channel: dict[str, Json], setting: str
) -> None:
    gateway = Gateway({"SUCCOTASH_STORAGE": "memory"})
    path = create(gateway, **READY, **channel)
    refused = gateway.call("PATCH", path, json_body={"status": "active"})
    problem = require_problem(refused, 409, "conflict")
    assert problem["detail"].endswith(f"need the setting {setting}.")
    assert gateway.call("GET", path).json["status"] == "draft"


def test_a_campaign_by_webhook_needs_an_address_and_may_change_it(gateway: Gateway) -> None:
    path = create(gateway, **READY, channel="webhook")
    refused = gateway.call("PATCH", path, json_body={"status": "active"})
    [error] = require_problem(refused, 422, "invalid-input")["errors"]
    assert (error["field"], error["code"]) == ("webhook_url", "required_to_activate")
    started = gateway.call("PATCH", path, json_body={"status": "active", "webhook_url": HOOK})
    assert (started.status, started.json["status"]) == (200, "active")
    other = f"{HOOK}/other"
    assert gateway.call("PATCH", path, json_body={"webhook_url": other}).json["webhook_url"] == (
        other
    )


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://10.0.0.1/hook", "private_address"),
        ("https://localhost/hook", "private_address"),
        ("https://[::ffff:169.254.169.254]/", "private_address"),
        ("https://[64:ff9b::a9fe:a9fe]/", "private_address"),
        ("https://user@1.1.1.1/", "webhook_url"),
        ("https://1.1.1.1:8443/", "webhook_port"),
        ("https://nowhere.invalid/", "unknown_host"),
    ],
)
def test_an_address_that_may_not_be_called_is_refused_and_changes_nothing(
    url: str, code: str, gateway: Gateway
) -> None:
    path = create(gateway, channel="webhook")
    before = gateway.call("GET", path).json
    for method, at in (("PATCH", path), ("POST", CAMPAIGNS)):
        body: Json = {"name": "New", "channel": "webhook", "webhook_url": url}
        answer = gateway.call(method, at, json_body=body)
        [error] = require_problem(answer, 422, "invalid-input")["errors"]
        assert (error["field"], error["code"]) == ("webhook_url", code)
    assert gateway.call("GET", path).json == before
    assert len(gateway.call("GET", CAMPAIGNS).json["campaigns"]) == 1


def test_a_campaign_comes_back_as_it_was_defined(gateway: Gateway) -> None:
    parts: dict[str, Json] = {
        "audience": AUDIENCE,
        "message": MESSAGE,
        "channel": "webhook",
        "webhook_url": HOOK,
        "budget": {"cost_per_message": "0.05", "total": "12.50", "currency": "USD"},
        "frequency_cap": {"messages": 2, "days": 7},
        "quiet_hours": {"starts": "21:00", "ends": "08:30"},
        "holdout_share": 0.2,
        "attribution_days": 14,
        "looks": ["2998-01-01T00:00:00Z", "2998-02-01T00:00:00Z"],
    }
    found = gateway.call("GET", create(gateway, **parts)).json
    assert {name: found[name] for name in parts} == parts


def test_only_a_draft_is_deleted(gateway: Gateway) -> None:
    path, active = create(gateway), create(gateway, **READY)
    gateway.call("PATCH", active, json_body={"status": "active"})

    assert gateway.call("DELETE", path).status == 204
    require_problem(gateway.call("GET", path), 404, "not-found")
    require_problem(gateway.call("DELETE", path), 404, "not-found")
    require_problem(gateway.call("DELETE", active), 409, "conflict")


BAD: list[tuple[dict[str, Json], str, str]] = [
    ({"name": None}, "name", "string_type"),
    ({"status": "sent"}, "status", "enum"),
    ({"metrics": {"targeted": 1}}, "metrics", "figures_not_taken"),
    ({"metrics": None}, "metrics", "figures_not_taken"),
    ({"audience": {"field": "age"}}, "audience.operator", "missing"),
    (
        {"audience": {"field": "age", "operator": ">", "value": 1}},
        "audience.field",
        "unknown_audience_field",
    ),
    (
        {"audience": {"any": [{"field": "purchases", "operator": "!=", "value": 1}]}},
        "audience.any.0.operator",
        "unknown_operator",
    ),
    (
        {"audience": {"field": "cohort", "operator": "<", "value": "2024-01"}},
        "audience.operator",
        "operator_not_for_field",
    ),
    (
        {"audience": {"field": "risk_level", "operator": "=", "value": "huge"}},
        "audience.value",
        "unknown_value",
    ),
    (
        {"audience": {"field": "churn_probability", "operator": ">", "value": 2}},
        "audience.value",
        "probability",
    ),
    ({"audience": {"all": []}}, "audience.all", "audience_group"),
    ({"audience": {"all": [AUDIENCE], "more": 1}}, "audience.more", "unknown_field"),
    ({"audience": {"customer_ids": []}}, "audience.customer_ids", "customer_ids"),
    ({"audience": {"customer_ids": ["x"] * 10_001}}, "audience.customer_ids", "customer_ids"),
    (
        {"message": MESSAGE | {"text": "{{ password }}"}},
        "message.text",
        "unknown_template_field",
    ),
    ({"message": MESSAGE | {"text": "{{ first_name"}}, "message.text", "template_syntax"),
    (
        {"message": MESSAGE | {"html": '<a title="{{ first_name }}">'}},
        "message.html",
        "template_field_place",
    ),
    ({"webhook_url": HOOK}, "webhook_url", "not_for_channel"),
    ({"channel": "webhook", "webhook_url": "http://example.com"}, "webhook_url", "webhook_url"),
    (
        {"budget": {"cost_per_message": "0", "total": "1"}},
        "budget.cost_per_message",
        "not_positive",
    ),
    (
        {"budget": {"cost_per_message": "1", "total": "1", "currency": "EUR"}},
        "budget.total",
        "currency_mismatch",
    ),
    ({"frequency_cap": {"messages": 0, "days": 7}}, "frequency_cap.messages", "out_of_range"),
    (
        {"quiet_hours": {"starts": "9", "ends": "10:00"}},
        "quiet_hours.starts",
        "string_pattern_mismatch",
    ),
    ({"quiet_hours": {"starts": "10:00", "ends": "10:00"}}, "quiet_hours", "empty_range"),
    ({"holdout_share": 0.51}, "holdout_share", "out_of_range"),
    ({"attribution_days": 0}, "attribution_days", "out_of_range"),
    (
        {"looks": ["2998-02-01T00:00:00Z", "2998-01-01T00:00:00Z"]},
        "looks",
        "not_ascending",
    ),
    (
        {"starts_at": "2024-05-06T12:00:00Z", "ends_at": "2024-05-05T12:00:00Z"},
        "ends_at",
        "range_reversed",
    ),
    ({"status": "active"}, "message", "required_to_activate"),
    (
        {"target_segment": "at_risk", "audience": {"customer_ids": ["c"]}},
        "audience",
        "audience_and_target",
    ),
]


@pytest.mark.parametrize(("change", "field", "code"), BAD)
def test_a_change_that_makes_no_sense_is_refused_and_changes_nothing(
    change: dict[str, Json], field: str, code: str, gateway: Gateway
) -> None:
    path = create(gateway)
    before = gateway.call("GET", path).json

    answer = gateway.call("PATCH", path, json_body=change)

    errors = require_problem(answer, 422, "invalid-input")["errors"]
    assert (field, code) in [(each["field"], each["code"]) for each in errors]
    assert gateway.call("GET", path).json == before


@pytest.mark.parametrize(("change", "field"), [(each[0], each[1]) for each in BAD[4:-2]])
def test_a_campaign_that_makes_no_sense_is_not_created(
    change: dict[str, Json], field: str, gateway: Gateway
) -> None:
    answer = gateway.call("POST", CAMPAIGNS, json_body={"name": "Come back"} | change)

    errors = require_problem(answer, 422, "invalid-input")["errors"]
    assert field in [each["field"] for each in errors]
    assert gateway.call("GET", CAMPAIGNS).json["campaigns"] == []


def test_a_campaign_is_not_created_with_figures(gateway: Gateway) -> None:
    body: Json = {"name": "Come back", "metrics": {"targeted": 1}}
    answer = gateway.call("POST", CAMPAIGNS, json_body=body)
    assert require_problem(answer, 422, "invalid-input")["errors"][0]["field"] == "metrics"


@pytest.mark.parametrize(
    "change",
    [
        {"audience": {"field": "purchases", "operator": ">", "value": 3}},
        {"target_risk_level": "low"},
        {"message": MESSAGE | {"subject": "Other"}},
        {"holdout_share": 0.2},
        {"looks": ["2998-06-01T00:00:00Z"]},
        {"channel": "bus"},
        {"starts_at": "2997-01-01T00:00:00Z"},
    ],
)
def test_what_decides_who_is_written_to_stays_once_a_campaign_is_active(
    change: dict[str, Json], gateway: Gateway
) -> None:
    path = create(gateway, **READY)
    before = gateway.call("PATCH", path, json_body={"status": "active"}).json

    [name] = change
    problem = require_problem(gateway.call("PATCH", path, json_body=change), 409, "conflict")

    assert problem["detail"].lower() == f"{name} cannot change once a campaign was activated."
    after = gateway.call("GET", path).json
    assert after == before | {"members": after["members"]}
    # The same again is no change; what decides nothing may change.
    same = {"audience": AUDIENCE, "budget": {"cost_per_message": "1", "total": "9"}}
    assert gateway.call("PATCH", path, json_body=same).json["budget"]["total"] == "9.00"


class TestStatesOfADraft:
    """What two people who work on a draft at the same time are told."""

    def change(self, gateway: Gateway, path: str, change: Json, tag: str) -> Answered:
        return gateway.call("PATCH", path, json_body=change, headers={"If-Match": tag})

    def test_the_state_that_was_read_is_changed_once(self, gateway: Gateway) -> None:
        path = create(gateway, **READY)
        tag = gateway.call("GET", path).headers["ETag"]
        assert self.change(gateway, path, {"name": "One"}, tag).status == 200

        refused = self.change(gateway, path, {"name": "Two"}, tag)
        require_problem(refused, 412, "precondition-failed")
        require_problem(
            gateway.call("DELETE", path, headers={"If-Match": tag}), 412, "precondition-failed"
        )
        found = gateway.call("GET", path)
        assert found.json["name"] == "One"
        now = {"If-Match": found.headers["ETag"]}
        assert gateway.call("DELETE", path, headers=now).status == 204

    def test_a_draft_is_activated_as_it_was_read(self, gateway: Gateway) -> None:
        path = create(gateway, **READY)
        tag = gateway.call("GET", path).headers["ETag"]
        message = {"subject": "Another", "text": "{{ unsubscribe_url }}"}
        assert gateway.call("PATCH", path, json_body={"message": message}).status == 200

        refused = self.change(gateway, path, {"status": "active"}, tag)
        require_problem(refused, 412, "precondition-failed")
        assert gateway.call("GET", path).json["status"] == "draft"

    def test_figures_that_change_by_themselves_are_no_other_state(self, gateway: Gateway) -> None:
        path = create(gateway, **READY)
        gateway.call("PATCH", path, json_body={"status": "active"})
        before = gateway.call("GET", path)
        campaigns = gateway.container.storage.repositories.retention
        campaign_id = CampaignId(before.json["campaign_id"])
        campaigns.update_campaign_metrics(campaign_id, CampaignMetrics(targeted=3, sent=2))

        after = gateway.call("GET", path)
        assert after.json["metrics"]["sent"] == 2
        assert after.headers["ETag"] == before.headers["ETag"]
        paused = self.change(gateway, path, {"status": "paused"}, before.headers["ETag"])
        assert paused.json["status"] == "paused"


def test_a_preview_says_how_many_are_reached_and_shows_what_they_read(gateway: Gateway) -> None:
    repositories = gateway.container.storage.repositories
    lead = a_lead("l", email=email_of("ada"), first_name="<Ada>")
    repositories.forms.save_lead(lead)
    add_people(repositories, ["ada"], at_risk="99")
    add_people(repositories, ["b", "c", "d"])
    add_people(repositories, ["silent"], with_consent=False)
    path = create(gateway, **READY, holdout_share=0)

    preview = gateway.call("POST", f"{path}/preview").json

    assert (preview["reached"], preview["held_out"]) == (4, 0)
    assert {name: people for name, people in preview["not_reached"].items() if people} == {
        "no_consent": 1
    }
    assert [each["subject"] for each in preview["samples"]] == [
        "Hello <Ada>",
        "Hello there",
        "Hello there",
    ]
    assert "We miss you, &lt;Ada&gt;." in preview["samples"][0]["html"]
    require_problem(gateway.call("POST", f"{create(gateway)}/preview"), 422, "invalid-input")
    require_problem(gateway.call("POST", f"{CAMPAIGNS}/nowhere/preview"), 404, "not-found")


def test_a_dispatch_is_asked_for_and_assigns_everybody_once(gateway: Gateway) -> None:
    storage = gateway.container.storage
    add_people(storage.repositories, [f"p{number}" for number in range(20)])
    path = create(gateway, **READY, holdout_share=0.4)
    require_problem(gateway.call("POST", f"{path}/dispatch"), 409, "conflict")
    gateway.call("PATCH", path, json_body={"status": "active"})

    asked = gateway.call("POST", f"{path}/dispatch")
    assert asked.status == 202
    later = NOON + days(400_000)
    [taken] = storage.repositories.outbox.take(later - days(1), later, limit=10)
    assert taken.message.kind == MessageKind.CAMPAIGN_DISPATCH_REQUESTED

    dispatch = dispatching(gateway.container)
    event = {"id": "e", "detail-type": taken.message.kind, "detail": detail_of(taken.message)}
    first = dispatch(event, LambdaContext())
    again = dispatch({"id": "f", "detail-type": "scoring.finished"}, LambdaContext())

    [report] = first["campaigns"]
    assert report["assigned"] == 20
    assert 0 < report["queued"] < 20
    assert [each["assigned"] for each in again["campaigns"]] == [0]
    assert gateway.call("GET", path).json["metrics"]["targeted"] == report["queued"]
    waiting = storage.repositories.outbox.take(later, later, limit=100)
    kinds = Counter(each.message.kind for each in waiting)
    assert kinds[MessageKind.CAMPAIGN_MESSAGE] == report["queued"]
    assert gateway.call("POST", f"{path}/preview").json["not_reached"]["already_assigned"] == 20


def test_a_dispatch_of_a_campaign_that_is_gone_or_paused_does_nothing(gateway: Gateway) -> None:
    add_people(gateway.container.storage.repositories, ["a"])
    path = create(gateway, **READY)
    for status in ("active", "paused"):
        gateway.call("PATCH", path, json_body={"status": status})
    dispatch = dispatching(gateway.container)

    def asked(campaign_id: str) -> list[dict[str, Json]]:
        event = {
            "id": "e",
            "detail-type": MessageKind.CAMPAIGN_DISPATCH_REQUESTED,
            "detail": {"campaign_id": campaign_id},
        }
        campaigns: list[dict[str, Json]] = dispatch(event, LambdaContext())["campaigns"]
        return campaigns

    campaign_id = path.rpartition("/")[2]
    [report] = asked(campaign_id)
    assert (report["campaign_id"], report["assigned"], report["queued"]) == (campaign_id, 0, 0)
    assert asked("nowhere") == []
