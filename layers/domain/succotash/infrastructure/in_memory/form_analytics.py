"""Counts over submissions and leads in memory."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import fmean
from typing import override

from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.leads.analytics import (
    UNSCORED,
    ConversionFunnel,
    FormAnalytics,
    FunnelStage,
    LeadBreakdown,
    LeadGroup,
)
from succotash.domain.leads.leads import FUNNEL, Lead, LeadStatus, ScoredLead
from succotash.domain.repositories.form_analytics import FormAnalyticsRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.values import FormId, LeadId
from succotash.infrastructure.in_memory.ledger import purchases_of
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic

_ALWAYS = datetime.max.replace(tzinfo=UTC)


class InMemoryFormAnalyticsRepository(InMemoryRepository, FormAnalyticsRepository):
    """Counts over submissions and leads."""

    @override
    @atomic
    def get_form_analytics(
        self,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        form_id: FormId | None = None,
        source: str | None = None,
    ) -> FormAnalytics:
        submissions = [
            each
            for each in self.tables.submissions.values()
            if within(each.submitted_at, start, end)
            and form_id in {None, each.form_id}
            and source in {None, each.source}
        ]
        new_leads = [
            ScoredLead(lead, self.tables.scores.get(lead.lead_id))
            for lead in self.new_leads(start, end, form_id, source)
        ]
        scores = [each.score for each in new_leads if each.score is not None]
        states = Counter(each.state for each in submissions)
        return FormAnalytics(
            total_submissions=len(submissions),
            accepted=states[SubmissionState.ACCEPTED],
            quarantined=states[SubmissionState.QUARANTINED],
            duplicates=states[SubmissionState.DUPLICATE],
            unconfirmed=states[SubmissionState.UNCONFIRMED],
            new_leads=len(new_leads),
            hot_leads=sum(score.is_hot for score in scores),
            buyers=len(self._buyers() & {each.lead.lead_id for each in new_leads}),
            average_lead_score=fmean(score.total for score in scores) if scores else None,
            submissions_by_source=dict(Counter(each.source for each in submissions)),
            submissions_by_form=dict(Counter(each.form_id for each in submissions)),
            leads_by_status=dict(Counter(each.lead.status.value for each in new_leads)),
        )

    @override
    @atomic
    def get_lead_conversion_funnel(
        self,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        form_id: FormId | None = None,
        source: str | None = None,
    ) -> ConversionFunnel:
        leads = self.new_leads(start, end, form_id, source)
        reached = [0] * len(FUNNEL)
        for lead in leads:
            history = self.tables.status_changes[lead.lead_id]
            stages = [FUNNEL.index(each.status) for each in history if each.status in FUNNEL]
            for stage in range(max(stages, default=-1) + 1):
                reached[stage] += 1
        return ConversionFunnel(
            tuple(FunnelStage(*pair) for pair in zip(FUNNEL, reached, strict=True)),
            lost=sum(lead.status is LeadStatus.CLOSED_LOST for lead in leads),
        )

    @override
    @atomic
    def get_lead_breakdown(
        self, *, start: datetime | None = None, end: datetime | None = None
    ) -> Labelled[LeadBreakdown]:
        by_source, by_grade = defaultdict[str, list[Lead]](list), defaultdict[str, list[Lead]](list)
        for lead in self.new_leads(start, end, None, None):
            by_source[lead.source].append(lead)
            score = self.tables.scores.get(lead.lead_id)
            by_grade[UNSCORED if score is None else score.grade].append(lead)
        valued = {each.customer_id for each in self.tables.values_by_run[self.tables.current_run()]}

        def has_value(lead: Lead) -> bool:
            customers = self.tables.customers_by_lead[lead.lead_id]
            return any(each.customer_id in valued for each in customers)

        def group(leads: Sequence[Lead]) -> LeadGroup:
            return LeadGroup(
                dict(Counter(lead.status.value for lead in leads)),
                sum(self.is_hot(lead.lead_id) for lead in leads),
                sum(map(has_value, leads)),
            )

        return self.tables.labelled(
            LeadBreakdown(
                {source: group(leads) for source, leads in by_source.items()},
                {grade: group(leads) for grade, leads in by_grade.items()},
            )
        )

    def new_leads(
        self,
        start: datetime | None,
        end: datetime | None,
        form_id: FormId | None,
        source: str | None,
    ) -> list[Lead]:
        """Leads first seen in the range, of one source and form where these are given."""
        return [
            lead
            for lead in self.tables.leads.values()
            if within(lead.first_submission_at, start, end)
            and source in {None, lead.source}
            and (form_id is None or self._submitted_to(lead.lead_id, form_id))
        ]

    def is_hot(self, lead_id: LeadId) -> bool:
        """Whether the lead's score is hot; no score is not."""
        score = self.tables.scores.get(lead_id)
        return score is not None and score.is_hot

    def _buyers(self) -> set[LeadId]:
        """Leads of whom a customer with a purchase is known."""
        return {
            customer.lead_id
            for customer in self.tables.customers.values()
            if customer.lead_id is not None
            and purchases_of(self.tables.orders_by_customer[customer.customer_id], _ALWAYS)
        }

    def _submitted_to(self, lead_id: LeadId, form_id: FormId) -> bool:
        return any(each.form_id == form_id for each in self.tables.submissions_by_lead[lead_id])


def within(moment: datetime, start: datetime | None, end: datetime | None) -> bool:
    """Whether the instant is not before the start, and before the end."""
    return (start is None or start <= moment) and (end is None or moment < end)
