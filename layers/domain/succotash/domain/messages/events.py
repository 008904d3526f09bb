"""Writes messages as events, for any bus, and as bodies of webhooks."""

import json

from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.values import Json, instant_text

VERSION = 1
"""The version of the schemas in docs/events; names may be added within one."""


def detail_of(message: OutboxMessage) -> dict[str, Json]:
    """Ids and states. `message_id` is the same however often a message is delivered."""
    return {
        "version": VERSION,
        "message_id": message.message_id,
        "occurred_at": instant_text(message.occurred_at),
        "subject_id": message.subject_id,
        "form_id": message.form_id,
        **message.payload,
    }


def webhook_body(message: OutboxMessage) -> str:
    """The message as webhooks send it: `data` is what an event would say."""
    return json.dumps(
        {
            "type": message.kind,
            "timestamp": instant_text(message.occurred_at),
            "data": detail_of(message),
        }
    )
