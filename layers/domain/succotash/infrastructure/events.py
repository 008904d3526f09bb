"""What an event says of a message, whatever bus it goes through."""

from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.values import Json, instant_text


def detail_of(message: OutboxMessage) -> dict[str, Json]:
    """Ids and states. `message_id` is the same however often a message is delivered."""
    return {
        "message_id": message.message_id,
        "occurred_at": instant_text(message.occurred_at),
        "subject_id": message.subject_id,
        "form_id": message.form_id,
        **message.payload,
    }
