"""Leads, their status and their score, in memory."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime
from typing import override

from succotash.domain.intake.submissions import merged_lead
from succotash.domain.leads.leads import (
    Lead,
    LeadQuery,
    LeadScore,
    LeadStatus,
    ScoredLead,
    require_legal_step,
)
from succotash.domain.repositories.lead_records import LeadRecordRepository
from succotash.domain.values import PAGE, After, LeadId
from succotash.errors import NotFoundError
from succotash.infrastructure.in_memory.pages import page
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic, stored

_CLOSED = frozenset({LeadStatus.CLOSED_WON, LeadStatus.CLOSED_LOST})


class InMemoryLeadRecordRepository(InMemoryRepository, LeadRecordRepository):
    """Leads, their status and their score."""

    @override
    @atomic
    def save_lead(self, lead: Lead) -> Lead:
        known = self.tables.lead_with(lead.canonical_email)
        if known is None:
            merged = stored(lead)
            self.tables.note_status(merged.lead_id, merged.status, merged.last_submission_at)
        else:
            merged = merged_lead(known, stored(lead))
        self.tables.leads[merged.lead_id] = merged
        self.tables.tie_customers(merged)
        return merged

    @override
    @atomic
    def get_lead(self, lead_id: LeadId) -> Lead:
        return self.tables.leads[lead_id]

    @override
    @atomic
    def get_lead_by_email(self, canonical_email: str) -> Lead:
        if (lead := self.tables.lead_with(canonical_email)) is None:
            raise NotFoundError("lead")
        return lead

    @override
    @atomic
    def find_scored_leads(self, canonical_email: str) -> list[ScoredLead]:
        return [
            ScoredLead(lead, self.tables.scores.get(lead.lead_id))
            for lead in self.tables.leads_by_email[canonical_email]
        ]

    @override
    @atomic
    def find_leads(
        self, query: LeadQuery, *, limit: int = PAGE, after: After | None = None
    ) -> list[ScoredLead]:
        matching = (each for each in self._scored_leads() if matches(each, query))
        return page(matching, lambda each: _lead_place(each.lead), limit, after)

    @override
    @atomic
    def get_hot_leads(self, *, limit: int = PAGE) -> list[ScoredLead]:
        hot = [
            (-each.score.total, each.lead.lead_id, each)
            for each in self._scored_leads()
            if each.score is not None and each.score.is_hot and each.lead.status not in _CLOSED
        ]
        return [each for _, _, each in sorted(hot, key=lambda place: place[:2])[:limit]]

    @override
    @atomic
    def update_lead_status(self, lead_id: LeadId, status: LeadStatus, at: datetime) -> Lead:
        lead = self.tables.leads[lead_id]
        require_legal_step(lead.status, status)
        moved = dataclasses.replace(lead, status=status)
        self.tables.leads[lead_id] = moved
        self.tables.note_status(lead_id, status, at)
        return moved

    @override
    @atomic
    def save_lead_score(self, score: LeadScore) -> None:
        self.tables.leads[score.lead_id]
        self.tables.scores[score.lead_id] = stored(score)

    @override
    @atomic
    def get_lead_score(self, lead_id: LeadId) -> LeadScore:
        return self.tables.scores[lead_id]

    def _scored_leads(self) -> Iterable[ScoredLead]:
        for lead in self.tables.leads.values():
            yield ScoredLead(lead, self.tables.scores.get(lead.lead_id))


def matches(each: ScoredLead, query: LeadQuery) -> bool:
    """Whether the lead is one of those asked for."""
    return (
        query.status in {None, each.lead.status}
        and query.source in {None, each.lead.source}
        and (
            query.min_score is None
            or (each.score is not None and each.score.total >= query.min_score)
        )
    )


def _lead_place(lead: Lead) -> tuple[datetime, str]:
    return lead.last_submission_at, lead.lead_id
