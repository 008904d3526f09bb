"""A bus of events as a file with one event a line."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import override

from succotash.domain.messages.events import detail_of
from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.repositories.delivery import EventBus
from succotash.domain.values import MessageId
from succotash.infrastructure.private_files import private_opener


class EventFile(EventBus):
    """Appends events to a file, which only its owner reads where it is made here."""

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
