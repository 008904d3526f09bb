"""Leads as a whole in memory."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import override
from zoneinfo import ZoneInfo

from succotash.domain.forms.submissions import FormSubmission, SubmissionFilter, SubmissionState
from succotash.domain.leads.analytics import DailyCounts
from succotash.domain.leads.leads import Lead, LeadHistory, LeadQuery, LeadScore, ScoredLead
from succotash.domain.leads.scoring import ScoringRules
from succotash.domain.repositories.leads import LeadRepository
from succotash.domain.values import After, FormId, LeadId
from succotash.errors import ConflictError
from succotash.infrastructure.in_memory.form_analytics import (
    InMemoryFormAnalyticsRepository,
    within,
)
from succotash.infrastructure.in_memory.lead_records import matches
from succotash.infrastructure.in_memory.pages import submission_place
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic, stored


class InMemoryLeadRepository(InMemoryRepository, LeadRepository):
    """Leads as a whole in dictionaries."""

    @override
    @atomic
    def get_scoring_rules(self) -> ScoringRules:
        return self.tables.newest_scoring_rules()

    @override
    @atomic
    def add_scoring_rules(self, scoring: ScoringRules) -> None:
        if scoring.version != self.tables.newest_scoring_rules().version + 1:
            raise ConflictError("the scoring rules were changed meanwhile")
        self.tables.scoring_rules[scoring.version] = stored(scoring)

    @override
    @atomic
    def lock_leads_to_score(
        self, rules_version: int, as_of: datetime, *, limit: int, after: LeadId | None = None
    ) -> list[Lead]:
        # A transaction holds all of the tables.
        def is_scored(lead: Lead) -> bool:
            score = self.tables.scores.get(lead.lead_id)
            if score is None or score.rules_version != rules_version:
                return False
            return score.scored_at >= as_of

        return [lead for lead in self._behind(after) if not is_scored(lead)][:limit]

    @override
    @atomic
    def save_lead_scores(self, scores: Sequence[LeadScore]) -> None:
        for score in scores:
            if score.lead_id in self.tables.leads:
                self.tables.scores[score.lead_id] = stored(score)

    @override
    @atomic
    def get_lead_history(self, lead_id: LeadId, *, limit: int) -> LeadHistory:
        scored = ScoredLead(self.tables.leads[lead_id], self.tables.scores.get(lead_id))
        submissions = sorted(
            self.tables.submissions_by_lead[lead_id], key=submission_place, reverse=True
        )
        return LeadHistory(scored, self.tables.status_changes[lead_id], tuple(submissions[:limit]))

    @override
    @atomic
    def get_daily_counts(
        self,
        start: datetime,
        end: datetime,
        time_zone: str,
        *,
        form_id: FormId | None = None,
        source: str | None = None,
    ) -> list[DailyCounts]:
        zone = ZoneInfo(time_zone)
        submitted = [
            (each.submitted_at.astimezone(zone).date(), each.state)
            for each in self.tables.submissions.values()
            if within(each.submitted_at, start, end)
            and form_id in {None, each.form_id}
            and source in {None, each.source}
        ]
        found = InMemoryFormAnalyticsRepository(self.tables).new_leads(start, end, form_id, source)
        all_of = Counter(day for day, _ in submitted)
        accepted = Counter(day for day, state in submitted if state is SubmissionState.ACCEPTED)
        new = Counter(lead.first_submission_at.astimezone(zone).date() for lead in found)
        return [
            DailyCounts(day, all_of[day], accepted[day], new[day])
            for day in sorted(all_of.keys() | new.keys())
        ]

    @override
    @atomic
    def get_leads_by_id(
        self, query: LeadQuery, *, limit: int, after: LeadId | None = None
    ) -> list[ScoredLead]:
        scored = (
            ScoredLead(lead, self.tables.scores.get(lead.lead_id)) for lead in self._behind(after)
        )
        return [each for each in scored if matches(each, query)][:limit]

    @override
    @atomic
    def get_submissions_by_time(
        self, wanted: SubmissionFilter, *, limit: int, after: After | None = None
    ) -> list[FormSubmission]:
        found = (
            each
            for each in self.tables.submissions_by_form[wanted.form_id]
            if wanted.state in {None, each.state}
            and within(each.submitted_at, wanted.start, wanted.end)
            and (after is None or submission_place(each) > (after.moment, after.id))
        )
        return sorted(found, key=submission_place)[:limit]

    @override
    @atomic
    def get_answer_names(self, form_id: FormId, *, limit: int) -> list[str]:
        submissions = self.tables.submissions_by_form[form_id]
        return sorted({name for each in submissions for name in each.answers})[:limit]

    def _behind(self, after: LeadId | None) -> list[Lead]:
        leads = (lead for lead in self.tables.leads.values() if lead.lead_id > (after or ""))
        return sorted(leads, key=lambda lead: lead.lead_id)
