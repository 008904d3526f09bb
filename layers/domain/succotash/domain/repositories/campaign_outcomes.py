"""The port to the outcomes of campaigns' messages."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence

from succotash.domain.campaigns.members import MemberState
from succotash.domain.campaigns.outcomes import MemberOutcome, OutcomeKind
from succotash.domain.values import CampaignId, MessageId


class CampaignOutcomeRepository(ABC):
    """Outcomes of members' messages. Those of who was erased stay, under their member's new key."""

    @abstractmethod
    def find_message_states(
        self, campaign_id: CampaignId, message_ids: Collection[MessageId]
    ) -> Mapping[MessageId, MemberState]:
        """The states of the campaign's members with these keys; others are left out."""

    @abstractmethod
    def add_outcomes(self, outcomes: Sequence[MemberOutcome]) -> set[tuple[MessageId, OutcomeKind]]:
        """Keep outcomes of messages that were sent; which are new.

        One of a kind that the message has already changes nothing. All are of one campaign, and
        at most one of each kind for a message.
        """

    @abstractmethod
    def get_outcomes(self, messages: Mapping[MessageId, CampaignId]) -> list[MemberOutcome]:
        """The outcomes of messages, by message id, time and kind."""
