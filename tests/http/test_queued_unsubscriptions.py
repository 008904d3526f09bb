"""Unsubscribing while the storage is away: nothing that was acknowledged is lost."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

import form_intake
from succotash.domain.values import CampaignId, system_clock
from succotash.infrastructure.files.submission_queue import FileSubmissionQueue
from tests.builders import a_consent
from tests.contexts import Context
from tests.events import Event, http_event, sample
from tests.failing_storage import FailingParts
from tests.http.gateway import Answered

ADA = "ada@example.com"
CAMPAIGN = CampaignId("01990000-0000-7000-8000-000000000001")
FORM = {"content-type": "application/x-www-form-urlencoded"}


class Desk:
    """The function with its queue, and somebody who said yes."""

    def __init__(self, folder: Path, *, has_queue: bool = True) -> None:
        path = folder / "queue.db"
        self.queue = FileSubmissionQueue(path)
        queue = {"PARKING_QUEUE_URL": f"file:{path}"} if has_queue else {}
        keys = {"FORM_TOKEN_KEYS": "a-key-that-nobody-guesses"}
        self.parts = FailingParts({"SUCCOTASH_STORAGE": "memory"} | keys | queue)
        self.storage = self.parts.storage
        self.function = form_intake.intake(self.parts)
        self.say_yes("yes", days=3)
        self.token = self.parts.get_unsubscriptions().token(ADA, CAMPAIGN)

    def say_yes(self, consent_id: str, *, days: float = 0) -> None:
        yes = a_consent(consent_id, occurred_at=system_clock() - timedelta(days=days))
        self.parts.get_consent_records().record_consents([yes])

    def send(self, method: str, body: str | None = None) -> Answered:
        event: Event = http_event(
            method, f"/u/{self.token}", body=body, headers=FORM, route="/u/{token}"
        )
        answer = self.function(event, LambdaContext())
        return Answered(int(answer["statusCode"]), answer["headers"], answer["body"])

    def unsubscribe(self, body: str = "List-Unsubscribe=One-Click") -> Answered:
        return self.send("POST", body)

    def drain(self) -> int:
        """Let the function take what waits; how many failed."""
        deliveries = self.queue.receive(10, seconds=0)
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
        self.queue.settle([each for each in deliveries if each.message_id not in again], [], 0)
        return len(again)

    def holding(self) -> dict[str, str]:
        consents = self.storage.kept.repositories.consents
        return {each.purpose: each.state for each in consents.get_current_consents(ADA)}

    def suppressed(self) -> list[str]:
        keys = self.parts.keys.tombstones.of_suppression(ADA)
        found = self.storage.kept.repositories.consents.find_suppressions(keys)
        return [each.purpose for each in found]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_it_is_acknowledged_and_recorded_once_the_storage_is_back(desk: Desk) -> None:
    desk.storage.is_away = True
    assert desk.send("GET").status == 200
    answer = desk.unsubscribe()
    assert answer.status == 200
    assert "You are unsubscribed" in answer.body
    assert desk.holding() == {"marketing": "granted"}
    assert desk.drain() == 1
    desk.storage.is_away = False
    assert desk.drain() == 0
    assert desk.holding() == {"marketing": "denied"}
    assert desk.suppressed() == ["marketing"]


def test_what_waits_names_nobody(desk: Desk) -> None:
    desk.storage.is_away = True
    desk.unsubscribe("from=campaign")
    [delivery] = desk.queue.receive(10, seconds=0)
    assert "ada" not in delivery.text
    assert json.loads(delivery.text)["scope"] == "campaign"


def test_a_message_that_is_given_twice_is_recorded_once(desk: Desk) -> None:
    desk.storage.is_away = True
    desk.unsubscribe()
    desk.storage.is_away = False
    [delivery] = desk.queue.receive(10, seconds=0)
    for _ in range(3):
        assert desk.parts.get_queued_intake().take([delivery]).taken == 1
    history = desk.storage.kept.repositories.consents.get_consents(ADA)
    assert [each.origin for each in history] == ["form", "link"]


def test_a_commit_whose_answer_was_lost_is_recorded_once(desk: Desk) -> None:
    desk.storage.answers_are_lost = True
    assert desk.unsubscribe().status == 200
    desk.storage.answers_are_lost = False
    assert desk.drain() == 0
    history = desk.storage.kept.repositories.consents.get_consents(ADA)
    assert [each.origin for each in history] == ["form", "link"]


def test_a_yes_that_came_after_it_stays_though_it_waited(desk: Desk) -> None:
    desk.storage.is_away = True
    desk.unsubscribe()
    desk.storage.is_away = False
    desk.say_yes("later")
    assert desk.drain() == 0
    assert desk.holding() == {"marketing": "granted"}
    assert desk.suppressed() == []


def test_without_a_queue_nothing_is_acknowledged(tmp_path: Path) -> None:
    desk = Desk(tmp_path, has_queue=False)
    desk.storage.is_away = True
    answer = desk.unsubscribe()
    assert answer.status == 503
    assert answer.headers["Retry-After"]


def test_a_message_of_a_later_release_is_set_aside(desk: Desk) -> None:
    desk.storage.is_away = True
    desk.unsubscribe()
    desk.storage.is_away = False
    [delivery] = desk.queue.receive(10, seconds=0)
    document = json.loads(delivery.text)
    for wrong in ({"version": 2}, {"received_at": "yesterday"}, {"scope": "some"}):
        changed = json.dumps(document | wrong)
        event = {"Records": [sample_record(changed)]}
        assert desk.function(event, Context(29_000)) == {"batchItemFailures": []}
    assert desk.holding() == {"marketing": "granted"}


def sample_record(text: str) -> dict[str, object]:
    """The sample's record with another body."""
    [record] = sample("form_intake.parked")["Records"]
    return {**record, "messageId": "1", "body": text}
