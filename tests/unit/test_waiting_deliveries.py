"""Erasing a person from delivery jobs that wait: which ones are theirs, and what stays in place."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from succotash.domain.messages.delivery import DeliveryJob, DeliveryKind
from succotash.domain.messages.jobs import (
    Challenge,
    challenge_job,
    event_job,
    is_about,
    webhook_job,
)
from succotash.domain.messages.outbox import Channel, TakenMessage
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Forgotten
from succotash.domain.values import Json, MessageId, SubmissionId, instant_text
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.aws.deliveries import SqsDeliveryInbox, SqsDeliveryQueue
from succotash.infrastructure.aws.waiting_deliveries import SqsWaitingMessages
from tests.builders import NOON, a_message

ADA, BOB, OWNER = "ada@example.com", "bob@example.com", "owner@example.com"
ERASED = ErasedPerson(ADA, NOON)


def always() -> bool:
    return True


def a_mail(name: str = "a", **given: Json) -> DeliveryJob:
    payload: dict[str, Json] = {
        "to": [OWNER],
        "subject": "A new submission",
        "text": f"{BOB} wrote",
        "html": f"<p>{BOB} wrote</p>",
        "reply_to": None,
        "at": instant_text(NOON),
    }
    name = f"{name}:owners:1"
    return DeliveryJob(name, MessageId(name), "owners", DeliveryKind.MAIL, payload | given)


class TestWhose:
    @pytest.mark.parametrize(
        "given",
        [
            {"to": ["Ada@Example.com"]},
            {"to": [OWNER, ADA]},
            {"reply_to": f"Ada <{ADA}>"},
            {"subject": f"From {ADA}"},
            {"text": "?email=ada%40example.com"},
            {"html": f"<p>&lt;{ADA}&gt;</p>"},
            {"text": f"{ADA} {'words ' * 40_000}"},
        ],
    )
    def test_a_mail_that_names_the_person_is_about_them(self, given: dict[str, Json]) -> None:
        assert is_about(ERASED, a_mail("a", **given).as_text())

    def test_others_are_not(self) -> None:
        assert not is_about(ERASED, a_mail().as_text())
        assert not is_about(ERASED, a_mail(to=["canada@example.com"]).as_text())
        challenge = Challenge("arn", f"{ADA} as an answer", "192.0.2.1")
        assert not is_about(ERASED, challenge_job(SubmissionId("a"), challenge).as_text())

    def test_a_campaigns_message_to_the_person_is_about_them(self) -> None:
        taken = TakenMessage(a_message(), 1)
        for address, expected in ((ERASED.canonical_email, True), ("eve@example.com", False)):
            event = event_job(taken, Channel.MEMBER, {"email": address, "deep": [{"a": None}]})
            body = json.dumps({"data": {"email": address}})
            webhook = webhook_job(taken, Channel.MEMBER, "https://hooks.example.com/", body)
            assert is_about(ERASED, event.as_text()) is expected
            assert is_about(ERASED, webhook.as_text()) is expected

    def test_what_cannot_be_read_goes_where_the_address_stands_in_it(self) -> None:
        for text in (f'{{"version": 2, "to": "{ADA}"}}', a_mail(to=ADA).as_text()):
            assert is_about(ERASED, text)
            assert not is_about(replace(ERASED, canonical_email="eve@example.com"), text)


class Failing:
    """A client that receives, and fails to delete."""

    def __getattr__(self, name: str) -> object:
        return getattr(boto3.client("sqs"), name)

    def delete_message_batch(self, **_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://sqs")


class TestQueues:
    @pytest.fixture(autouse=True)
    def urls(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        with mock_aws():
            client = boto3.client("sqs")
            yield [
                client.create_queue(
                    QueueName=f"{name}.fifo",
                    Attributes={"FifoQueue": "true", "VisibilityTimeout": "720"},
                )["QueueUrl"]
                for name in ("failures", "jobs")
            ]

    def waiting(self, url: str) -> list[str]:
        """Ids of the jobs that somebody who asks is given; they are claimed by it."""
        found: list[str] = []
        client = boto3.client("sqs")
        inbox = SqsDeliveryInbox(url, url, url)
        while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for each in messages:
                found.append(DeliveryJob.of_text(each["Body"]).job_id)
                inbox.claim(each["ReceiptHandle"])
        return found

    def put(self, url: str, jobs: Sequence[DeliveryJob]) -> None:
        assert SqsDeliveryQueue(url).hand_over(jobs) == []

    def ids(self, jobs: Iterable[DeliveryJob]) -> list[str]:
        return sorted(each.job_id for each in jobs)

    def test_the_persons_mails_go_and_the_others_are_given_at_once_and_once(
        self, urls: list[str]
    ) -> None:
        jobs = [a_mail(f"{n}", to=[ADA if n % 3 == 1 else BOB]) for n in range(25)]
        for url in urls:
            self.put(url, jobs)
        assert SqsWaitingMessages(urls, is_about).forget(ERASED, always) == Forgotten(16)
        assert SqsWaitingMessages(urls, is_about).forget(ERASED, always) == Forgotten(0)
        others = self.ids(each for each in jobs if each.payload["to"] == [BOB])
        for url in urls:
            assert sorted(self.waiting(url)) == others

    def test_a_search_without_time_removes_nothing_and_says_so(self, urls: list[str]) -> None:
        self.put(urls[0], [a_mail(to=[ADA])])
        queues = SqsWaitingMessages(urls, is_about)
        assert queues.forget(ERASED, lambda: False) == Forgotten(0, is_complete=False)
        assert len(self.waiting(urls[0])) == 1

    def test_while_a_job_is_being_done_it_is_not_complete(self, urls: list[str]) -> None:
        self.put(urls[1], [a_mail("a", to=[BOB]), a_mail("b", to=[ADA])])
        client: Any = boto3.client("sqs")
        [out] = client.receive_message(QueueUrl=urls[1], MaxNumberOfMessages=1)["Messages"]
        turns = iter((True, True, True, False))
        queues = SqsWaitingMessages(urls, is_about)
        assert queues.forget(ERASED, lambda: next(turns)) == Forgotten(1, is_complete=False)
        SqsDeliveryInbox(urls[1], urls[1], urls[1]).claim(out["ReceiptHandle"])
        assert queues.forget(ERASED, always) == Forgotten(0)

    def test_one_that_breaks_off_gives_back_what_stays(self, urls: list[str]) -> None:
        self.put(urls[0], [a_mail("a", to=[ADA]), a_mail("b")])
        with pytest.raises(StorageUnavailableError):
            SqsWaitingMessages(urls, is_about, Failing).forget(ERASED, always)
        assert self.waiting(urls[0]) == [a_mail("b").job_id]

    def test_a_queue_that_is_not_there_is_unavailable(self, urls: list[str]) -> None:
        with pytest.raises(StorageUnavailableError):
            SqsWaitingMessages([f"{urls[0]}x"], is_about).forget(ERASED, always)
