"""Outcomes of campaigns' messages in memory."""

from collections.abc import Collection, Mapping, Sequence
from typing import override

from succotash.domain.campaigns.members import MemberState
from succotash.domain.campaigns.outcomes import COUNTED_AS_SENT, MemberOutcome, OutcomeKind
from succotash.domain.repositories.campaign_outcomes import CampaignOutcomeRepository
from succotash.domain.values import CampaignId, MessageId
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic, stored


class InMemoryCampaignOutcomeRepository(InMemoryRepository, CampaignOutcomeRepository):
    """Outcomes of campaigns' messages."""

    @override
    @atomic
    def find_message_states(
        self, campaign_id: CampaignId, message_ids: Collection[MessageId]
    ) -> Mapping[MessageId, MemberState]:
        found = ((each, self.tables.members.get((campaign_id, each))) for each in message_ids)
        return {each: member.state for each, member in found if member is not None}

    @override
    @atomic
    def add_outcomes(self, outcomes: Sequence[MemberOutcome]) -> set[tuple[MessageId, OutcomeKind]]:
        added = set()
        for each in outcomes:
            member = self.tables.members.get((each.campaign_id, each.message_id))
            key = each.campaign_id, each.message_id, each.kind
            is_sent = member is not None and member.state in COUNTED_AS_SENT
            if is_sent and key not in self.tables.member_outcomes:
                self.tables.member_outcomes[key] = stored(each)
                added.add((each.message_id, each.kind))
        return added

    @override
    @atomic
    def get_outcomes(self, messages: Mapping[MessageId, CampaignId]) -> list[MemberOutcome]:
        found = (
            outcome
            for message_id, campaign_id in messages.items()
            for outcome in self.tables.member_outcomes_by_message[campaign_id, message_id]
        )
        return sorted(found, key=lambda each: (each.message_id, each.occurred_at, each.kind))
