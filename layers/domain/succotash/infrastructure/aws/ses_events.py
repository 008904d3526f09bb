"""Reads events of SES about addresses, and about campaigns' messages."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from succotash.domain.campaigns.outcomes import MemberOutcome, OutcomeKind
from succotash.domain.consents.consents import ConsentOrigin, FailedAddress
from succotash.domain.values import CampaignId, MessageId

type SesEvent = Mapping[str, Any]

OUTCOMES: Mapping[str, tuple[str, OutcomeKind]] = {
    "Bounce": ("bounce", OutcomeKind.BOUNCED),
    "Complaint": ("complaint", OutcomeKind.COMPLAINED),
}
"""The part with an event's time and the outcome of the message, by type of event."""


def failed_addresses(event: SesEvent) -> list[FailedAddress]:
    """Addresses that fail for good, and those whose people complained; of other events none.

    `event` is what SES writes, by itself or as EventBridge or SNS pass it on. A bounce that passes
    (a full mailbox), one of unknown kind, and a report that says "not spam" are none.
    """
    return list(_failed(_unwrapped(event)))


def reported_outcomes(event: SesEvent) -> list[MemberOutcome]:
    """The outcome of a campaign's message that bounced or was complained of; none of other events.

    The message is known by the tags it was sent with. A bounce of any kind counts: SES has given up
    by then. A report that says "not spam" is no complaint.
    """
    match own := _unwrapped(event):
        case {"eventType": "Complaint", "complaint": {"complaintFeedbackType": "not-spam"}}:
            return []
        case {
            "eventType": "Bounce" | "Complaint" as reported,
            "mail": {"tags": {"campaign": [str(campaign), *_], "message": [str(message), *_]}},
        }:
            part, kind = OUTCOMES[reported]
            at = datetime.fromisoformat(own[part]["timestamp"])
            return [MemberOutcome(CampaignId(campaign), MessageId(message), kind, at)]
        case _:
            return []


def _unwrapped(event: SesEvent) -> SesEvent:
    match event:
        case {"source": "aws.ses", "detail": dict(detail)}:
            return detail
        case {"Type": "Notification", "Message": str(message)}:
            found: SesEvent = json.loads(message)
            return found
        case _:
            return event


def _failed(event: SesEvent) -> Iterator[FailedAddress]:
    match event:
        case {
            "eventType": "Bounce",
            "bounce": {
                "bounceType": "Permanent",
                "bouncedRecipients": [*recipients],
                "timestamp": str(timestamp),
            },
        }:
            yield from _each(recipients, ConsentOrigin.BOUNCE, timestamp)
        case {"eventType": "Complaint", "complaint": {"complaintFeedbackType": "not-spam"}}:
            return
        case {
            "eventType": "Complaint",
            "complaint": {"complainedRecipients": [*recipients], "timestamp": str(timestamp)},
        }:
            yield from _each(recipients, ConsentOrigin.COMPLAINT, timestamp)


def _each(
    recipients: list[Mapping[str, Any]], origin: ConsentOrigin, timestamp: str
) -> Iterator[FailedAddress]:
    at = datetime.fromisoformat(timestamp)
    for each in recipients:
        # SES repeats an address as the mail had it, with its name where it had one.
        _, address = parseaddr(str(each["emailAddress"]))
        yield FailedAddress(address, origin, at)
