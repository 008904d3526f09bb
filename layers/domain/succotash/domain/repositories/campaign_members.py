"""The port to the members of campaigns: finding them, assigning them, and handing them over."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime

from succotash.domain.campaigns.campaigns import RetentionCampaign
from succotash.domain.campaigns.members import (
    Assigned,
    CampaignMember,
    DispatchTerms,
    MemberMark,
    MemberState,
    Reach,
    Recipient,
    Release,
    ReleaseTerms,
)
from succotash.domain.values import CampaignId, MessageId


class CampaignMemberRepository(ABC):
    """Members of campaigns.

    Whom terms mean is judged by the current run and by what is known now. One address is one
    person, whose account with the greatest value at risk in the audience stands for all. People
    are taken by value at risk, greatest first, then by the id of that account. The first reason of
    `Unreached` that holds keeps somebody out, and everybody else is assigned by `person_key`,
    until the campaign has as many messages as it may send: who comes after the last of these is
    not reached for BUDGET, to be held out or not.
    """

    @abstractmethod
    def lock_dispatch(self, campaign_id: CampaignId) -> RetentionCampaign:
        """The campaign as it is now; NotFoundError if unknown.

        Until the transaction ends, no other dispatch of any campaign begins, nobody is erased, no
        customers are joined, and another that locks or saves the campaign waits.
        """

    @abstractmethod
    def assign_members(self, terms: DispatchTerms, dispatch_id: str) -> Assigned:
        """Add everybody whom the terms mean, once each; none who is a member already."""

    @abstractmethod
    def queue_messages(self, campaign_id: CampaignId, dispatch_id: str, due_at: datetime) -> int:
        """Append a message to the outbox for each member of a dispatch who is written to.

        They count as targeted by the campaign. How many there were.
        """

    @abstractmethod
    def count_reach(self, terms: DispatchTerms) -> Reach:
        """Count whom `assign_members` would assign, and whom it would leave out.

        Accounts without an address count one by one.
        """

    @abstractmethod
    def find_recipients(self, terms: DispatchTerms, *, limit: int) -> list[Recipient]:
        """The first of those who would be written to, in the order in which they are taken."""

    @abstractmethod
    def find_releases(
        self, messages: Mapping[MessageId, CampaignId], terms: ReleaseTerms
    ) -> list[Release]:
        """Find the current details of the recipients of messages, by message id.

        A message whose person was erased has none.
        """

    @abstractmethod
    def mark_members(self, marks: Sequence[MemberMark]) -> int:
        """Keep how far messages came, as MARKED_FROM allows; how many members changed.

        At most one mark for a message. Those that come to SENT count as sent by their campaign.
        """

    @abstractmethod
    def count_member_states(self, campaign_id: CampaignId) -> Mapping[MemberState, int]:
        """Count the members of a campaign by state; every state is named."""

    @abstractmethod
    def get_campaign_member(self, campaign_id: CampaignId, message_id: MessageId) -> CampaignMember:
        """The member with this message; NotFoundError if unknown."""

    @abstractmethod
    def get_campaign_members(
        self, campaign_id: CampaignId, *, limit: int, after: str = ""
    ) -> list[CampaignMember]:
        """Members by `person_key`, behind `after`."""

    @abstractmethod
    def get_memberships(self, canonical_email: str) -> list[CampaignMember]:
        """A person's places in campaigns, oldest first."""

    @abstractmethod
    def forget_members(self, canonical_email: str) -> list[MessageId]:
        """Make a person's places in campaigns those of nobody; their messages.

        What a campaign assigned stays counted. Its key is made at random, and all that says
        something about the person goes.
        """
