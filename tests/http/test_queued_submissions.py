"""Submissions while the storage is away: through the function, with a queue in a file."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws

import form_intake
from succotash.application.intake.views import SubmissionView
from succotash.domain.forms.forms import DEFAULT_FORM, Form
from succotash.domain.leads.leads import LeadQuery
from succotash.domain.values import FormId
from succotash.infrastructure.files.submission_queue import FileSubmissionQueue
from tests.contexts import Context
from tests.events import Event, http_event, sample
from tests.failing_storage import FailingParts
from tests.http.gateway import Answered

PATH = "/forms/default/submissions"
ADA = {"email": "ada@example.com", "message": "hello"}
ORIGIN = "https://www.example.com"


def a_post(path: str = PATH, **given: Any) -> Event:  # noqa: ANN401 - of http_event
    return http_event("POST", path, route="/forms/{form_id}/submissions", **given)


class Desk:
    """The function with its queue."""

    def __init__(self, folder: Path, *, has_queue: bool = True) -> None:
        path = folder / "parked.db"
        self.now = time.time() + 60
        self.queue = FileSubmissionQueue(path, clock=lambda: self.now)
        queue = {"PARKING_QUEUE_URL": f"file:{path}"} if has_queue else {}
        self.parts = FailingParts({"SUCCOTASH_STORAGE": "memory", **queue})
        self.storage = self.parts.storage
        self.function = form_intake.intake(self.parts)

    def send(self, event: Event) -> Answered:
        answer = self.function(event, LambdaContext())
        return Answered(int(answer["statusCode"]), answer["headers"], answer["body"])

    def submit(
        self, body: Mapping[str, Any] = ADA, *, path: str = PATH, **headers: str
    ) -> Answered:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(a_post(path, json_body=body, headers=sent))

    def drain(self) -> int:
        """Let the function take what waits, as the event source mapping would; how many failed."""
        deliveries = self.queue.receive(10, seconds=60)
        records = [
            {
                "messageId": each.message_id,
                "body": each.text,
                "attributes": {
                    "MessageGroupId": each.group,
                    "ApproximateReceiveCount": str(each.receives),
                },
            }
            for each in deliveries
        ]
        answer = self.function({"Records": records}, Context(29_000))
        again = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        failed = [each for each in deliveries if each.message_id in again]
        self.queue.settle([each for each in deliveries if each not in failed], failed, pause=0)
        return len(failed)

    def stored(self, form_id: str = DEFAULT_FORM) -> list[SubmissionView]:
        return self.parts.get_form_handler().get_submissions(form_id)["submissions"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_submission_waits_and_is_stored_with_its_id_and_time(desk: Desk) -> None:
    desk.storage.is_away = True
    answer = desk.submit()
    assert answer.status == 202
    assert answer.json.keys() == {"submission_id", "form_id", "submitted_at"}
    desk.storage.is_away = False
    assert desk.drain() == 0
    [stored] = desk.stored()
    assert stored["submission_id"] == answer.json["submission_id"]
    assert stored["submitted_at"].isoformat().replace("+00:00", "Z") == answer.json["submitted_at"]
    assert (stored["state"], stored["answers"]) == ("accepted", ADA)
    assert stored["waited_until"] is not None
    assert stored["waited_until"] >= stored["submitted_at"]
    assert stored["lead_id"] is not None


def test_while_the_storage_is_away_nothing_is_taken_and_nothing_lost(desk: Desk) -> None:
    desk.storage.is_away = True
    for number in range(3):
        desk.submit({**ADA, "message": f"{number}"})
    for _ in range(20):
        assert desk.drain() == 3
        desk.now += 61
    desk.storage.is_away = False
    assert desk.drain() == 0
    assert [each["answers"]["message"] for each in reversed(desk.stored())] == ["0", "1", "2"]


def test_after_a_failure_nobody_waits_for_the_storage_for_a_while(desk: Desk) -> None:
    desk.storage.is_away = True
    desk.submit()
    asked = desk.storage.asked
    assert [desk.submit({**ADA, "message": f"{n}"}).status for n in range(5)] == [202] * 5
    assert desk.storage.asked == asked


def test_a_message_that_is_given_twice_is_stored_once(desk: Desk) -> None:
    desk.storage.is_away = True
    desk.submit()
    desk.storage.is_away = False
    [delivery] = desk.queue.receive(10, seconds=0)
    for _ in range(3):
        desk.parts.get_queued_intake().take([delivery])
    [stored] = desk.stored()
    assert stored["state"] == "accepted"
    [lead] = desk.storage.kept.repositories.forms.find_leads(LeadQuery())
    assert lead.lead.submission_count == 1


def test_a_commit_whose_answer_was_lost_is_not_made_twice(desk: Desk) -> None:
    desk.storage.answers_are_lost = True
    answer = desk.submit()
    desk.storage.answers_are_lost = False
    assert answer.status == 202
    assert desk.drain() == 0
    [stored] = desk.stored()
    assert (stored["submission_id"], stored["state"]) == (answer.json["submission_id"], "accepted")
    [lead] = desk.storage.kept.repositories.forms.find_leads(LeadQuery())
    assert lead.lead.submission_count == 1


def test_a_repetition_by_key_is_one_submission_whichever_way_each_went(desk: Desk) -> None:
    desk.storage.is_away = True
    told = [desk.submit(idempotency_key="k").json["submission_id"] for _ in range(2)]
    desk.storage.is_away = False
    desk.drain()
    [stored] = desk.stored()
    assert told == [stored["submission_id"]] * 2
    answer = desk.submit(idempotency_key="k")
    while answer.status == 202:  # the outage is remembered for some seconds
        desk.parts.__dict__.pop("_outage")
        answer = desk.submit(idempotency_key="k")
    assert (answer.status, answer.json["submission_id"]) == (201, stored["submission_id"])
    assert len(desk.stored()) == 1


def test_what_breaks_the_forms_rules_is_kept_in_quarantine_with_the_reasons(desk: Desk) -> None:
    desk.storage.is_away = True
    assert desk.submit({"email": "nobody", "note": "ada@example.com"}).status == 202
    desk.storage.is_away = False
    assert desk.drain() == 0
    [stored] = desk.stored()
    assert stored["state"] == "quarantined"
    assert "email" in str(stored["spam_reasons"])
    assert "nobody" not in str(stored["spam_reasons"])
    person = desk.storage.kept.repositories.forms.find_person("ada@example.com")
    assert len(person.submissions) == 1


def test_a_key_that_came_with_another_body_is_kept_in_quarantine(desk: Desk) -> None:
    desk.submit(idempotency_key="k")
    desk.storage.is_away = True
    assert desk.submit({**ADA, "message": "other"}, idempotency_key="k").status == 202
    desk.storage.is_away = False
    assert desk.drain() == 0
    newest, first = desk.stored()
    assert (newest["state"], first["state"]) == ("quarantined", "accepted")


def test_of_a_submission_to_a_form_that_does_not_exist_nothing_outlives_the_outage(
    desk: Desk,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk.storage.is_away = True
    answer = desk.submit(path="/forms/ada@example.com/submissions")
    assert answer.status == 202
    desk.storage.is_away = False
    assert desk.drain() == 0
    assert (desk.queue.count(), desk.queue.count("aside")) == (0, 0)
    assert all(b"ada@example.com" not in each.read_bytes() for each in tmp_path.glob("parked.db*"))
    told = capsys.readouterr().out
    assert '"SubmissionsDiscarded":[1.0]' in told.replace(" ", "")
    [line] = [each for each in caplog.messages if "discarded" in each]
    assert answer.json["submission_id"] in line
    assert "ada" not in told + caplog.text


def test_of_a_submission_whose_person_was_erased_nothing_outlives_the_outage(
    desk: Desk,
) -> None:
    desk.storage.is_away = True
    assert desk.submit().status == 202
    desk.storage.is_away = False
    desk.parts.get_people_handler().erase_person("ada@example.com")
    assert desk.drain() == 0
    assert (desk.queue.count(), desk.queue.count("aside"), desk.stored()) == (0, 0, [])


def test_what_can_be_refused_without_the_storage_is_refused(desk: Desk) -> None:
    desk.storage.is_away = True
    wrong = a_post(body="{", headers={"content-type": "application/json"})
    assert desk.send(wrong).status == 400
    assert desk.queue.count() == 0


def test_a_plain_page_is_thanked(desk: Desk) -> None:
    desk.storage.is_away = True
    event = a_post(
        body="email=ada%40example.com&message=hello",
        headers={"content-type": "application/x-www-form-urlencoded", "accept": "text/html"},
    )
    answer = desk.send(event)
    assert (answer.status, answer.headers["Location"]) == (303, "../../f/default/thanks")
    thanks = desk.send(http_event("GET", "/f/default/thanks", route="/f/{form_id}/thanks"))
    assert thanks.status == 200
    assert "<h1></h1>" not in thanks.body
    assert "Thank you" in thanks.body


def used_from_another_site(desk: Desk) -> str:
    """Where a form is posted whose origins the function has come to know."""
    form = Form(FormId("contact"), "Contact", allowed_origins=(ORIGIN,))
    desk.storage.kept.repositories.forms.save_form(form, [])
    path = "/forms/contact/submissions"
    assert desk.submit(path=path, origin=ORIGIN).status == 201
    return path


def test_pages_that_may_call_may_also_read_that_it_was_kept(desk: Desk) -> None:
    path = used_from_another_site(desk)
    desk.storage.is_away = True
    parked = desk.submit({**ADA, "message": "again"}, path=path, origin=ORIGIN)
    assert parked.status == 202
    assert parked.headers["Access-Control-Allow-Origin"] == ORIGIN
    other = desk.submit(path=path, origin="https://evil.example")
    assert "Access-Control-Allow-Origin" not in other.headers


def test_without_a_queue_the_sender_is_asked_to_come_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, has_queue=False)
    desk.storage.is_away = True
    answer = desk.submit()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


def test_a_page_that_may_call_may_read_that_it_shall_come_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, has_queue=False)
    path = used_from_another_site(desk)
    desk.storage.is_away = True
    answer = desk.submit({**ADA, "message": "again"}, path=path, origin=ORIGIN)
    assert answer.status == 503
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Expose-Headers"] == "Retry-After"


def test_where_the_queue_is_away_too_nothing_is_acknowledged(tmp_path: Path) -> None:
    (tmp_path / "parked.db").mkdir()
    desk = Desk(tmp_path)
    desk.storage.is_away = True
    assert desk.submit().status == 503


def test_the_sample_event_is_taken(desk: Desk) -> None:
    assert desk.function(sample("form_intake.parked"), Context(29_000)) == {"batchItemFailures": []}
    [stored] = desk.stored()
    assert (
        stored["answers"]["email"]
        == json.loads(sample("form_intake.parked")["Records"][0]["body"])["fields"]["email"]
    )


def test_on_sqs_a_submission_waits_and_is_stored_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        sqs = boto3.client("sqs")
        urls = [
            sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
            for name in ("parked", "failures")
        ]
        settings = {"PARKING_QUEUE_URL": urls[0], "PARKING_FAILURES_URL": urls[1]}
        parts = FailingParts({"SUCCOTASH_STORAGE": "memory", **settings})
        function = form_intake.intake(parts)
        parts.storage.is_away = True
        for path, message in ((PATH, "first"), ("/forms/unknown/submissions", "?"), (PATH, "2nd")):
            body = {**ADA, "message": message}
            assert function(a_post(path, json_body=body), Context(29_000))["statusCode"] == 202
        parts.storage.is_away = False
        received = sqs.receive_message(
            QueueUrl=urls[0], MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        )["Messages"]
        records = [
            {
                "messageId": each["MessageId"],
                "body": each["Body"],
                "attributes": each["Attributes"],
            }
            for each in received
        ]
        assert function({"Records": records}, Context(29_000)) == {"batchItemFailures": []}
        aside = sqs.receive_message(QueueUrl=urls[1]).get("Messages", [])
    stored = parts.get_form_handler().get_submissions(DEFAULT_FORM)["submissions"]
    assert [each["answers"]["message"] for each in reversed(stored)] == ["first", "2nd"]
    assert aside == []
