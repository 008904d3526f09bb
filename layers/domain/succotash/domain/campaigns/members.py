"""Members of campaigns: who was assigned when, and what is asked of a storage to find them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from succotash.domain.campaigns.alternatives import Alternative
from succotash.domain.campaigns.assignment import Arm
from succotash.domain.campaigns.consent_rules import ConsentRule
from succotash.domain.consents.consents import MARKETING, campaign_purpose
from succotash.domain.people.erasures import DigestBlocks
from succotash.domain.values import CampaignId, CustomerId, MessageId, Money, RunId


class MemberState(StrEnum):
    """The state of a member's message."""

    HELD_OUT = "held_out"
    """There is none."""
    QUEUED = "queued"
    SENT = "sent"
    """The mail service took it, or who else was to have it."""
    BOUNCED = "bounced"
    """It was sent, and came back."""
    REFUSED = "refused"
    """It was surely not sent; it is tried again until its message is dead-lettered."""
    UNCERTAIN = "uncertain"
    """It may have been sent, and is never sent again."""
    WITHHELD = "withheld"
    """When it was about to leave, the person or the campaign did not want it any more."""


class Unreached(StrEnum):
    """Why somebody of the audience is not reached: the first of these that holds."""

    NO_ADDRESS = "no_address"
    ERASED = "erased"
    SUPPRESSED = "suppressed"
    NO_CONSENT = "no_consent"
    ALREADY_ASSIGNED = "already_assigned"
    CAP = "cap"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True)
class CampaignMember:
    """One person in a campaign, with what the run before foresaw of them.

    All but the arm, the state and when it was assigned is gone where the person was erased.
    """

    campaign_id: CampaignId
    person_key: str
    """The keyed hash of campaign and address, and the id of the message; of nobody once erased."""
    arm: Arm
    state: MemberState
    assigned_at: datetime
    dispatch_id: str
    customer_id: CustomerId | None = None
    canonical_email: str | None = None
    run_id: RunId | None = None
    foreseen_value: Money | None = None
    """Value still expected of the accounts with this address in the audience, as of the run."""
    value_at_risk: Money | None = None
    risk_level: str | None = None
    value_segment: str | None = None
    engagement_segment: str | None = None


@dataclass(frozen=True, slots=True)
class DispatchTerms:
    """The terms by which an audience is assigned, and to which arm."""

    campaign_id: CampaignId
    alternatives: Sequence[Alternative]
    customer_ids: Sequence[CustomerId] | None
    person_key: DigestBlocks
    """The digest that makes keys of canonical addresses."""
    suppression_keys: Sequence[DigestBlocks]
    """The digests that make suppressions' keys of canonical addresses, one for each key."""
    holdout_below: str
    """The bound of the holdout: members whose `person_key` sorts before it."""
    consent: ConsentRule
    time_zone: str
    at: datetime
    cap: int | None = None
    """The most messages of all campaigns since `cap_since`; None for any number."""
    cap_since: datetime | None = None
    messages: int | None = None
    """The most that the campaign may send in all; None for any number."""

    @property
    def purposes(self) -> tuple[str, str]:
        """To which a person may have said no."""
        return (MARKETING, campaign_purpose(self.campaign_id))


@dataclass(frozen=True, slots=True)
class Reach:
    """The number of people whom a dispatch would reach now, and of others by reason."""

    treatment: int
    holdout: int
    unreached: Mapping[Unreached, int]


@dataclass(frozen=True, slots=True)
class Assigned:
    """The number of members that a dispatch added."""

    treatment: int
    holdout: int


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient's details for the message."""

    message_id: MessageId
    first_name: str | None
    last_name: str | None
    company: str | None


@dataclass(frozen=True, slots=True)
class ReleaseTerms:
    """The terms by which a message that was assigned may still leave."""

    suppression_keys: Sequence[DigestBlocks]
    """The digests that make suppressions' keys of canonical addresses, one for each key."""
    consent: ConsentRule


@dataclass(frozen=True, slots=True)
class Release:
    """A member's message that is about to leave, and what stands against it now."""

    campaign_id: CampaignId
    recipient: Recipient
    canonical_email: str
    customer_id: CustomerId | None = None
    """The account that stands for the person."""
    reason: Unreached | None = None
    """ERASED, SUPPRESSED or NO_CONSENT; None where it may leave."""


@dataclass(frozen=True, slots=True)
class MemberMark:
    """A new state of a member's message."""

    campaign_id: CampaignId
    message_id: MessageId
    state: MemberState


MARKED_FROM: Mapping[MemberState, frozenset[MemberState]] = {
    MemberState.SENT: frozenset(
        {MemberState.QUEUED, MemberState.REFUSED, MemberState.UNCERTAIN, MemberState.WITHHELD}
    ),
    MemberState.BOUNCED: frozenset({MemberState.SENT}),
    MemberState.REFUSED: frozenset({MemberState.QUEUED, MemberState.UNCERTAIN}),
    MemberState.UNCERTAIN: frozenset({MemberState.QUEUED, MemberState.REFUSED}),
    MemberState.WITHHELD: frozenset({MemberState.QUEUED, MemberState.REFUSED}),
}
"""From which states a mark leads to another; what comes late or twice changes nothing."""
