"""Items of a batch of outcomes of campaigns' messages."""

from typing import Annotated

from pydantic import Field

from succotash.application.campaigns.outcomes import ReportedOutcome
from succotash.domain.campaigns.outcomes import OutcomeKind
from succotash.domain.values import MessageId
from succotash.http.batches import BATCH_LIMIT, Kind
from succotash.http.fields import LAX, Closed, Id, Instant
from succotash.http.reading import Unchecked, read_model


class OutcomeItem(Closed):
    """An outcome of a message."""

    id: Id | None = None
    """The sender's id of the item; the result shows it."""
    message_id: Id
    """The id in the outbox and the mail: its `Message-ID` before the `@`, and its tag `message`."""
    kind: Annotated[OutcomeKind, LAX]
    at: Instant


class OutcomesBody(Closed):
    """A batch of outcomes."""

    outcomes: Annotated[tuple[OutcomeItem, ...], Field(min_length=1, max_length=BATCH_LIMIT)]


def _read(item: Unchecked) -> ReportedOutcome:
    found: OutcomeItem = read_model(OutcomeItem, item)
    return ReportedOutcome(MessageId(found.message_id), found.kind, found.at, found.id)


OUTCOMES = Kind("outcomes", "id", _read)
