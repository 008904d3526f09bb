"""What became of campaigns' messages, over HTTP."""

import json

import pytest

from succotash.domain.campaigns.assignment import Arm
from succotash.domain.campaigns.members import MemberMark, MemberState
from succotash.domain.values import CampaignId, Json, MessageId
from tests.builders import NOON
from tests.builders.campaigns import a_running_campaign, add_people, terms
from tests.http.campaigns import CAMPAIGNS
from tests.http.gateway import Gateway
from tests.http.problems import require_problem

CAMPAIGN = CampaignId("campaign")
PATH = f"{CAMPAIGNS}/{CAMPAIGN}/outcomes"


@pytest.fixture
def arms(gateway: Gateway) -> dict[Arm, list[str]]:
    """Messages that were sent, and keys of holdouts."""
    retention = gateway.container.storage.repositories.retention
    retention.save_retention_campaign(a_running_campaign())
    add_people(gateway.container.storage.repositories, [f"p{number}" for number in range(20)])
    retention.assign_members(terms(holdout=0.5), "dispatch")
    members = retention.get_campaign_members(CAMPAIGN, limit=20)
    arms = {arm: [each.person_key for each in members if each.arm is arm] for arm in Arm}
    retention.mark_members(
        [MemberMark(CAMPAIGN, MessageId(each), MemberState.SENT) for each in arms[Arm.TREATMENT]]
    )
    return arms


def an_outcome(message_id: str, kind: str = "opened", **others: Json) -> dict[str, Json]:
    return {"message_id": message_id, "kind": kind, "at": NOON.isoformat()} | others


def test_outcomes_feed_rates_and_repeats_change_nothing(
    gateway: Gateway, arms: dict[Arm, list[str]]
) -> None:
    first, second = arms[Arm.TREATMENT][:2]
    batch: Json = {
        "outcomes": [
            an_outcome(first, "delivered", id="a"),
            an_outcome(second, "delivered"),
            an_outcome(first),
        ]
    }
    answer = gateway.call("POST", PATH, json_body=batch)
    assert (answer.status, answer.json["recorded"]) == (200, 3)
    assert answer.json["results"][0] == {"index": 0, "id": "a", "status": "recorded"}
    assert gateway.call("POST", PATH, json_body=batch).json["unchanged"] == 3

    found = gateway.call("GET", f"{CAMPAIGNS}/{CAMPAIGN}/performance").json

    sent = len(arms[Arm.TREATMENT])
    assert found["delivered_rate"] == pytest.approx(2 / sent, abs=1e-4)
    assert found["open_rate"] == pytest.approx(1 / sent, abs=1e-4)
    assert (found["metrics"]["delivered"], found["metrics"]["opened"]) == (2, 1)
    summary = gateway.call("GET", CAMPAIGNS).json["summary"]["metrics"]
    assert (summary["delivered"], summary["opened"]) == (2, 1)


def test_a_holdout_is_refused_as_a_message_that_there_never_was(
    gateway: Gateway, arms: dict[Arm, list[str]]
) -> None:
    items: Json = [an_outcome(arms[Arm.HOLDOUT][0]), an_outcome("unknown")]
    answer = gateway.call("POST", PATH, json_body={"outcomes": items})
    assert (answer.status, answer.json["rejected"]) == (200, 2)
    held_out, unknown = (each["errors"] for each in answer.json["results"])
    assert held_out == unknown
    assert held_out[0]["message"] == "Not a message that this campaign sent"


def test_each_line_of_ndjson_is_read_by_itself(
    gateway: Gateway, arms: dict[Arm, list[str]]
) -> None:
    message_id = arms[Arm.TREATMENT][0]
    lines = [
        json.dumps(an_outcome(message_id, "read")),
        json.dumps(an_outcome(message_id, company="x", id="b")),
        "{",
        json.dumps(an_outcome(message_id)),
    ]
    answer = gateway.call(
        "POST", PATH, body="\n".join(lines), headers={"content-type": "application/x-ndjson"}
    )
    statuses = [each["status"] for each in answer.json["results"]]
    assert statuses == ["rejected", "rejected", "rejected", "recorded"]
    assert [each["errors"][0]["field"] for each in answer.json["results"][:2]] == [
        "kind",
        "company",
    ]


def test_too_many_items_and_an_unknown_campaign_are_refused(gateway: Gateway) -> None:
    one: Json = an_outcome("unknown")
    require_problem(
        gateway.call("POST", PATH, json_body={"outcomes": [one] * 501}), 422, "invalid-input"
    )
    require_problem(gateway.call("POST", PATH, json_body={"outcomes": [one]}), 404, "not-found")
