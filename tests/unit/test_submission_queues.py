"""Queues of submissions that wait: a file and SQS."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from succotash.domain.intake.queued_submissions import Delivery, QueuedSubmission
from succotash.errors import (
    StorageUnavailableError,
)
from succotash.infrastructure.aws.submission_queue import SqsSubmissionQueue
from succotash.infrastructure.files.submission_queue import (
    ASIDE_SECONDS,
    REMEMBERED_SECONDS,
    FileSubmissionQueue,
)
from tests.unit.queued import parked


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class TestFile:
    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def queue(self, tmp_path: Path, clock: Clock) -> FileSubmissionQueue:
        return FileSubmissionQueue(tmp_path / "deep" / "parked.db", clock=clock)

    def numbers(self, deliveries: list[Delivery]) -> list[str]:
        return [QueuedSubmission.of_text(each.text).submission_id[-1] for each in deliveries]

    def test_what_was_parked_is_given_in_order(self, queue: FileSubmissionQueue) -> None:
        for number in range(5):
            queue.enqueue(parked(number))
        given_ = queue.receive(3, seconds=60)
        assert self.numbers(given_) == ["0", "1", "2"]
        assert [each.receives for each in given_] == [1, 1, 1]

    def test_a_group_gives_nothing_while_one_of_it_is_out_and_others_do(
        self, queue: FileSubmissionQueue, clock: Clock
    ) -> None:
        for number, form in enumerate(("a", "a", "b")):
            queue.enqueue(parked(number, form_id=form))
        assert self.numbers(queue.receive(1, seconds=60)) == ["0"]
        assert self.numbers(queue.receive(9, seconds=60)) == ["2"]
        clock.now += 61
        assert self.numbers(queue.receive(9, seconds=60)) == ["0", "1", "2"]

    def test_what_was_taken_is_gone_and_what_failed_comes_again_after_its_pause(
        self, queue: FileSubmissionQueue, clock: Clock
    ) -> None:
        for number in range(3):
            queue.enqueue(parked(number))
        first, *others = queue.receive(9, seconds=60)
        queue.settle([first], others, pause=2)
        assert queue.receive(9, seconds=60) == []
        clock.now += 3
        again = queue.receive(9, seconds=60)
        assert self.numbers(again) == ["1", "2"]
        assert [each.receives for each in again] == [2, 2]

    def test_a_repetition_with_its_key_is_parked_once_for_a_while(
        self, queue: FileSubmissionQueue, clock: Clock
    ) -> None:
        queue.enqueue(parked(1, key="k"))
        queue.enqueue(parked(2, key="k"))
        queue.enqueue(parked(3, key="k", body_digest="other"))
        deliveries = queue.receive(9, seconds=60)
        assert self.numbers(deliveries) == ["1", "3"]
        queue.settle(deliveries, [], pause=0)
        queue.enqueue(parked(4, key="k"))
        assert queue.count() == 0
        clock.now += REMEMBERED_SECONDS + 1
        queue.enqueue(parked(5, key="k"))
        assert queue.count() == 1

    def test_what_is_set_aside_is_kept_and_holds_up_nobody(
        self, queue: FileSubmissionQueue
    ) -> None:
        queue.enqueue(parked(1))
        queue.enqueue(parked(2))
        bad, good = queue.receive(9, seconds=60)
        queue.dead_letter(bad)
        queue.settle([bad, good], [], pause=0)
        assert (queue.count(), queue.count("aside")) == (0, 1)

    def test_what_is_set_aside_is_kept_for_a_fortnight_and_what_waits_until_it_is_taken(
        self, queue: FileSubmissionQueue, clock: Clock
    ) -> None:
        queue.enqueue(parked(1))
        queue.enqueue(parked(2, form_id="b"))
        [bad, good] = queue.receive(2, seconds=1)
        queue.dead_letter(bad)
        clock.now += ASIDE_SECONDS - 1
        assert queue.receive(2, seconds=0) == [replace(good, receives=2)]
        assert queue.count("aside") == 1
        clock.now += 1
        assert queue.receive(2, seconds=0) == [replace(good, receives=3)]
        assert queue.count("aside") == 0

    def test_a_file_that_cannot_be_used_makes_the_queue_unavailable(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StorageUnavailableError):
            FileSubmissionQueue(tmp_path / "file" / "parked.db").enqueue(parked())


class TestSqs:
    @pytest.fixture
    def urls(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        with mock_aws():
            client = boto3.client("sqs")

            def made(name: str) -> str:
                answer = client.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})
                return answer["QueueUrl"]

            yield made("parked.fifo"), made("failures.fifo")

    def received(self, url: str) -> list[str]:
        answer = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]

    def test_submissions_are_parked_in_order_and_once(self, urls: tuple[str, str]) -> None:
        queue = SqsSubmissionQueue(*urls)
        given_ = [parked(1), parked(2, key="k"), parked(3, key="k"), parked(4)]
        for each in given_:
            queue.enqueue(each)
        texts = self.received(urls[0])
        assert [QueuedSubmission.of_text(text) for text in texts] == [
            given_[0],
            given_[1],
            given_[3],
        ]

    def test_what_is_set_aside_is_in_the_other_queue(self, urls: tuple[str, str]) -> None:
        SqsSubmissionQueue(*urls).dead_letter(Delivery("id-1", "group", "whatever it was", 6))
        assert self.received(urls[1]) == ["whatever it was"]

    def test_a_queue_that_is_not_there_or_not_reached_is_unavailable(
        self, urls: tuple[str, str]
    ) -> None:
        gone = SqsSubmissionQueue(f"{urls[0]}x", urls[1])
        with pytest.raises(StorageUnavailableError) as refused:
            gone.enqueue(parked())
        assert "ada" not in str(refused.value)

        class Unreachable:
            def send_message(self, **_: object) -> None:
                raise EndpointConnectionError(endpoint_url="https://sqs")

        with pytest.raises(StorageUnavailableError):
            SqsSubmissionQueue(*urls, Unreachable).enqueue(parked())
