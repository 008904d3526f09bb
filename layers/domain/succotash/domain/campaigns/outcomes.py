"""Outcomes of campaigns' messages, as senders and shops report them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from succotash.domain.campaigns.members import MemberState
from succotash.domain.values import CampaignId, MessageId


class OutcomeKind(StrEnum):
    """The outcomes of a message."""

    SENT = "sent"
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    CONVERTED = "converted"
    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True)
class MemberOutcome:
    """An outcome of a member's message, and its time; once for each kind."""

    campaign_id: CampaignId
    message_id: MessageId
    kind: OutcomeKind
    occurred_at: datetime


COUNTED_AS_SENT = frozenset({MemberState.SENT, MemberState.BOUNCED})
"""States of messages that were surely sent."""
LEFT = COUNTED_AS_SENT | {MemberState.UNCERTAIN}
"""States of messages that may have outcomes."""
