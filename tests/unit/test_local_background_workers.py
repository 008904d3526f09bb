"""What invokes functions unasked on this machine."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.background_workers import BackgroundWorkers, settings_of
from local.postgres import main
from succotash.container import Container
from succotash.domain.intake.queued_submissions import QueuedSubmission
from succotash.domain.values import FormId, SubmissionId
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.files.submission_queue import FileSubmissionQueue
from tests.builders import NOON


class Functions:
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.answers: list[Any] = []

    def invoke(self, name: str, event: str) -> str:
        self.asked.append((name, json.loads(event)))
        answer = self.answers.pop(0) if self.answers else {"batchItemFailures": []}
        if isinstance(answer, Exception):
            raise answer
        return json.dumps(answer)


@pytest.fixture
def queue(tmp_path: Path) -> FileSubmissionQueue:
    queue = FileSubmissionQueue(tmp_path / "parked.db")
    for number in range(3):
        queue.enqueue(
            QueuedSubmission(SubmissionId(f"s-{number}"), FormId("contact"), NOON, {"a": number})
        )
    return queue


def test_what_is_parked_is_taken_in_order_and_gone(queue: FileSubmissionQueue) -> None:
    functions = Functions()
    assert BackgroundWorkers(functions.invoke, queue).take_queued()
    [(name, event)] = functions.asked
    assert name == "FormIntake"
    ids = [QueuedSubmission.of_text(each["body"]).submission_id for each in event["Records"]]
    assert ids == ["s-0", "s-1", "s-2"]
    assert queue.count() == 0
    assert BackgroundWorkers(functions.invoke, queue).take_queued()
    assert len(functions.asked) == 1


def test_what_the_function_gives_back_stays(queue: FileSubmissionQueue) -> None:
    functions = Functions()
    functions.answers = [{"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "3"}]}]
    assert not BackgroundWorkers(functions.invoke, queue).take_queued()
    assert queue.count() == 2


def test_a_function_that_fails_loses_nothing_and_is_told_of_once(
    queue: FileSubmissionQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    functions = Functions()
    workers = BackgroundWorkers(functions.invoke, queue)
    functions.answers = [StorageUnavailableError("gone"), StorageUnavailableError("gone")]
    assert not workers.relay()
    assert not workers.relay()
    assert workers.relay()
    assert capsys.readouterr().err.splitlines() == [
        "OutboxRelay: StorageUnavailableError; it is tried again",
        "OutboxRelay: works again",
    ]
    functions.answers = [StorageUnavailableError("gone")]
    assert not workers.take_queued()
    assert queue.count() == 3


def test_without_a_queue_there_is_nothing_to_take() -> None:
    functions = Functions()
    assert BackgroundWorkers(functions.invoke, None).take_queued()
    assert functions.asked == []


def line(kind: str, subject: str = "a") -> str:
    return json.dumps({"detail-type": kind, "detail": {"subject_id": subject}}) + "\n"


def append(bus: Path, text: str) -> None:
    with bus.open("a") as file:
        file.write(text)


def test_campaigns_are_dispatched_at_first_and_as_events_on_the_bus_ask(tmp_path: Path) -> None:
    bus, functions = tmp_path / "events.ndjson", Functions()
    bus.write_text(line("scoring.finished", "an earlier run"))
    workers = BackgroundWorkers(functions.invoke, None, bus)
    assert workers.take_events()
    assert functions.asked == [("CampaignDispatch", {"source": "aws.scheduler"})]

    append(bus, line("lead.created") + line("campaign.dispatch_requested"))
    append(bus, line("scoring.finished")[:-5])
    assert workers.take_events()
    append(bus, line("scoring.finished")[-5:])
    assert workers.take_events()
    assert workers.take_events()
    assert [event["detail-type"] for _, event in functions.asked[1:]] == [
        "campaign.dispatch_requested",
        "scoring.finished",
    ]


def test_an_event_whose_dispatch_failed_is_given_again(tmp_path: Path) -> None:
    bus, functions = tmp_path / "events.ndjson", Functions()
    workers = BackgroundWorkers(functions.invoke, None, bus)
    functions.answers = [StorageUnavailableError("gone")]
    assert not workers.take_events()
    assert workers.take_events()
    append(bus, line("campaign.dispatch_requested", "a") + line("scoring.finished", "b"))
    functions.answers = [{}, StorageUnavailableError("gone")]
    assert not workers.take_events()
    assert workers.take_events()
    asked = [event["detail"]["subject_id"] for _, event in functions.asked[2:]]
    assert asked == ["a", "b", "b"]


def test_the_settings_keep_everything_in_the_folder(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "http://127.0.0.1:3000", queues=True)
    container = Container({"SUCCOTASH_STORAGE": "memory"} | settings)
    container.get_form_handler().submit_form({"email": "ada@example.com"})
    assert container.get_outbox_relay().run()["delivered"] == 2
    assert len((tmp_path / "events.ndjson").read_text().splitlines()) == 2


@pytest.mark.parametrize("arguments", [[], ["restart"], ["stop"]])
def test_a_server_that_never_ran_is_neither_stopped_nor_started(
    arguments: list[str], tmp_path: Path
) -> None:
    assert main(arguments, tmp_path / "postgres", tmp_path / "postgres.url") == 2
