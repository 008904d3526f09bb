"""Outcomes of campaigns' messages in SQLite."""

from collections.abc import Collection, Mapping, Sequence
from typing import override

from succotash.domain.campaigns.members import MemberState
from succotash.domain.campaigns.outcomes import MemberOutcome, OutcomeKind
from succotash.domain.repositories.campaign_outcomes import CampaignOutcomeRepository
from succotash.domain.values import CampaignId, MessageId
from succotash.infrastructure.rows.campaign_outcomes import added_of, outcome_of
from succotash.infrastructure.sqlite.columns import json_text, micros
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("campaign_outcomes")


class SQLiteCampaignOutcomeRepository(SQLiteRepository, CampaignOutcomeRepository):
    """Outcomes of campaigns' messages."""

    @override
    def find_message_states(
        self, campaign_id: CampaignId, message_ids: Collection[MessageId]
    ) -> Mapping[MessageId, MemberState]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["find_message_states"],
                campaign_id=campaign_id,
                message_ids=json_text([*message_ids]),
            )
        return {row["person_key"]: MemberState(row["state"]) for row in rows}

    @override
    def add_outcomes(self, outcomes: Sequence[MemberOutcome]) -> set[tuple[MessageId, OutcomeKind]]:
        given = [
            {
                "campaign_id": each.campaign_id,
                "person_key": each.message_id,
                "kind": each.kind,
                "occurred_at": micros(each.occurred_at),
            }
            for each in outcomes
        ]
        with self._unit.writing() as session:
            return added_of(session.run(_SQL["add_outcomes"], outcomes=json_text([*given])))

    @override
    def get_outcomes(self, messages: Mapping[MessageId, CampaignId]) -> list[MemberOutcome]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_outcomes"], messages=json_text(dict(messages)))
        return [outcome_of(row) for row in rows]
