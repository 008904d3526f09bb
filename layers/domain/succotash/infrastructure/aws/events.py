"""A bus of Amazon EventBridge."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, override

from succotash.domain.messages.events import detail_of
from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.repositories.delivery import EventBus
from succotash.domain.values import MessageId

SOURCE = "succotash"
ENTRIES = 10
"""The most that one request takes."""
SIZE = 256 * 1024
"""Bytes of all entries that one request takes."""
TIME_SIZE = 14
"""Bytes that an entry's time counts for."""

type Events = Any
"""A client of EventBridge, which boto3 makes while it runs."""


def eventbridge() -> Events:
    """A client that tries each request a few times, and gives up within seconds."""
    import boto3
    from botocore.config import Config

    limits = Config(
        connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
    )
    return boto3.client("events", config=limits)


class EventBridgeBus(EventBus):
    """One bus, by its name or ARN."""

    def __init__(self, bus: str, client: Callable[[], Events] = eventbridge) -> None:
        self._bus = bus
        self._new_client = client
        self._client: Events | None = None

    @override
    def publish(self, messages: Sequence[OutboxMessage]) -> Mapping[MessageId, str]:
        failures: dict[MessageId, str] = {}
        entries: dict[MessageId, dict[str, Any]] = {}
        for message in messages:
            entry = self._entry(message)
            if _size(entry) > SIZE:
                failures[message.message_id] = "larger than an event may be"
            else:
                entries[message.message_id] = entry
        for batch in _batches(entries):
            failures |= self._put(batch)
        return failures

    def _put(self, batch: Mapping[MessageId, Mapping[str, Any]]) -> dict[MessageId, str]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if self._client is None:
                self._client = self._new_client()
            answer = self._client.put_events(Entries=list(batch.values()))
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            return dict.fromkeys(batch, f"EventBridge answered {code}")
        except BotoCoreError as error:
            return dict.fromkeys(batch, f"EventBridge: {type(error).__name__}")
        return {
            message_id: f"EventBridge answered {result['ErrorCode']}"
            for message_id, result in zip(batch, answer["Entries"], strict=True)
            if result.get("ErrorCode")
        }

    def _entry(self, message: OutboxMessage) -> dict[str, Any]:
        return {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": message.kind,
            "Detail": json.dumps(detail_of(message), ensure_ascii=False),
            "Time": message.occurred_at,
        }


def _size(entry: Mapping[str, Any]) -> int:
    """The size of an entry, by EventBridge's own rule."""
    texts = (entry["Source"], entry["DetailType"], entry["Detail"])
    return TIME_SIZE + sum(len(text.encode()) for text in texts)


def _batches(
    entries: Mapping[MessageId, Mapping[str, Any]],
) -> Iterator[dict[MessageId, Mapping[str, Any]]]:
    batch: dict[MessageId, Mapping[str, Any]] = {}
    size = 0
    for message_id, entry in entries.items():
        added = _size(entry)
        if batch and (len(batch) == ENTRIES or size + added > SIZE):
            yield batch
            batch, size = {}, 0
        batch[message_id] = entry
        size += added
    if batch:
        yield batch
