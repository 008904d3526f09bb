"""Taking in what shop systems send: whose it is, what is kept of it, and where it waits."""

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from succotash.application.shops.events.fields import chosen
from succotash.application.shops.events.formats import FORMATS
from succotash.domain.repositories.shop_events import ShopEventQueue
from succotash.domain.shops.events import ShopEvent
from succotash.domain.shops.signatures import HEADERS, is_signed
from succotash.domain.values import Clock, Json
from succotash.errors import (
    InvalidSignatureError,
    MalformedRequestError,
    NotFoundError,
    TooLargeError,
)

LONGEST_TEXT = 250_000
"""Characters of an event as it waits; a queue of SQS takes 262,144 bytes at least."""
_PING = re.compile(rb"webhook_id=\d{1,20}")
"""The unsigned body that WooCommerce sends when a webhook is set up."""

logger = logging.getLogger(__name__)


class Received(StrEnum):
    """The result of a shop's request."""

    ACCEPTED = "accepted"
    IGNORED = "ignored"
    """It is about nothing that is recorded."""
    PING = "ping"


class WebhookIntake:
    """Verifies and keeps events, without the storage."""

    def __init__(
        self,
        queue: ShopEventQueue,
        secrets_of: Callable[[str], Sequence[str]],
        clock: Clock,
    ) -> None:
        """`secrets_of` gives those by which a system signs; StorageUnavailableError."""
        self._queue = queue
        self._secrets_of = secrets_of
        self._clock = clock

    def receive(self, system: str, headers: Mapping[str, str], body: bytes) -> Received:
        """Keep an event whose signature is right; headers are by lower-case name.

        Raises NotFoundError, InvalidSignatureError, MalformedRequestError, TooLargeError, and
        StorageUnavailableError where the queue or the secrets are away: senders try again.
        """
        reader = FORMATS.get(system)
        if reader is None:
            raise NotFoundError("connector")
        if system == "woocommerce" and HEADERS[system] not in headers and _PING.fullmatch(body):
            return Received.PING
        secrets = self._secrets_of(system)
        if not secrets:
            logger.warning("an event of %s is refused: no secret of it is set", system)
        now = self._clock()
        if not is_signed(system, headers, body, secrets, now):
            raise InvalidSignatureError("the signature is missing, wrong or too old")
        kept = chosen(_object(body), reader.fields)
        topic = headers.get(reader.topic_header) if reader.topic_header else None
        kind = reader.kind_of(kept, topic)
        if kind is None:
            return Received.IGNORED
        event = ShopEvent(system, kind, now, kept, topic)
        if len(event.as_text()) > LONGEST_TEXT:
            raise TooLargeError("the event is too large to be stored")
        self._queue.put(event)
        return Received.ACCEPTED


def _object(body: bytes) -> Mapping[str, Json]:
    """The object that a body is, amounts as they are written."""
    try:
        found = json.loads(body, parse_float=str)
    except (ValueError, RecursionError):  # ValueError of bytes that are no UTF-8, too
        raise MalformedRequestError("the body is not valid JSON") from None
    if not isinstance(found, dict):
        raise MalformedRequestError("the body is not a JSON object")
    return found
