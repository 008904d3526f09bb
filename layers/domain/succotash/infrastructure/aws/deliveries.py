"""Delivery jobs and their outcomes in queues of SQS, and the queue that wakes the relay.

Jobs are in a FIFO queue, each a group of its own: a receipt of one ends with its visibility, so who
deletes it is the only one who has it. https://repost.aws/knowledge-center/sqs-receipt-handle-error
"""

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import override

from succotash.domain.messages.delivery import (
    DeliveryJob,
    DeliveryKind,
    DeliveryOutcome,
    DeliveryResult,
)
from succotash.domain.repositories.delivery import DeliveryInbox, DeliveryQueue, RelayWaker
from succotash.domain.values import Clock, instant_text, system_clock
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.aws.queues import Sqs, translated
from succotash.infrastructure.aws.submission_queue import sqs

BATCH = 10
BATCH_BYTES = 250_000
"""SQS takes 262,144 in a batch at least."""
SOON = 5
"""Seconds after which a woken relay looks, so that many wakes come to one."""
COVERED = 4.0
"""Seconds for which an earlier wake serves: the relay looks later than that."""
LONGEST_DELAY = 900
"""Seconds that SQS holds a message back at most."""

logger = logging.getLogger(__name__)


class _Client:
    """A client of SQS that is made when it is first needed."""

    def __init__(self, new_client: Callable[[], Sqs]) -> None:
        self._new_client = new_client
        self._known: Sqs | None = None

    def __call__(self) -> Sqs:
        if self._known is None:
            self._known = self._new_client()
        return self._known


class SqsDeliveryQueue(DeliveryQueue):
    """A FIFO queue of jobs."""

    def __init__(self, queue_url: str, client: Callable[[], Sqs] = sqs) -> None:
        self._queue_url = queue_url
        self._client = _Client(client)

    @override
    def hand_over(self, jobs: Sequence[DeliveryJob]) -> list[DeliveryOutcome]:
        return [outcome for batch in _batches(jobs) for outcome in self._send(batch)]

    def _send(self, batch: Sequence[tuple[DeliveryJob, str]]) -> list[DeliveryOutcome]:
        """Outcomes of those that the queue surely did not take."""
        from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

        entries = [
            {
                "Id": str(place),
                "MessageBody": text,
                "MessageGroupId": job.deduplication_id,
                "MessageDeduplicationId": job.deduplication_id,
            }
            for place, (job, text) in enumerate(batch)
        ]
        try:
            answer = self._client().send_message_batch(QueueUrl=self._queue_url, Entries=entries)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            return [_refused(job, f"the queue answered {code}") for job, _ in batch]
        except HTTPClientError as error:  # it may have taken them: the outcomes will tell
            logger.warning("the queue of deliveries: %s", type(error).__name__)
            return []
        except BotoCoreError as error:
            return [_refused(job, f"the queue: {type(error).__name__}") for job, _ in batch]
        return [
            _refused(batch[int(failure["Id"])][0], f"the queue answered {failure['Code']}")
            for failure in answer.get("Failed", ())
        ]


class SqsDeliveryInbox(DeliveryInbox):
    """The queue as the worker of jobs sees it, and the queues of those who wait for outcomes."""

    def __init__(
        self,
        queue_url: str,
        relay_url: str,
        submissions_url: str,
        client: Callable[[], Sqs] = sqs,
    ) -> None:
        """Take the queues; outcomes of challenges go to the FIFO queue that submissions wait in."""
        self._queue_url = queue_url
        self._relay_url = relay_url
        self._submissions_url = submissions_url
        self._client = _Client(client)

    @override
    def claim(self, receipt: str) -> None:
        with translated():
            self._client().delete_message(QueueUrl=self._queue_url, ReceiptHandle=receipt)

    @override
    def answer(self, outcome: DeliveryOutcome) -> None:
        with translated():
            if outcome.kind != DeliveryKind.CHALLENGE:
                self._client().send_message(QueueUrl=self._relay_url, MessageBody=outcome.as_text())
                return
            self._client().send_message(
                QueueUrl=self._submissions_url,
                MessageBody=outcome.as_text(),
                MessageGroupId=outcome.deduplication_id,
                MessageDeduplicationId=outcome.deduplication_id,
            )


class SqsRelayWaker(RelayWaker):
    """Wakes the relay by a message that its queue holds back."""

    def __init__(
        self,
        send: Callable[[str, int], None],
        clock: Clock = system_clock,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """`send` puts a text into the queue, to be held back for so many seconds."""
        self._send = send
        self._clock = clock
        self._seconds = seconds
        self._covered_until = float("-inf")

    @override
    def wake(self, at: datetime | None = None) -> None:
        now = self._seconds()
        if at is None and now < self._covered_until:
            return
        wake = json.dumps({"wake_at": None if at is None else instant_text(at)})
        try:
            self._send(wake, self._delay(at))
        except StorageUnavailableError as error:
            logger.warning("the relay is not woken: %s", error)
            return
        if at is None:
            self._covered_until = now + COVERED

    def _delay(self, at: datetime | None) -> int:
        """Seconds to hold the wake back; one for later than that is held back again."""
        if at is None:
            return SOON
        seconds = (at - self._clock()).total_seconds()
        return min(max(round(seconds), SOON), LONGEST_DELAY)


def _batches(jobs: Sequence[DeliveryJob]) -> Iterator[list[tuple[DeliveryJob, str]]]:
    """The jobs with their texts, in as few batches as SQS takes."""
    batch: list[tuple[DeliveryJob, str]] = []
    size = 0
    for job in jobs:
        text = job.as_text()
        if batch and (len(batch) == BATCH or size + len(text) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((job, text))
        size += len(text)
    if batch:
        yield batch


def _refused(job: DeliveryJob, reason: str) -> DeliveryOutcome:
    return DeliveryOutcome.of(job, DeliveryResult.REFUSED, reason)
