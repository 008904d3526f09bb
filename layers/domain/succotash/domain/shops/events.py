"""Events that shop systems send, as they wait to be recorded."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from succotash.domain.values import Json, instant_text
from succotash.errors import MalformedRequestError

VERSION = 1
"""The version of the texts below; a release reads those of the one before it."""


class ShopEventKind(StrEnum):
    """The kinds of recording that events need."""

    LEDGER = "ledger"
    """Orders, refunds, disputes, and what customers said about marketing."""
    PRIVACY = "privacy"
    """A customer wants to see what is stored about them, or to have it erased."""


@dataclass(frozen=True, slots=True)
class ShopEvent:
    """An event that a system signed, reduced to the fields that are read."""

    system: str
    kind: ShopEventKind
    received_at: datetime
    body: Mapping[str, Json]
    topic: str | None = None
    """The system's name of the event, where the body has none. It is not signed."""

    def as_text(self) -> str:
        """The event, in ASCII."""
        return json.dumps(
            {
                "version": VERSION,
                "system": self.system,
                "kind": self.kind,
                "received_at": instant_text(self.received_at),
                "topic": self.topic,
                "body": self.body,
            },
            separators=(",", ":"),
        )

    @classmethod
    def of_text(cls, text: str) -> Self:
        """The event that `as_text` wrote; MalformedRequestError for any other text."""
        try:
            match json.loads(text):
                case {
                    "version": 1,
                    "system": str(system),
                    "kind": str(kind),
                    "received_at": str(at),
                    "topic": str() | None as topic,
                    "body": dict(body),
                }:
                    received_at = datetime.fromisoformat(at)
                    return cls(system, ShopEventKind(kind), received_at, body, topic)
                case _:
                    raise MalformedRequestError("not an event of a shop")
        except (ValueError, RecursionError):
            raise MalformedRequestError("not an event of a shop") from None


@dataclass(frozen=True, slots=True)
class QueuedShopEvent:
    """An event as a queue gives it."""

    message_id: str
    text: str
    receives: int
    """The number of times it was received, this time included."""
