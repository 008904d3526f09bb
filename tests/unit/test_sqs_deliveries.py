"""Jobs, outcomes and wakes in queues of SQS: on moto, and with answers that moto does not give."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from moto import mock_aws

from succotash.domain.messages.delivery import (
    DeliveryJob,
    DeliveryKind,
    DeliveryOutcome,
    DeliveryResult,
)
from succotash.domain.values import MessageId
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.aws.deliveries import (
    COVERED,
    LONGEST_DELAY,
    SOON,
    SqsDeliveryInbox,
    SqsDeliveryQueue,
    SqsRelayWaker,
)
from tests.builders import NOON, minutes

REGION = "eu-central-1"


def a_job(name: str = "a", kind: str = DeliveryKind.MAIL, **payload: str) -> DeliveryJob:
    return DeliveryJob(f"{name}:owners:1", MessageId(name), "owners", kind, payload)


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield


class Queues:
    """Queues as the template makes them."""

    def __init__(self) -> None:
        self.client: Any = boto3.client("sqs")
        fifo = {"FifoQueue": "true", "VisibilityTimeout": "720"}
        self.jobs = self._made("jobs.fifo", fifo)
        self.submissions = self._made("submissions.fifo", fifo)
        self.relay = self._made("relay", {})

    def received(self, url: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while messages := self.client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages", []):
            found += messages
        return found

    def _made(self, name: str, attributes: Mapping[str, str]) -> str:
        url: str = self.client.create_queue(QueueName=name, Attributes=dict(attributes))["QueueUrl"]
        return url


@pytest.fixture
def queues() -> Queues:
    return Queues()


class Client:
    """Answers one request as it is told, and remembers what was asked."""

    def __init__(self, answer: Mapping[str, Any] | Exception) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []

    def __call__(self) -> "Client":
        return self

    def send_message_batch(self, **asked: Any) -> Mapping[str, Any]:  # noqa: ANN401
        return self._given(asked)

    def send_message(self, **asked: Any) -> Mapping[str, Any]:  # noqa: ANN401
        return self._given(asked)

    def delete_message(self, **asked: Any) -> Mapping[str, Any]:  # noqa: ANN401
        return self._given(asked)

    def _given(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        self.asked.append(asked)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


DENIED = ClientError({"Error": {"Code": "AccessDenied"}}, "SendMessageBatch")
EXPIRED = ClientError({"Error": {"Code": "InvalidParameterValue"}}, "DeleteMessage")


class TestHandingOver:
    def test_jobs_wait_in_groups_of_their_own(self, queues: Queues) -> None:
        jobs = [a_job(f"{number}", text="ä" * 100) for number in range(23)]
        assert SqsDeliveryQueue(queues.jobs).hand_over(jobs) == []
        found = queues.received(queues.jobs)
        assert sorted(DeliveryJob.of_text(each["Body"]).job_id for each in found) == sorted(
            each.job_id for each in jobs
        )
        groups = {each["Attributes"]["MessageGroupId"] for each in found}
        assert len(groups) == 23

    def test_a_job_handed_over_twice_within_minutes_waits_once(self, queues: Queues) -> None:
        queue = SqsDeliveryQueue(queues.jobs)
        for _ in range(2):
            queue.hand_over([a_job()])
        assert len(queues.received(queues.jobs)) == 1

    def test_long_jobs_are_compressed_and_go_in_batches_that_sqs_takes(
        self, queues: Queues
    ) -> None:
        jobs = [a_job(f"{number}", text="words " * 40_000) for number in range(12)]
        jobs.append(a_job("middle", text="x" * 190_000))
        assert SqsDeliveryQueue(queues.jobs).hand_over(jobs) == []
        assert [DeliveryJob.of_text(each["Body"]) for each in queues.received(queues.jobs)] == jobs

    def test_what_the_queue_surely_did_not_take_is_refused(self) -> None:
        failed = {"Failed": [{"Id": "1", "Code": "InternalError"}], "Successful": []}
        [outcome] = SqsDeliveryQueue("url", Client(failed)).hand_over([a_job("a"), a_job("b")])
        assert (outcome.message_id, outcome.result) == ("b", DeliveryResult.REFUSED)
        assert outcome.reason == "the queue answered InternalError"
        for failure in (DENIED, EndpointConnectionError(endpoint_url="https://sqs")):
            outcomes = SqsDeliveryQueue("url", Client(failure)).hand_over([a_job("a"), a_job("b")])
            assert [each.result for each in outcomes] == [DeliveryResult.REFUSED] * 2

    def test_of_what_it_may_have_taken_nothing_is_known(self) -> None:
        silent = Client(ReadTimeoutError(endpoint_url="https://sqs"))
        assert SqsDeliveryQueue("url", silent).hand_over([a_job()]) == []


class TestInbox:
    def test_a_claimed_job_is_given_to_nobody(self, queues: Queues) -> None:
        SqsDeliveryQueue(queues.jobs).hand_over([a_job()])
        [received] = queues.client.receive_message(QueueUrl=queues.jobs)["Messages"]
        inbox = SqsDeliveryInbox(queues.jobs, queues.relay, queues.submissions)
        inbox.claim(received["ReceiptHandle"])
        counts = queues.client.get_queue_attributes(
            QueueUrl=queues.jobs, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
        )["Attributes"]
        assert counts["ApproximateNumberOfMessagesNotVisible"] == "0"

    @pytest.mark.parametrize("failure", [EXPIRED, ReadTimeoutError(endpoint_url="https://sqs")])
    def test_a_receipt_that_ended_or_no_answer_is_no_claim(self, failure: Exception) -> None:
        inbox = SqsDeliveryInbox("jobs", "relay", "submissions", Client(failure))
        with pytest.raises(StorageUnavailableError):
            inbox.claim("receipt")

    def test_outcomes_go_to_who_waits_for_them(self, queues: Queues) -> None:
        inbox = SqsDeliveryInbox(queues.jobs, queues.relay, queues.submissions)
        mail = DeliveryOutcome.of(a_job(), DeliveryResult.REFUSED, "Throttled")
        challenge = DeliveryOutcome.of(
            a_job("b", DeliveryKind.CHALLENGE), DeliveryResult.DELIVERED, reference="passed"
        )
        inbox.answer(mail)
        inbox.answer(challenge)
        for url, outcome in ((queues.relay, mail), (queues.submissions, challenge)):
            [message] = queues.received(url)
            assert DeliveryOutcome.of_text(message["Body"]) == outcome


class TestWaking:
    seconds = 0.0

    def waker(self, failure: Exception | None = None) -> SqsRelayWaker:
        self.sent: list[tuple[str, int]] = []

        def send(body: str, delay_seconds: int) -> None:
            self.sent.append((body, delay_seconds))
            if failure is not None:
                raise failure

        return SqsRelayWaker(send, lambda: NOON, lambda: self.seconds)

    def test_a_wake_is_held_back_and_serves_for_what_comes_meanwhile(self) -> None:
        waker = self.waker()
        for self.seconds in (0.0, 1.0, COVERED - 0.1):
            waker.wake()
        assert self.sent == [('{"wake_at": null}', SOON)]
        assert COVERED < SOON, "the relay must look after the last that was passed over"
        self.seconds = COVERED
        waker.wake()
        assert len(self.sent) == 2

    @pytest.mark.parametrize(
        ("after", "delay"),
        [
            (timedelta(seconds=90), 90),
            (timedelta(seconds=1), SOON),
            (minutes(-5), SOON),
            (minutes(60), LONGEST_DELAY),
        ],
    )
    def test_a_wake_for_later_is_held_back_as_long_as_a_queue_can(
        self, after: timedelta, delay: int
    ) -> None:
        self.waker().wake(NOON + after)
        [(body, delay_seconds)] = self.sent
        assert delay_seconds == delay
        assert json.loads(body)["wake_at"] is not None

    def test_a_wake_that_fails_is_no_failure_and_serves_for_nothing(self) -> None:
        waker = self.waker(StorageUnavailableError("the queue answered 403"))
        waker.wake()
        waker.wake()
        assert len(self.sent) == 2
