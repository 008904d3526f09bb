"""A bus of events as a file with one event a line."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import override

from succotash.domain.messages.events import detail_of
from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.delivery import EventBus
from succotash.domain.repositories.erasable import Erasable, Forgotten
from succotash.domain.values import MessageId
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.private_files import private_opener


class EventFile(EventBus, Erasable):
    """Appends events to a file, which only its owner reads where it is made here.

    Events about an erased person keep their type alone. Lines stay as long as they were, so that
    the local workers, which follow the file, continue at their place in it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @override
    def publish(self, messages: Sequence[OutboxMessage]) -> Mapping[MessageId, str]:
        lines = (
            json.dumps({"detail-type": each.kind, "detail": detail_of(each)}) + "\n"
            for each in messages
        )
        try:
            with open(self._path, "a", encoding="utf-8", opener=private_opener) as file:
                file.write("".join(lines))
        except OSError:
            return {each.message_id: "file cannot be written" for each in messages}
        return {}

    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        removed = 0
        try:
            with self._path.open("r+b") as file:
                while line := file.readline():
                    if not has_time():
                        return Forgotten(removed, is_complete=False)
                    event = json.loads(line) if line.endswith(b"\n") else None
                    if event is None or not person.is_named_within(event["detail"]):
                        continue
                    emptied = json.dumps({"detail-type": event["detail-type"], "detail": {}})
                    file.seek(-len(line), 1)
                    file.write(emptied.encode().ljust(len(line) - 1) + b"\n")
                    removed += 1
        except FileNotFoundError:
            return Forgotten(0)
        except OSError as error:
            raise StorageUnavailableError(
                f"the file of events cannot be used ({error.strerror})"
            ) from None
        return Forgotten(removed)
