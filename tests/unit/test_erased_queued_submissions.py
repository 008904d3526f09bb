"""An erased person's submissions in the queue: in a file, and on moto's SQS."""

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from succotash.domain.intake.queued_submissions import Delivery, QueuedSubmission, is_sent_by
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Forgotten
from succotash.domain.values import FormId, Json, SubmissionId
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.aws.queue_rounds import RETENTION
from succotash.infrastructure.aws.submission_queue import SqsSubmissionQueue
from succotash.infrastructure.files.submission_queue import FileSubmissionQueue
from tests.builders import NOON, days, minutes

ADA, BOB = "ada@example.com", "bob@example.com"
ERASED = ErasedPerson(ADA, NOON)
REGION = "eu-central-1"


def always() -> bool:
    return True


def parked(
    number: int = 1, fields: Mapping[str, Json] | None = None, form_id: str = "contact"
) -> QueuedSubmission:
    return QueuedSubmission(
        SubmissionId(f"submission-{number}"), FormId(form_id), NOON, fields or {"email": ADA}
    )


class TestWhose:
    @pytest.mark.parametrize(
        "fields",
        [
            {"email": " ADA@Example.com"},
            {"friend": ADA, "email": BOB},
            {"message": "write to Ada@example.com."},
            {"referrer": "https://example.com/?e=ada%40example.com&x=1"},
            {"ADA@example.com": "on"},
            {"several": ["a", {"of": f"<{ADA}>"}]},
        ],
    )
    def test_it_is_its_persons(self, fields: dict[str, Json]) -> None:
        assert is_sent_by(ERASED, parked(fields=fields).as_text())
        long = parked(fields=fields | {"zz": "\x01" * 50_000}).as_text()
        assert long.startswith("zlib:")
        assert is_sent_by(ERASED, long)

    @pytest.mark.parametrize(
        "fields",
        [
            {"email": BOB, "message": f"ask {ADA}"},
            {"message": "canada@example.com, x-ada@example.com, ada@example.com.au"},
            {"message": "hello"},
        ],
    )
    def test_it_is_another_persons(self, fields: dict[str, Json]) -> None:
        assert not is_sent_by(ERASED, parked(fields=fields).as_text())

    def test_what_was_sent_later_stays(self) -> None:
        later = replace(parked(), received_at=NOON + minutes(1))
        assert not is_sent_by(ERASED, later.as_text())

    @pytest.mark.parametrize(
        "text",
        [
            f"no submission of {ADA}",
            json.dumps({"version": 2, "email": ADA}),
            json.dumps({"version": 2, "email": ADA}).replace("@", "\\u0040"),
            "zlib:" + base64.b64encode(zlib.compress(b'{"e": "ada%40example.com"}')).decode(),
        ],
    )
    def test_what_cannot_be_read_goes_where_the_address_stands_in_it(self, text: str) -> None:
        assert is_sent_by(ERASED, text)
        assert not is_sent_by(replace(ERASED, canonical_email=BOB), text)

    def test_a_domain_is_known_in_either_spelling(self) -> None:
        person = ErasedPerson("ada@bücher.example", NOON)
        for spelling in ("ada@Bu\u0308cher.example", "ADA@xn--bcher-kva.example"):
            assert person.is_named_in(f"to {spelling}, please")


class TestFile:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "parked.db"

    @pytest.fixture
    def queue(self, file: Path) -> FileSubmissionQueue:
        return FileSubmissionQueue(file)

    def test_nothing_of_the_person_is_left_waiting_or_aside(
        self, queue: FileSubmissionQueue, file: Path
    ) -> None:
        for number, email in enumerate((ADA, BOB, ADA, BOB)):
            queue.enqueue(parked(number, {"email": email}))
        bad, good, *others = queue.receive(9, seconds=60)
        queue.dead_letter(bad)
        queue.dead_letter(good)
        queue.settle([], others, pause=0)
        assert ADA.encode() in file.read_bytes()
        assert queue.forget(ERASED, always) == Forgotten(2)
        assert ADA.encode() not in file.read_bytes()
        assert (queue.count(), queue.count("aside")) == (1, 1)
        [left] = queue.receive(9, seconds=60)
        assert QueuedSubmission.of_text(left.text).submission_id == "submission-3"
        assert queue.forget(ERASED, always) == Forgotten(0)

    def test_what_was_taken_stands_nowhere_in_the_file(
        self, queue: FileSubmissionQueue, file: Path
    ) -> None:
        queue.enqueue(parked())
        queue.settle(queue.receive(9, seconds=60), [], pause=0)
        assert ADA.encode() not in file.read_bytes()

    def test_a_search_without_time_is_not_complete(self, queue: FileSubmissionQueue) -> None:
        queue.enqueue(parked())
        assert queue.forget(ERASED, lambda: False) == Forgotten(0, is_complete=False)
        assert queue.count() == 1


class Breaking:
    """A client that sends, and fails to delete."""

    def __init__(self) -> None:
        self.received: list[Any] = []

    def __getattr__(self, name: str) -> object:
        return getattr(boto3.client("sqs"), name)

    def receive_message(self, **given: Any) -> object:  # noqa: ANN401 - whatever is asked
        answer = boto3.client("sqs").receive_message(**given)
        self.received += answer["Messages"]
        return answer

    def delete_message_batch(self, **_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://sqs")


class TestSqs:
    @pytest.fixture
    def urls(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        with mock_aws():
            client = boto3.client("sqs")

            def made(name: str) -> str:
                answer = client.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})
                return answer["QueueUrl"]

            yield made("parked.fifo"), made("failures.fifo")

    @pytest.fixture
    def queue(self, urls: tuple[str, str]) -> SqsSubmissionQueue:
        return SqsSubmissionQueue(*urls)

    def dead_letter(
        self, queue: SqsSubmissionQueue, submissions: Iterable[QueuedSubmission]
    ) -> None:
        for number, each in enumerate(submissions):
            queue.dead_letter(Delivery(f"message-{number}", each.group, each.as_text(), 6))

    def aside(self, url: str) -> dict[str, list[str]]:
        """Ids of what is set aside, in order, by form; all of it is taken out."""
        found: dict[str, list[str]] = {}
        client = boto3.client("sqs")
        while True:
            answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            if not answer.get("Messages"):
                return found
            for each in answer["Messages"]:
                known = QueuedSubmission.of_text(each["Body"])
                found.setdefault(known.form_id, []).append(known.submission_id)
                client.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])

    def give_back(self, url: str, messages: Iterable[Any]) -> None:
        """As if the time had passed for which these messages are hidden."""
        for each in messages:
            boto3.client("sqs").change_message_visibility(
                QueueUrl=url, ReceiptHandle=each["ReceiptHandle"], VisibilityTimeout=0
            )

    def test_the_person_is_gone_and_the_rest_is_in_order(
        self, queue: SqsSubmissionQueue, urls: tuple[str, str]
    ) -> None:
        """More of a group than SQS gives while one of its messages is out, and several groups."""
        everything = [
            parked(number, {"email": ADA if number % 7 == 2 else BOB}, "abc"[number % 3])
            for number in range(70)
        ]
        self.dead_letter(queue, everything)
        assert queue.forget(ERASED, always) == Forgotten(10)
        assert queue.forget(ERASED, always) == Forgotten(0)
        others = [each for each in everything if each.fields["email"] == BOB]
        assert self.aside(urls[1]) == {
            form: [each.submission_id for each in others if each.form_id == form] for form in "abc"
        }

    def test_copies_may_be_as_large_as_messages(
        self, queue: SqsSubmissionQueue, urls: tuple[str, str]
    ) -> None:
        large = [parked(number, {"m": "\x01" * 20_000 + str(number)}) for number in range(12)]
        self.dead_letter(queue, large)
        assert queue.forget(ERASED, always) == Forgotten(0)
        assert self.aside(urls[1]) == {"contact": [each.submission_id for each in large]}

    def test_a_search_that_ends_too_early_says_so_and_loses_nothing(
        self, queue: SqsSubmissionQueue, urls: tuple[str, str]
    ) -> None:
        everything = [parked(number, {"email": BOB}) for number in range(25)]
        self.dead_letter(queue, [*everything, parked(99)])
        turns = iter((True, False))
        assert queue.forget(ERASED, lambda: next(turns)) == Forgotten(0, is_complete=False)
        assert queue.forget(ERASED, always) == Forgotten(1)
        [found] = self.aside(urls[1]).values()
        assert sorted(found) == sorted(each.submission_id for each in everything)

    def test_one_that_broke_off_before_deleting_leaves_no_second_copy(
        self, queue: SqsSubmissionQueue, urls: tuple[str, str]
    ) -> None:
        self.dead_letter(queue, [parked(number, {"email": BOB}) for number in range(3)])
        breaking = Breaking()
        with pytest.raises(StorageUnavailableError):
            SqsSubmissionQueue(*urls, lambda: breaking).forget(ERASED, always)
        self.give_back(urls[1], breaking.received)
        assert queue.forget(ERASED, always) == Forgotten(0)
        assert self.aside(urls[1]) == {"contact": [f"submission-{each}" for each in range(3)]}

    def test_while_somebody_else_has_a_message_out_it_is_not_complete(
        self, queue: SqsSubmissionQueue, urls: tuple[str, str]
    ) -> None:
        self.dead_letter(queue, [parked(1), parked(2, form_id="other")])
        out = boto3.client("sqs").receive_message(QueueUrl=urls[1], MaxNumberOfMessages=1)
        turns = iter((True, True, False))
        assert queue.forget(ERASED, lambda: next(turns)) == Forgotten(1, is_complete=False)
        self.give_back(urls[1], out["Messages"])
        assert queue.forget(ERASED, always) == Forgotten(1)

    def test_what_was_sent_again_is_kept_no_longer_than_it_would_have_been(
        self, queue: SqsSubmissionQueue, urls: tuple[str, str]
    ) -> None:
        self.dead_letter(queue, [parked(1, {"email": BOB})])
        now = datetime.now(UTC)
        for passed, is_left in ((days(1), True), (RETENTION - days(1), True), (RETENTION, False)):
            person = replace(ERASED, erased_at=now + passed + minutes(1))
            assert queue.forget(person, always) == Forgotten(0)
            assert self.is_empty(urls[1]) is not is_left

    def is_empty(self, url: str) -> bool:
        answer = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return answer["Attributes"]["ApproximateNumberOfMessages"] == "0"

    def test_a_queue_that_is_not_there_is_unavailable(self, urls: tuple[str, str]) -> None:
        with pytest.raises(StorageUnavailableError):
            SqsSubmissionQueue(urls[0], f"{urls[1]}x").forget(ERASED, always)
