"""Queued submissions in a FIFO queue of SQS."""

from collections.abc import Callable
from typing import override

from succotash.domain.intake.queued_submissions import Delivery, is_sent_by
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Forgotten
from succotash.domain.repositories.submission_queue import Queueable, SubmissionQueue
from succotash.infrastructure.aws.queue_rounds import QueueRound
from succotash.infrastructure.aws.queues import Sqs, translated

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 1, 2, 2


def sqs() -> Sqs:
    """A client that gives up within seconds: somebody waits for an answer."""
    import boto3
    from botocore.config import Config

    limits = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    return boto3.client("sqs", config=limits)


class SqsSubmissionQueue(SubmissionQueue):
    """A FIFO queue, and another one for what is dead-lettered."""

    def __init__(self, queue_url: str, failures_url: str, client: Callable[[], Sqs] = sqs) -> None:
        self._queue_url = queue_url
        self._failures_url = failures_url
        self._new_client = client
        self._known_client: Sqs | None = None

    @override
    def enqueue(self, queued: Queueable) -> None:
        with translated():
            self._client().send_message(
                QueueUrl=self._queue_url,
                MessageBody=queued.as_text(),
                MessageGroupId=queued.group,
                MessageDeduplicationId=queued.deduplication_id,
            )

    @override
    def dead_letter(self, delivery: Delivery) -> None:
        with translated():
            self._client().send_message(
                QueueUrl=self._failures_url,
                MessageBody=delivery.text,
                MessageGroupId=delivery.group,
                MessageDeduplicationId=delivery.message_id,
            )

    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        # What waits is taken soon, and asks for the tombstone then.
        through = QueueRound(self._client(), self._failures_url, person.erased_at)
        is_complete = through.run(lambda text: is_sent_by(person, text), has_time)
        return Forgotten(through.removed, is_complete)

    def _client(self) -> Sqs:
        if self._known_client is None:
            self._known_client = self._new_client()
        return self._known_client
