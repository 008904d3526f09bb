"""Going once through a FIFO queue of SQS: what stays is sent again, behind what was there.

A group gives nothing more while one of its messages is out, so its eleventh is reached only after
the first ten are gone. A copy that comes round is held until the end: its group is done.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from succotash.errors import StorageUnavailableError
from succotash.infrastructure.aws.queues import Sqs, translated

RETENTION = timedelta(days=14)
"""The longest time for a message however often it was sent again."""
FIRST_SENT = "first_sent_at"
"""The attribute of a copy that says since when its message is kept, in milliseconds."""
BATCH = 10
BATCH_BYTES = 250_000
"""SQS takes 262,144 in a batch, attributes included."""
HIDDEN_SECONDS = 60
"""Longer than a request may take."""
WAIT_SECONDS = 1
"""Long polling asks every server of the queue, and must end before the client gives up."""

type Message = Any
"""A message as SQS gives it."""


class QueueRound:
    """One round through a queue. Nobody else is to receive from it meanwhile."""

    def __init__(self, client: Sqs, queue_url: str, now: datetime) -> None:
        self._client = client
        self._url = queue_url
        self._oldest = _milliseconds(now - RETENTION)
        self._copies: set[str] = set()
        self._held: list[str] = []
        self.removed = 0

    def run(self, goes: Callable[[str], bool], has_time: Callable[[], bool]) -> bool:
        """Delete each message whose text `goes`; whether all were seen before time was over.

        Others stay in order within their group, but for where the round ended before they came
        round. A message is deleted only after its copy was sent, so a round that breaks off may
        leave two. Another consumer with messages out makes it wait, and incomplete in the end.
        """
        try:
            while has_time():
                messages = self._receive()
                if not messages and hidden_messages(self._client, self._url) <= len(self._held):
                    return True
                self._pass(messages, goes)
        finally:
            self._release()
        return False

    def _receive(self) -> Sequence[Message]:
        with translated():
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=BATCH,
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=WAIT_SECONDS,
                MessageSystemAttributeNames=["MessageGroupId", "SentTimestamp"],
                MessageAttributeNames=[FIRST_SENT],
            )
        messages: Sequence[Message] = answer.get("Messages", [])
        return messages

    def _pass(self, messages: Sequence[Message], goes: Callable[[str], bool]) -> None:
        came_round = [each for each in messages if each["MessageId"] in self._copies]
        self._held += [each["ReceiptHandle"] for each in came_round]
        new = [each for each in messages if each["MessageId"] not in self._copies]
        going = [each for each in new if goes(each["Body"])]
        staying = [each for each in new if each not in going and _first_sent(each) > self._oldest]
        self._send_again(staying)
        delete_messages(self._client, self._url, new)
        self.removed += len(going)

    def _send_again(self, messages: Iterable[Message]) -> None:
        for batch in _batches(messages):
            entries = [
                {
                    "Id": str(place),
                    "MessageBody": each["Body"],
                    "MessageGroupId": each["Attributes"]["MessageGroupId"],
                    # A round that broke off between the two steps sent this copy already.
                    "MessageDeduplicationId": each["MessageId"],
                    "MessageAttributes": {
                        FIRST_SENT: {"DataType": "Number", "StringValue": str(_first_sent(each))}
                    },
                }
                for place, each in enumerate(batch)
            ]
            with translated():
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            _require_all(answer)
            self._copies |= {each["MessageId"] for each in answer["Successful"]}

    def _release(self) -> None:
        # What cannot be released now is given again when its time is over.
        with suppress(StorageUnavailableError), translated():
            for handle in self._held:
                self._client.change_message_visibility(
                    QueueUrl=self._url, ReceiptHandle=handle, VisibilityTimeout=0
                )


def delete_messages(client: Sqs, url: str, messages: Sequence[Message]) -> None:
    """Delete up to ten received messages; StorageUnavailableError unless all of them go."""
    if not messages:
        return
    entries = [
        {"Id": str(place), "ReceiptHandle": each["ReceiptHandle"]}
        for place, each in enumerate(messages)
    ]
    with translated():
        answer = client.delete_message_batch(QueueUrl=url, Entries=entries)
    _require_all(answer)


def hidden_messages(client: Sqs, url: str) -> int:
    """About how many messages of the queue somebody has received and not deleted."""
    name = "ApproximateNumberOfMessagesNotVisible"
    with translated():
        answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(answer["Attributes"][name])


def _batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """The messages in order, in as few batches as SQS takes."""
    batch: list[Message] = []
    size = 0
    for each in messages:
        length = len(each["Body"].encode()) + 100
        if batch and (len(batch) == BATCH or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += length
    if batch:
        yield batch


def _require_all(answer: Message) -> None:
    if answer.get("Failed"):
        raise StorageUnavailableError("the queue rejected part of a batch")


def _first_sent(message: Message) -> int:
    given = message.get("MessageAttributes", {}).get(FIRST_SENT)
    return int(given["StringValue"] if given else message["Attributes"]["SentTimestamp"])


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
