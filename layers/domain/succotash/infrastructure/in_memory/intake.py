"""The context of submissions, and their outcome, in memory."""

import copy
import dataclasses
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import override

from succotash.domain.forms.forms import Form
from succotash.domain.forms.submissions import FormSubmission, IdempotentRequest, SubmissionState
from succotash.domain.intake.spam import (
    RATE_WINDOW,
    REPETITION_WINDOW,
    REPETITIONS_TOLERATED,
    RecentTraffic,
)
from succotash.domain.intake.submissions import (
    IdempotencyRecord,
    IntakeContext,
    IntakeQuery,
    OriginalSubmission,
    StoredResponse,
    SubmissionOutcome,
)
from succotash.domain.repositories.intake import EXPIRED_KEYS_REMOVED, IntakeRepository
from succotash.domain.values import FormId
from succotash.infrastructure.in_memory.form_definitions import InMemoryFormDefinitionRepository
from succotash.infrastructure.in_memory.outbox import InMemoryOutboxRepository
from succotash.infrastructure.in_memory.pages import submission_place
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.submissions import InMemorySubmissionRepository
from succotash.infrastructure.in_memory.tables import IdempotencyRow, atomic, stored


class InMemoryIntakeRepository(InMemoryRepository, IntakeRepository):
    """The context of submissions, and their outcome."""

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
        return max(matching, key=submission_place, default=None)

    @override
    @atomic
    def load_intake_context(self, intake_query: IntakeQuery) -> IntakeContext:
        # A transaction holds all of the tables, so nobody else is at work on the same.
        form = self.tables.forms[intake_query.form_id]
        at = intake_query.submitted_at
        original = self.check_duplicate_submission(
            form.form_id, intake_query.fingerprint, at - form.duplicate_window
        )
        found = map(self.tables.lead_with, intake_query.emails)
        return IntakeContext(
            form=form,
            rules=tuple(
                InMemoryFormDefinitionRepository(self.tables).get_validation_rules(form.form_id)
            ),
            held=self._held(intake_query.request, at),
            original=(
                None
                if original is None
                else OriginalSubmission(original.submission_id, original.lead_id)
            ),
            leads={lead.canonical_email: lead for lead in found if lead is not None},
            scoring=self.tables.newest_scoring_rules(),
            traffic=self._traffic(form, intake_query),
            erased={
                each: self.tables.erasures[each]
                for each in intake_query.tombstones
                if each in self.tables.erasures
            },
        )

    @override
    @atomic
    def save_outcome(self, outcome: SubmissionOutcome) -> None:
        if (kept := outcome.kept) is not None:
            lead = stored(kept.lead)
            if kept.is_new:
                self.tables.note_status(lead.lead_id, lead.status, lead.last_submission_at)
            else:
                lead = dataclasses.replace(lead, status=self.tables.leads[lead.lead_id].status)
            self.tables.leads[lead.lead_id] = lead
            self.tables.scores[lead.lead_id] = stored(kept.score)
            self.tables.tie_customers(lead)
        InMemorySubmissionRepository(self.tables).save_form_submission(outcome.submission)
        if outcome.remembered is not None:
            self._remember(outcome.remembered, outcome.submission)
        InMemoryOutboxRepository(self.tables).append(outcome.messages)

    def _traffic(self, form: Form, intake_query: IntakeQuery) -> RecentTraffic:
        at, tables = intake_query.submitted_at, self.tables

        def recent(found: Iterable[FormSubmission], window: timedelta) -> Iterable[FormSubmission]:
            return (each for each in found if at - window < each.submitted_at <= at)

        address, text = intake_query.ip_address, intake_query.text_digest
        from_address = () if address is None else tables.submissions_by_address[address]
        same_text = () if text is None else tables.submissions_by_text[text]
        others = (
            each
            for each in recent(same_text, REPETITION_WINDOW)
            if each.fingerprint != intake_query.fingerprint
            and each.canonical_email not in intake_query.emails
        )
        to_form = tables.submissions_by_form[form.form_id] if form.spam.per_form_hourly else ()
        return RecentTraffic(
            _count(recent(from_address, RATE_WINDOW), form.spam.per_address_hourly),
            _count(recent(to_form, RATE_WINDOW), form.spam.per_form_hourly),
            _count(others, REPETITIONS_TOLERATED + 1),
        )

    def _remember(self, remembered: StoredResponse, submission: FormSubmission) -> None:
        request = remembered.request
        self._remove_expired(request, submission.submitted_at)
        self.tables.idempotency[request.scope, request.key] = IdempotencyRow(
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

    def _held(self, request: IdempotentRequest | None, at: datetime) -> IdempotencyRecord | None:
        if request is None:
            return None
        held = self.tables.idempotency.get((request.scope, request.key))
        if held is None or held.expires_at <= at:
            return None
        return IdempotencyRecord(held.body_digest, copy.deepcopy(held.answer))


def _count(found: Iterable[object], limit: int) -> int:
    """Count them, no further than to the limit."""
    return sum(1 for _ in islice(found, limit))
