"""Outcomes of campaigns' messages in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from typing import override

from succotash.domain.campaigns.members import MemberState
from succotash.domain.campaigns.outcomes import MemberOutcome, OutcomeKind
from succotash.domain.repositories.campaign_outcomes import CampaignOutcomeRepository
from succotash.domain.values import CampaignId, Json, MessageId
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.campaign_outcomes import added_of, outcome_of

_SQL = statements("campaign_outcomes")


class PostgresCampaignOutcomeRepository(PostgresRepository, CampaignOutcomeRepository):
    """Outcomes of campaigns' messages."""

    @override
    def find_message_states(
        self, campaign_id: CampaignId, message_ids: Collection[MessageId]
    ) -> Mapping[MessageId, MemberState]:
        rows = self._run(
            _SQL["find_message_states"], campaign_id=campaign_id, message_ids=[*message_ids]
        )
        return {row["person_key"]: MemberState(row["state"]) for row in rows}

    @override
    def add_outcomes(self, outcomes: Sequence[MemberOutcome]) -> set[tuple[MessageId, OutcomeKind]]:
        given: list[Json] = [
            {
                "campaign_id": each.campaign_id,
                "person_key": each.message_id,
                "kind": each.kind,
                "occurred_at": each.occurred_at.isoformat(),
            }
            for each in outcomes
        ]
        return added_of(self._run(_SQL["add_outcomes"], outcomes=Jsonb(given)))

    @override
    def get_outcomes(self, messages: Mapping[MessageId, CampaignId]) -> list[MemberOutcome]:
        rows = self._run(
            _SQL["get_outcomes"], message_ids=[*messages], campaign_ids=[*messages.values()]
        )
        return [outcome_of(row) for row in rows]
