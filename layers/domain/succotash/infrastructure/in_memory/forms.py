"""Forms, submissions and leads in memory."""

import copy
import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from statistics import fmean
from typing import override

from succotash.domain.forms.forms import (
    FUNNEL,
    QUARANTINE_KEPT,
    ConversionFunnel,
    Form,
    FormAnalytics,
    FormSubmission,
    FunnelStage,
    IdempotentRequest,
    Lead,
    LeadQuery,
    LeadScore,
    LeadStatus,
    PersonRecord,
    ScoredLead,
    StatusChange,
    SubmissionState,
    ValidationRule,
    require_legal_step,
)
from succotash.domain.intake.spam import (
    RATE_WINDOW,
    REPETITION_WINDOW,
    REPETITIONS_TOLERATED,
    RecentTraffic,
)
from succotash.domain.intake.submissions import (
    HeldKey,
    OriginalSubmission,
    RememberedAnswer,
    SubmissionGround,
    SubmissionInquiry,
    SubmissionOutcome,
    merged_lead,
)
from succotash.domain.messages.quarantine import QuarantineDigest
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.intake import EXPIRED_KEYS_REMOVED
from succotash.domain.values import PAGE, After, FormId, LeadId, SubmissionId
from succotash.errors import NotFoundError
from succotash.infrastructure.in_memory.outbox import InMemoryOutboxRepository
from succotash.infrastructure.in_memory.tables import IdempotencyRecord, Tables, atomic, stored

_ADDRESS_LIMIT = 1000
_CLOSED = frozenset({LeadStatus.CLOSED_WON, LeadStatus.CLOSED_LOST})


class InMemoryFormRepository(FormRepository):
    """Forms, submissions and leads in dictionaries."""

    def __init__(self, tables: Tables | None = None) -> None:
        self.tables = tables or Tables()

    @override
    @atomic
    def save_form(self, form: Form, rules: Sequence[ValidationRule]) -> None:
        self.tables.forms[form.form_id] = stored(form)
        self.tables.rules.discard(list(self.tables.rules_by_form.keys(form.form_id)))
        for rule in rules:
            self.tables.rules[rule.rule_id] = stored(rule)

    @override
    @atomic
    def get_form(self, form_id: FormId) -> Form:
        return self.tables.forms[form_id]

    @override
    @atomic
    def get_all_forms(self) -> list[Form]:
        return sorted(self.tables.forms.values(), key=lambda form: form.form_id)

    @override
    @atomic
    def save_form_submission(self, submission: FormSubmission) -> None:
        self.tables.forms[submission.form_id]
        if submission.lead_id is not None:
            self.tables.leads[submission.lead_id]
        if submission.duplicate_of is not None:
            self.tables.submissions[submission.duplicate_of]
        self.tables.submissions[submission.submission_id] = stored(submission)

    @override
    @atomic
    def get_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        return self.tables.submissions[submission_id]

    @override
    @atomic
    def lock_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        # A transaction holds all of the tables.
        return self.tables.submissions[submission_id]

    @override
    @atomic
    def get_submissions_by_form(
        self,
        form_id: FormId,
        *,
        state: SubmissionState | None = None,
        limit: int = PAGE,
        after: After | None = None,
    ) -> list[FormSubmission]:
        matching = (
            each
            for each in self.tables.submissions_by_form[form_id]
            if state is None or each.state is state
        )
        return _page(matching, _submission_place, limit, after)

    @override
    @atomic
    def get_submissions_by_ip(self, ip_address: str, since: datetime) -> list[FormSubmission]:
        matching = (
            each
            for each in self.tables.submissions.values()
            if each.ip_address == ip_address and each.submitted_at >= since
        )
        return _page(matching, _submission_place, _ADDRESS_LIMIT)

    @override
    @atomic
    def save_lead(self, lead: Lead) -> Lead:
        known = self._lead_with(lead.canonical_email)
        if known is None:
            merged = stored(lead)
            self._note_status(merged.lead_id, merged.status, merged.last_submission_at)
        else:
            merged = merged_lead(known, stored(lead))
        self.tables.leads[merged.lead_id] = merged
        self._tie_customers(merged)
        return merged

    @override
    @atomic
    def get_lead(self, lead_id: LeadId) -> Lead:
        return self.tables.leads[lead_id]

    @override
    @atomic
    def get_lead_by_email(self, canonical_email: str) -> Lead:
        if (lead := self._lead_with(canonical_email)) is None:
            raise NotFoundError("lead")
        return lead

    @override
    @atomic
    def find_leads(
        self, query: LeadQuery, *, limit: int = PAGE, after: After | None = None
    ) -> list[ScoredLead]:
        matching = (each for each in self._scored_leads() if matches(each, query))
        return _page(matching, lambda each: _lead_place(each.lead), limit, after)

    @override
    @atomic
    def get_leads_by_status(self, status: LeadStatus, *, limit: int = PAGE) -> list[Lead]:
        matching = (lead for lead in self.tables.leads.values() if lead.status is status)
        return _page(matching, _lead_place, limit)

    @override
    @atomic
    def get_leads_by_source(self, source: str, *, limit: int = PAGE) -> list[Lead]:
        matching = (lead for lead in self.tables.leads.values() if lead.source == source)
        return _page(matching, _lead_place, limit)

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
        self._note_status(lead_id, status, at)
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

    @override
    @atomic
    def save_validation_rule(self, rule: ValidationRule) -> None:
        self.tables.forms[rule.form_id]
        self.tables.rules[rule.rule_id] = stored(rule)

    @override
    @atomic
    def get_validation_rules(self, form_id: FormId) -> list[ValidationRule]:
        rules = self.tables.rules_by_form[form_id]
        return sorted(rules, key=lambda rule: (rule.position, rule.rule_id))

    @override
    @atomic
    def check_duplicate_submission(
        self, form_id: FormId, fingerprint: str, since: datetime
    ) -> FormSubmission | None:
        matching = (
            each
            for each in self.tables.submissions_by_fingerprint[form_id, fingerprint]
            if each.state is SubmissionState.ACCEPTED and each.submitted_at >= since
        )
        return max(matching, key=_submission_place, default=None)

    @override
    @atomic
    def read_ground(self, inquiry: SubmissionInquiry) -> SubmissionGround:
        # A transaction holds all of the tables, so nobody else is at work on the same.
        form = self.tables.forms[inquiry.form_id]
        at = inquiry.submitted_at
        original = self.check_duplicate_submission(
            form.form_id, inquiry.fingerprint, at - form.duplicate_window
        )
        leads = [lead for each in inquiry.emails if (lead := self._lead_with(each)) is not None]
        return SubmissionGround(
            form=form,
            rules=tuple(self.get_validation_rules(form.form_id)),
            held=self._held(inquiry.request, at),
            original=(
                None
                if original is None
                else OriginalSubmission(original.submission_id, original.lead_id)
            ),
            leads={lead.canonical_email: lead for lead in leads},
            scoring=self.tables.newest_scoring_rules(),
            traffic=self._traffic(form, inquiry),
            erased={
                each: self.tables.erasures[each]
                for each in inquiry.tombstones
                if each in self.tables.erasures
            },
        )

    @override
    @atomic
    def save_outcome(self, outcome: SubmissionOutcome) -> None:
        if (kept := outcome.kept) is not None:
            lead = stored(kept.lead)
            if kept.is_new:
                self._note_status(lead.lead_id, lead.status, lead.last_submission_at)
            else:
                lead = dataclasses.replace(lead, status=self.tables.leads[lead.lead_id].status)
            self.tables.leads[lead.lead_id] = lead
            self.tables.scores[lead.lead_id] = stored(kept.score)
            self._tie_customers(lead)
        self.save_form_submission(outcome.submission)
        if outcome.remembered is not None:
            self._remember(outcome.remembered, outcome.submission)
        InMemoryOutboxRepository(self.tables).append(outcome.messages)

    @override
    @atomic
    def remove_expired_submissions(self, at: datetime, *, limit: int) -> int:
        expired = (
            each.submission_id
            for each in self.tables.submissions.values()
            if _is_expired(each, self.tables.forms[each.form_id], at)
        )
        chosen = list(islice(expired, limit))
        self._forget_submissions(chosen)
        return len(chosen)

    @override
    @atomic
    def open_digests(self, until: datetime) -> list[QuarantineDigest]:
        opened = []
        for form in self.get_all_forms():
            last = self.tables.digests.get(form.form_id)
            since = None if last is None else last.until
            if not form.digest or not form.notify or (since is not None and since >= until):
                continue
            digest = QuarantineDigest(form.form_id, since, until, 0)
            held = sum(map(digest.holds, self.tables.submissions_by_form[form.form_id]))
            self.tables.digests[form.form_id] = dataclasses.replace(digest, count=held)
            opened.append(self.tables.digests[form.form_id])
        return [each for each in opened if each.count]

    @override
    @atomic
    def get_quarantined(self, digest: QuarantineDigest, *, limit: int) -> list[FormSubmission]:
        matching = filter(digest.holds, self.tables.submissions_by_form[digest.form_id])
        return _page(
            matching,
            lambda each: (each.waited_until or each.submitted_at, each.submission_id),
            limit,
        )

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
    def find_person(self, canonical_email: str) -> PersonRecord:
        lead = self._lead_with(canonical_email)
        return PersonRecord(
            lead,
            self.tables.scores.get(lead.lead_id) if lead else None,
            self.tables.status_changes[lead.lead_id] if lead else (),
            tuple(_page(self._submissions_of(canonical_email, lead), _submission_place)),
        )

    @override
    @atomic
    def erase_person(self, canonical_email: str) -> dict[str, int]:
        lead = self._lead_with(canonical_email)
        submissions = {each.submission_id for each in self._submissions_of(canonical_email, lead)}
        gone = {
            "form_submissions": len(submissions),
            "idempotency_keys": self._forget_submissions(submissions),
            "leads": 0,
            "lead_scores": 0,
            "lead_status_changes": 0,
        }
        if lead is not None:
            for customer in list(self.tables.customers_by_lead[lead.lead_id]):
                untied = dataclasses.replace(customer, lead_id=None)
                self.tables.customers[customer.customer_id] = untied
            gone["lead_status_changes"] = len(self.tables.status_changes[lead.lead_id])
            self.tables.status_changes.discard([lead.lead_id])
            gone["lead_scores"] = self.tables.scores.discard([lead.lead_id])
            gone["leads"] = self.tables.leads.discard([lead.lead_id])
        return gone

    def _traffic(self, form: Form, inquiry: SubmissionInquiry) -> RecentTraffic:
        at, tables = inquiry.submitted_at, self.tables

        def recent(found: Iterable[FormSubmission], window: timedelta) -> Iterable[FormSubmission]:
            return (each for each in found if at - window < each.submitted_at <= at)

        address, text = inquiry.ip_address, inquiry.text_digest
        from_address = () if address is None else tables.submissions_by_address[address]
        same_text = () if text is None else tables.submissions_by_text[text]
        others = (
            each
            for each in recent(same_text, REPETITION_WINDOW)
            if each.fingerprint != inquiry.fingerprint
            and each.canonical_email not in inquiry.emails
        )
        to_form = tables.submissions_by_form[form.form_id] if form.spam.per_form_hourly else ()
        return RecentTraffic(
            _count(recent(from_address, RATE_WINDOW), form.spam.per_address_hourly),
            _count(recent(to_form, RATE_WINDOW), form.spam.per_form_hourly),
            _count(others, REPETITIONS_TOLERATED + 1),
        )

    def _forget_submissions(self, submission_ids: Collection[SubmissionId]) -> int:
        """Delete submissions and what was remembered for them; how many answers that was."""
        answers = 0
        for submission_id in submission_ids:
            for copied in list(self.tables.submissions_by_original[submission_id]):
                self.tables.submissions[copied.submission_id] = dataclasses.replace(
                    copied, duplicate_of=None
                )
            answers += self.tables.idempotency.discard(
                list(self.tables.idempotency_by_submission.keys(submission_id))
            )
        self.tables.submissions.discard(submission_ids)
        return answers

    def _tie_customers(self, lead: Lead) -> None:
        for customer in list(self.tables.customers_by_email[lead.canonical_email]):
            if customer.lead_id is None:
                tied = dataclasses.replace(customer, lead_id=lead.lead_id)
                self.tables.customers[customer.customer_id] = tied

    def _remember(self, remembered: RememberedAnswer, submission: FormSubmission) -> None:
        request = remembered.request
        self._remove_expired(request, submission.submitted_at)
        self.tables.idempotency[request.scope, request.key] = IdempotencyRecord(
            request.scope,
            request.key,
            request.body_digest,
            remembered.expires_at,
            copy.deepcopy(dict(remembered.answer)),
            submission.submission_id,
        )

    def _remove_expired(self, request: IdempotentRequest, at: datetime) -> None:
        own = (request.scope, request.key)
        expired = (
            (each.scope, each.key)
            for each in self.tables.idempotency.values()
            if each.expires_at <= at and (each.scope, each.key) != own
        )
        self.tables.idempotency.discard(list(islice(expired, EXPIRED_KEYS_REMOVED)))

    def _held(self, request: IdempotentRequest | None, at: datetime) -> HeldKey | None:
        if request is None:
            return None
        held = self.tables.idempotency.get((request.scope, request.key))
        if held is None or held.expires_at <= at:
            return None
        return HeldKey(held.body_digest, copy.deepcopy(held.answer))

    def _lead_with(self, canonical_email: str) -> Lead | None:
        return next(iter(self.tables.leads_by_email[canonical_email]), None)

    def _note_status(self, lead_id: LeadId, status: LeadStatus, at: datetime) -> None:
        history = self.tables.status_changes.get(lead_id) or ()
        self.tables.status_changes[lead_id] = (*history, stored(StatusChange(status, at)))

    def _scored_leads(self) -> Iterable[ScoredLead]:
        for lead in self.tables.leads.values():
            yield ScoredLead(lead, self.tables.scores.get(lead.lead_id))

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

    def _submitted_to(self, lead_id: LeadId, form_id: FormId) -> bool:
        return any(each.form_id == form_id for each in self.tables.submissions_by_lead[lead_id])

    def _submissions_of(self, canonical_email: str, lead: Lead | None) -> list[FormSubmission]:
        found = {
            each.submission_id: each for each in self.tables.submissions_by_email[canonical_email]
        }
        if lead is not None:
            found |= {
                each.submission_id: each for each in self.tables.submissions_by_lead[lead.lead_id]
            }
        return list(found.values())


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


def _count(found: Iterable[object], limit: int) -> int:
    """How many there are, no further than to the limit."""
    return sum(1 for _ in islice(found, limit))


_NOT_ADMITTED = frozenset({SubmissionState.QUARANTINED, SubmissionState.UNCONFIRMED})


def _is_expired(submission: FormSubmission, form: Form, at: datetime) -> bool:
    kept = form.retention
    if kept is None and submission.state in _NOT_ADMITTED:
        kept = QUARANTINE_KEPT
    return kept is not None and submission.submitted_at <= at - kept


def within(moment: datetime, start: datetime | None, end: datetime | None) -> bool:
    """Whether the instant is not before the start, and before the end."""
    return (start is None or start <= moment) and (end is None or moment < end)


def _submission_place(submission: FormSubmission) -> tuple[datetime, str]:
    return submission.submitted_at, submission.submission_id


def _lead_place(lead: Lead) -> tuple[datetime, str]:
    return lead.last_submission_at, lead.lead_id


def _page[T](
    rows: Iterable[T],
    place_of: Callable[[T], tuple[datetime, str]],
    limit: int | None = None,
    after: After | None = None,
) -> list[T]:
    """Newest first, then by id descending, behind `after`."""
    behind = (row for row in rows if not after or place_of(row) < (after.moment, after.id))
    return list(islice(sorted(behind, key=place_of, reverse=True), limit))
