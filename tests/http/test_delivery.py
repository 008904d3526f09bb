"""The function that reaches the internet: it takes jobs, and has no way to a database."""

from dataclasses import replace
from pathlib import Path
from typing import NoReturn, override

import pytest

from delivery import delivering
from succotash.container import Container
from succotash.domain.messages.jobs import mail_job, mail_of
from succotash.domain.messages.mails import Mail
from succotash.domain.messages.outbox import Channel, TakenMessage
from succotash.domain.repositories.storage import Storage
from succotash.errors import SettingsError
from tests.builders import NOON, a_message
from tests.contexts import Context
from tests.events import sample


class WithoutStorage(Container):
    @property
    @override
    def storage(self) -> NoReturn:
        raise AssertionError(Storage)


def test_it_puts_events_on_the_bus(tmp_path: Path) -> None:
    container = WithoutStorage({"EVENT_BUS": f"file:{tmp_path / 'events.ndjson'}"})
    answer = delivering(container)(sample("delivery.jobs"), Context())
    assert answer == {"batchItemFailures": []}
    assert "submission.accepted" in (tmp_path / "events.ndjson").read_text("utf-8")


def test_it_sends_mails(tmp_path: Path) -> None:
    container = WithoutStorage({"MAIL_FROM": "a@example.com", "MAIL_FOLDER": str(tmp_path)})
    event = sample("delivery.jobs")
    mail = Mail(("ada@example.com",), "Hello", "text", "<p>html</p>")
    job = mail_job(TakenMessage(a_message(), 1), Channel.PERSON, mail, NOON)
    event["Records"][0]["body"] = job.as_text()
    assert delivering(container)(event, Context()) == {"batchItemFailures": []}
    assert len(list(tmp_path.glob("*.eml"))) == 1


def test_a_job_of_the_release_before_is_a_mail_all_the_same() -> None:
    mail = Mail(("ada@example.com",), "Hello", "text", "<p>html</p>", unsubscribe_url="https://u")
    job = mail_job(TakenMessage(a_message(), 1), Channel.PERSON, mail, NOON)
    assert mail_of(job) == (mail, NOON)
    new = {"unsubscribe_url", "message_id", "tags"}
    payload = {name: value for name, value in job.payload.items() if name not in new}
    former = replace(job, payload=payload)
    assert mail_of(former) == (replace(mail, unsubscribe_url=None), NOON)


def test_without_time_everything_is_given_again(tmp_path: Path) -> None:
    container = WithoutStorage({"EVENT_BUS": f"file:{tmp_path / 'events.ndjson'}"})
    event = sample("delivery.jobs")
    mail = Mail(("ada@example.com",), "Hello", "text", "<p>html</p>")
    job = mail_job(TakenMessage(a_message(), 1), Channel.PERSON, mail, NOON)
    event["Records"][0]["body"] = job.as_text()
    answer = delivering(container)(event, Context(1_000))
    failed = [{"itemIdentifier": event["Records"][0]["messageId"]}]
    assert answer == {"batchItemFailures": failed}


def test_one_queue_without_the_others_is_a_wrong_setting() -> None:
    container = WithoutStorage({"DELIVERIES_QUEUE_URL": "https://sqs/jobs.fifo"})
    with pytest.raises(SettingsError, match="RELAY_QUEUE_URL"):
        delivering(container)(sample("delivery.jobs"), Context())
