"""Messages of the relay's queue: wakes, outcomes of deliveries, and events of the mail service."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from succotash.domain.campaigns.outcomes import MemberOutcome
from succotash.domain.consents.consents import FailedAddress
from succotash.domain.messages.delivery import DeliveryOutcome
from succotash.errors import MalformedRequestError

EARLY = timedelta(seconds=5)
"""The time by which a wake may come too early: nobody waits again for so little."""


@dataclass(slots=True)
class RelayMessages:
    """A batch of messages, by kind."""

    outcomes: list[DeliveryOutcome] = field(default_factory=list)
    is_woken: bool = False
    later: set[datetime] = field(default_factory=set)
    """When wakes are due that were held back as long as the queue can."""
    failed: list[FailedAddress] = field(default_factory=list)
    """Addresses that fail for good, and those whose people complained."""
    reported: list[MemberOutcome] = field(default_factory=list)
    """Campaigns' messages that came back, or were complained of."""
    unreadable: list[str] = field(default_factory=list)
    """Ids of messages that another release may have written."""

    @property
    def asks_for_a_run(self) -> bool:
        """Whether anything is to be done now."""
        return self.is_woken or bool(self.outcomes)


def read_messages(records: Iterable[Mapping[str, Any]], now: datetime) -> RelayMessages:
    """Sort the records of an event of SQS by kind."""
    found = RelayMessages()
    for record in records:
        text = record["body"]
        try:
            found.outcomes.append(DeliveryOutcome.of_text(text))
        except MalformedRequestError:
            try:
                if (event := _event_of_ses(text)) is not None:
                    from succotash.infrastructure.aws.ses_events import (
                        failed_addresses,
                        reported_outcomes,
                    )

                    found.failed += failed_addresses(event)
                    found.reported += reported_outcomes(event)
                    continue
                at = _wake_at(text)
            except (ValueError, LookupError):
                found.unreadable.append(record["messageId"])
                continue
            if at is None or at - now <= EARLY:
                found.is_woken = True
            else:
                found.later.add(at)
    return found


def _event_of_ses(text: str) -> dict[str, Any] | None:
    """An event of SES, as EventBridge passes it on; None for anything else. ValueError."""
    document: object = json.loads(text)
    if isinstance(document, dict) and document.get("source") == "aws.ses":
        return document
    return None


def _wake_at(text: str) -> datetime | None:
    """When a wake is due, None where at once; ValueError where the text is no wake."""
    match json.loads(text):
        case {"wake_at": None}:
            return None
        case {"wake_at": str(at)} if (instant := datetime.fromisoformat(at)).tzinfo:
            return instant
        case _:
            raise ValueError("not a wake")
