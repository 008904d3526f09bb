"""Parked submissions in a FIFO queue of SQS."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, override

from succotash.domain.parking import Delivery, ParkedSubmission
from succotash.domain.repositories.parking import SubmissionQueue
from succotash.errors import StorageUnavailableError

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 1, 2, 2

type Sqs = Any
"""A client of SQS, which boto3 makes while it runs."""


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
    """A FIFO queue, and another one for what is set aside."""

    def __init__(self, queue_url: str, failures_url: str, client: Callable[[], Sqs] = sqs) -> None:
        self._queue_url = queue_url
        self._failures_url = failures_url
        self._new_client = client
        self._known_client: Sqs | None = None

    @override
    def park(self, parked: ParkedSubmission) -> None:
        with _translated():
            self._client().send_message(
                QueueUrl=self._queue_url,
                MessageBody=parked.as_text(),
                MessageGroupId=parked.group,
                MessageDeduplicationId=parked.deduplication_id,
            )

    @override
    def set_aside(self, delivery: Delivery) -> None:
        with _translated():
            self._client().send_message(
                QueueUrl=self._failures_url,
                MessageBody=delivery.text,
                MessageGroupId=delivery.group,
                MessageDeduplicationId=delivery.message_id,
            )

    def _client(self) -> Sqs:
        if self._known_client is None:
            self._known_client = self._new_client()
        return self._known_client


@contextmanager
def _translated() -> Iterator[None]:
    """Raise what boto3 raises as the project's error, without the message in the text."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise StorageUnavailableError(f"the queue answered {code}") from None
    except BotoCoreError as error:
        raise StorageUnavailableError(f"the queue: {type(error).__name__}") from None
