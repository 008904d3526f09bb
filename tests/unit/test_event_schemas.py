"""Events as their schemas describe them: messages are made by the use cases that write them."""

import copy
from dataclasses import replace

import jsonschema_rs
import pytest

from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.leads.leads import LeadStatus
from succotash.domain.messages.events import detail_of
from succotash.domain.messages.outbox import (
    MessageKind,
    OutboxMessage,
    run_message,
    run_request_message,
    status_message,
    submission_messages,
)
from succotash.domain.messages.quarantine import QuarantineDigest
from succotash.domain.values import FormId, LeadId, RunId, SubmissionId
from tests.builders import NOON, a_lead, a_submission
from tests.http.campaigns import READY, create
from tests.http.gateway import Gateway
from tests.schemas import FOLDER, check_event, schema_of


def a_told_submission(state: SubmissionState) -> list[OutboxMessage]:
    submission = replace(
        a_submission("submission-1", state=state),
        lead_id=LeadId("lead-1") if state is SubmissionState.ACCEPTED else None,
        duplicate_of=SubmissionId("first") if state is SubmissionState.DUPLICATE else None,
    )
    return [
        each
        for is_new in (True, False)
        for each in submission_messages(submission, NOON, lead_is_new=is_new)
    ]


def a_requested_dispatch() -> OutboxMessage:
    gateway = Gateway()
    path = create(gateway, **READY)
    gateway.call("PATCH", path, json_body={"status": "active"})
    assert gateway.call("POST", f"{path}/dispatch").status == 202
    outbox = gateway.container.storage.repositories.outbox
    now = gateway.container.now()
    [taken] = outbox.take(now, now, limit=9)
    return taken.message


@pytest.fixture(scope="module")
def made() -> list[OutboxMessage]:
    """At least one message of each kind but for those to members, which have tests of their own."""
    messages = [each for state in SubmissionState for each in a_told_submission(state)]
    messages += [
        status_message(f"lead-1:{status}", replace(a_lead("lead-1"), status=status), NOON)
        for status in LeadStatus
    ]
    messages += [
        QuarantineDigest(FormId("contact"), since, NOON, 3).message for since in (None, NOON)
    ]
    messages += [
        run_request_message("request", RunId("run"), NOON, NOON),
        run_message(RunId("run"), NOON, 12),
    ]
    return [*messages, a_requested_dispatch()]


def test_what_is_written_is_what_its_schema_describes(made: list[OutboxMessage]) -> None:
    for message in made:
        check_event(message.kind, detail_of(message))


def test_every_kind_has_a_schema_and_every_schema_a_kind(made: list[OutboxMessage]) -> None:
    assert {each.kind for each in made} == set(MessageKind) - {MessageKind.CAMPAIGN_MESSAGE}
    files = {each.name for each in FOLDER.iterdir()}
    assert files == {f"{kind.replace('.', '_')}.v1.json" for kind in (*MessageKind, "webhook")}


@pytest.mark.parametrize("kind", [*MessageKind, "webhook"])
def test_a_schema_is_one_itself_and_lets_names_be_added(kind: str) -> None:
    schema = copy.deepcopy(dict(schema_of(kind)))
    schema["properties"].pop("data", None)
    assert jsonschema_rs.meta.is_valid(schema)
    assert schema["title"] in {kind, "A webhook's body"}
    assert "additionalProperties" not in schema
