"""Forms, submissions and leads in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import override

from succotash.domain.forms.forms import (
    FUNNEL,
    QUARANTINE_KEPT,
    ConversionFunnel,
    FieldKind,
    Form,
    FormAnalytics,
    FormField,
    FormSubmission,
    FunnelStage,
    Lead,
    LeadQuery,
    LeadScore,
    LeadStatus,
    PersonRecord,
    RuleKind,
    ScoredLead,
    SpamSettings,
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
    KeptLead,
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
from succotash.domain.values import PAGE, After, FormId, Json, LeadId, SubmissionId
from succotash.errors import (
    NotFoundError,
    SubmissionInProgressError,
)
from succotash.infrastructure.postgres.connection import LOCK_TIMEOUT, SERIALIZATION_FAILURE
from succotash.infrastructure.postgres.errors import BusyError
from succotash.infrastructure.postgres.lead_rows import (
    lead_of,
    lead_of_json,
    points_of,
    score_of,
    scored_lead_of,
    scoring_of,
    submission_of,
)
from succotash.infrastructure.postgres.outbox import message_document
from succotash.infrastructure.postgres.people import stripes_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.rows import only
from succotash.infrastructure.postgres.session import Jsonb, Row, Session
from succotash.infrastructure.postgres.sql import forms as sql
from succotash.infrastructure.postgres.statements import instant

SPAM_DEFAULTS = SpamSettings()
"""For what a form's settings do not name: those saved by an earlier release have fewer."""


class PostgresFormRepository(PostgresRepository, FormRepository):
    """Forms, submissions and leads in tables."""

    @override
    def save_form(self, form: Form, rules: Sequence[ValidationRule]) -> None:
        self._run(
            sql.SAVE_FORM,
            form_id=form.form_id,
            title=form.title,
            fields=Jsonb([_field_document(each) for each in form.fields]),
            allowed_origins=Jsonb(list(form.allowed_origins)),
            allowed_redirects=Jsonb(list(form.allowed_redirects)),
            duplicate_window=form.duplicate_window // timedelta(microseconds=1),
            region=form.region,
            spam=Jsonb(asdict(form.spam)),
            retention=form.retention and form.retention // timedelta(microseconds=1),
            notify=Jsonb(list(form.notify)),
            digest=form.digest,
            confirms=form.confirms,
            double_opt_in=form.double_opt_in,
            consent_text=form.consent_text,
            updated_at=form.updated_at,
            rules=Jsonb([_rule_document(rule) for rule in rules]),
        )

    @override
    def get_form(self, form_id: FormId) -> Form:
        return _form(only("form", self._run(sql.GET_FORM, form_id=form_id)))

    @override
    def get_all_forms(self) -> list[Form]:
        return [_form(row) for row in self._run(sql.GET_ALL_FORMS)]

    @override
    def save_form_submission(self, submission: FormSubmission) -> None:
        [[form, lead, original]] = self._run(sql.SAVE_SUBMISSION, **_submission_columns(submission))
        for kind, is_known in (("form", form), ("lead", lead), ("submission", original)):
            if not is_known:
                raise NotFoundError(kind)

    @override
    def get_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        rows = self._run(sql.GET_SUBMISSION, submission_id=submission_id)
        return submission_of(only("submission", rows))

    @override
    def lock_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        rows = self._run(sql.LOCK_SUBMISSION, submission_id=submission_id)
        return submission_of(only("submission", rows))

    @override
    def get_submissions_by_form(
        self,
        form_id: FormId,
        *,
        state: SubmissionState | None = None,
        limit: int = PAGE,
        after: After | None = None,
    ) -> list[FormSubmission]:
        page = _page(limit, after)
        rows = (
            self._run(sql.SUBMISSIONS_BY_FORM, form_id=form_id, **page)
            if state is None
            else self._run(sql.SUBMISSIONS_BY_FORM_AND_STATE, form_id=form_id, state=state, **page)
        )
        return [submission_of(row) for row in rows]

    @override
    def get_submissions_by_ip(self, ip_address: str, since: datetime) -> list[FormSubmission]:
        rows = self._run(sql.SUBMISSIONS_BY_ADDRESS, ip_address=ip_address, since=since)
        return [submission_of(row) for row in rows]

    @override
    def save_lead(self, lead: Lead) -> Lead:
        def save(session: Session) -> Lead:
            email, is_kept = lead.canonical_email, False
            while not is_kept:
                # Where somebody adds it between the two statements, the next round finds it.
                rows = session.run(sql.LOCK_LEAD_BY_EMAIL, canonical_email=email)
                merged = merged_lead(lead_of(rows[0]), lead) if rows else lead
                is_kept = bool(session.run(sql.SAVE_LEAD, **_lead_columns(merged, is_new=not rows)))
            [row] = session.run(sql.GET_LEAD_BY_EMAIL, canonical_email=email)
            return lead_of(row)

        return self._in_transaction(save)

    @override
    def get_lead(self, lead_id: LeadId) -> Lead:
        return lead_of(only("lead", self._run(sql.GET_LEAD, lead_id=lead_id)))

    @override
    def get_lead_by_email(self, canonical_email: str) -> Lead:
        rows = self._run(sql.GET_LEAD_BY_EMAIL, canonical_email=canonical_email)
        return lead_of(only("lead", rows))

    @override
    def find_leads(
        self, query: LeadQuery, *, limit: int = PAGE, after: After | None = None
    ) -> list[ScoredLead]:
        rows = self._run(
            sql.FIND_LEADS,
            status=query.status,
            source=query.source,
            min_score=query.min_score,
            **_page(limit, after),
        )
        return [scored_lead_of(row) for row in rows]

    @override
    def get_leads_by_status(self, status: LeadStatus, *, limit: int = PAGE) -> list[Lead]:
        rows = self._run(sql.LEADS_BY_STATUS, status=status, limit=limit)
        return [lead_of(row) for row in rows]

    @override
    def get_leads_by_source(self, source: str, *, limit: int = PAGE) -> list[Lead]:
        rows = self._run(sql.LEADS_BY_SOURCE, source=source, limit=limit)
        return [lead_of(row) for row in rows]

    @override
    def get_hot_leads(self, *, limit: int = PAGE) -> list[ScoredLead]:
        return [scored_lead_of(row) for row in self._run(sql.HOT_LEADS, limit=limit)]

    @override
    def update_lead_status(self, lead_id: LeadId, status: LeadStatus, at: datetime) -> Lead:
        def move(session: Session) -> Lead:
            [current] = only("lead", session.run(sql.LOCK_LEAD, lead_id=lead_id))
            require_legal_step(LeadStatus(current), status)
            [row] = session.run(sql.MOVE_LEAD, lead_id=lead_id, status=status, at=at)
            return lead_of(row)

        return self._in_transaction(move)

    @override
    def save_lead_score(self, score: LeadScore) -> None:
        rows = self._run(
            sql.SAVE_LEAD_SCORE,
            lead_id=score.lead_id,
            total=score.total,
            points=points_of(score),
            grade=score.grade,
            is_hot=score.is_hot,
            scored_at=score.scored_at,
            rules_version=score.rules_version,
        )
        only("lead", rows)

    @override
    def get_lead_score(self, lead_id: LeadId) -> LeadScore:
        rows = self._run(sql.GET_LEAD_SCORE, lead_id=lead_id)
        return score_of(only("lead score", rows))

    @override
    def save_validation_rule(self, rule: ValidationRule) -> None:
        rows = self._run(
            sql.SAVE_VALIDATION_RULE,
            rule_id=rule.rule_id,
            form_id=rule.form_id,
            field_name=rule.field_name,
            kind=rule.kind,
            parameters=Jsonb(dict(rule.parameters)),
            message=rule.message,
            position=rule.position,
        )
        only("form", rows)

    @override
    def get_validation_rules(self, form_id: FormId) -> list[ValidationRule]:
        return [_rule(row) for row in self._run(sql.GET_VALIDATION_RULES, form_id=form_id)]

    @override
    def check_duplicate_submission(
        self, form_id: FormId, fingerprint: str, since: datetime
    ) -> FormSubmission | None:
        def check(session: Session) -> FormSubmission | None:
            session.run(sql.LOCK_FINGERPRINT, form_id=form_id, fingerprint=fingerprint)
            rows = session.run(
                sql.LATEST_WITH_FINGERPRINT, form_id=form_id, fingerprint=fingerprint, since=since
            )
            return submission_of(rows[0]) if rows else None

        return self._in_transaction(check)

    @override
    def read_ground(self, inquiry: SubmissionInquiry) -> SubmissionGround:
        request = inquiry.request
        scope, key = (None, None) if request is None else (request.scope, request.key)
        asked = {
            "form_id": inquiry.form_id,
            "fingerprint": inquiry.fingerprint,
            "scope": scope,
            "key": key,
        }

        def read(session: Session) -> Row:
            try:
                session.run(
                    sql.LOCK_KEY_AND_FINGERPRINT, **asked, stripes=stripes_of(inquiry.tombstones)
                )
            except BusyError as error:
                if request is not None and error.sqlstate == LOCK_TIMEOUT:
                    raise SubmissionInProgressError from None
                raise
            rows = session.run(
                sql.READ_GROUND,
                **asked,
                at=inquiry.submitted_at,
                emails=list(inquiry.emails),
                ip_address=inquiry.ip_address,
                text_digest=inquiry.text_digest,
                rated_since=inquiry.submitted_at - RATE_WINDOW,
                repeated_since=inquiry.submitted_at - REPETITION_WINDOW,
                per_address_hourly=SPAM_DEFAULTS.per_address_hourly,
                per_form_hourly=SPAM_DEFAULTS.per_form_hourly,
                repetitions=REPETITIONS_TOLERATED + 1,
                tombstones=list(inquiry.tombstones),
            )
            return only("form", rows)

        *form, rules, held, original, leads, scoring, from_address, to_form, same_text, erased = (
            self._in_transaction(read)
        )
        found = [lead_of_json(row) for row in leads or ()]
        return SubmissionGround(
            form=_form(form),
            rules=tuple(_rule(row) for row in rules or ()),
            held=None if held is None else HeldKey(*held),
            original=None if original is None else OriginalSubmission(*original),
            leads={lead.canonical_email: lead for lead in found},
            scoring=scoring_of(scoring),
            traffic=RecentTraffic(from_address, to_form, same_text),
            erased={each: instant(text) for each, text in (erased or {}).items()},
        )

    @override
    def save_outcome(self, outcome: SubmissionOutcome) -> None:
        [[is_saved]] = self._run(
            sql.SAVE_OUTCOME,
            **_submission_columns(outcome.submission),
            **_kept_columns(outcome.kept),
            **_remembered_columns(outcome.remembered),
            removed=EXPIRED_KEYS_REMOVED,
            messages=Jsonb([message_document(each) for each in outcome.messages]),
        )
        if not is_saved:
            # What the ground had not was added meanwhile: from its start, it will be read.
            raise BusyError(SERIALIZATION_FAILURE)

    @override
    def remove_expired_submissions(self, at: datetime, *, limit: int) -> int:
        [[removed]] = self._run(
            sql.REMOVE_EXPIRED, at=at, quarantined_until=at - QUARANTINE_KEPT, limit=limit
        )
        return int(removed)

    @override
    def open_digests(self, until: datetime) -> list[QuarantineDigest]:
        return [QuarantineDigest(*row) for row in self._run(sql.OPEN_DIGESTS, until=until)]

    @override
    def get_quarantined(self, digest: QuarantineDigest, *, limit: int) -> list[FormSubmission]:
        rows = self._run(
            sql.GET_QUARANTINED,
            form_id=digest.form_id,
            since=digest.since,
            until=digest.until,
            limit=limit,
        )
        return [submission_of(row) for row in rows]

    @override
    def get_form_analytics(
        self,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        form_id: FormId | None = None,
        source: str | None = None,
    ) -> FormAnalytics:
        [row] = self._run(sql.FORM_ANALYTICS, start=start, end=end, form_id=form_id, source=source)
        by_state, by_source, by_form, by_status = (counts or {} for counts in row[:4])
        hot_leads, average_score = row[4:]
        return FormAnalytics(
            total_submissions=sum(by_state.values()),
            accepted=by_state.get(SubmissionState.ACCEPTED, 0),
            quarantined=by_state.get(SubmissionState.QUARANTINED, 0),
            duplicates=by_state.get(SubmissionState.DUPLICATE, 0),
            unconfirmed=by_state.get(SubmissionState.UNCONFIRMED, 0),
            new_leads=sum(by_status.values()),
            hot_leads=hot_leads,
            average_lead_score=average_score,
            submissions_by_source=by_source,
            submissions_by_form=by_form,
            leads_by_status=by_status,
        )

    @override
    def get_lead_conversion_funnel(
        self,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        form_id: FormId | None = None,
        source: str | None = None,
    ) -> ConversionFunnel:
        rows = self._run(
            sql.CONVERSION_FUNNEL,
            start=start,
            end=end,
            form_id=form_id,
            source=source,
            stages=list(FUNNEL),
        )
        return ConversionFunnel(
            tuple(
                FunnelStage(status, reached)
                for status, (_, reached, _) in zip(FUNNEL, rows, strict=True)
            ),
            lost=rows[0][2],
        )

    @override
    def find_person(self, canonical_email: str) -> PersonRecord:
        def find(session: Session) -> PersonRecord:
            scored = [
                scored_lead_of(row)
                for row in session.run(sql.PERSON, canonical_email=canonical_email)
            ]
            changes = session.run(sql.STATUS_CHANGES, canonical_email=canonical_email)
            submissions = session.run(sql.SUBMISSIONS_OF_PERSON, canonical_email=canonical_email)
            return PersonRecord(
                lead=scored[0].lead if scored else None,
                score=scored[0].score if scored else None,
                status_changes=tuple(
                    StatusChange(LeadStatus(status), at) for status, at in changes
                ),
                submissions=tuple(submission_of(row) for row in submissions),
            )

        return self._in_transaction(find)

    @override
    def erase_person(self, canonical_email: str) -> dict[str, int]:
        [row] = self._run(sql.ERASE_PERSON, canonical_email=canonical_email)
        tables = (
            "form_submissions",
            "idempotency_keys",
            "leads",
            "lead_scores",
            "lead_status_changes",
        )
        return dict(zip(tables, row, strict=True))


def _page(limit: int, after: After | None) -> dict[str, object]:
    """A page begins behind `after`, and the first one behind the end of time."""
    if after is None:
        return {"limit": limit, "moment": "infinity", "id": ""}
    return {"limit": limit, "moment": after.moment, "id": after.id}


def _field_document(field: FormField) -> Json:
    return {
        "name": field.name,
        "label": field.label,
        "kind": field.kind,
        "required": field.required,
        "choices": list(field.choices),
    }


def _field(document: Mapping[str, object]) -> FormField:
    match document:
        case {
            "name": str(name),
            "label": str(label),
            "kind": str(kind),
            "required": bool(required),
            "choices": list(choices),
        }:
            return FormField(name, label, FieldKind(kind), required, tuple(choices))
        case _:
            raise TypeError("not a form's field")


def _form(row: Row) -> Form:
    form_id, title, fields, origins, redirects, window, region, spam, kept, *rest = row
    notify, digest, confirms, double_opt_in, consent_text, updated_at = rest
    return Form(
        form_id=form_id,
        title=title,
        fields=tuple(_field(each) for each in fields),
        allowed_origins=tuple(origins),
        allowed_redirects=tuple(redirects),
        duplicate_window=timedelta(microseconds=window),
        region=region,
        spam=SpamSettings.of(spam),
        retention=None if kept is None else timedelta(microseconds=kept),
        notify=tuple(notify),
        digest=digest,
        confirms=confirms,
        double_opt_in=double_opt_in,
        consent_text=consent_text,
        updated_at=updated_at,
    )


def _rule_document(rule: ValidationRule) -> Json:
    return {
        "rule_id": rule.rule_id,
        "form_id": rule.form_id,
        "field_name": rule.field_name,
        "kind": rule.kind,
        "parameters": dict(rule.parameters),
        "message": rule.message,
        "position": rule.position,
    }


def _rule(row: Row) -> ValidationRule:
    rule_id, form_id, field_name, kind, parameters, message, position = row
    return ValidationRule(
        rule_id, form_id, field_name, RuleKind(kind), parameters, message, position
    )


def _submission_columns(submission: FormSubmission) -> dict[str, object]:
    return {
        "submission_id": submission.submission_id,
        "form_id": submission.form_id,
        "answers": Jsonb(dict(submission.answers)),
        "submitted_at": submission.submitted_at,
        "fingerprint": submission.fingerprint,
        "attribution": Jsonb(dict(submission.attribution)),
        "source": submission.source,
        "canonical_email": submission.canonical_email,
        "lead_id": submission.lead_id,
        "ip_address": submission.ip_address,
        "user_agent": submission.user_agent,
        "state": submission.state,
        "duplicate_of": submission.duplicate_of,
        "spam_reasons": Jsonb(list(submission.spam_reasons)),
        "text_digest": submission.text_digest,
        "consent": submission.consent,
        "waited_until": submission.waited_until,
    }


def _kept_columns(kept: KeptLead | None) -> dict[str, object]:
    """Of a lead and its score; NULL throughout where there is none to keep."""
    if kept is None:
        return _NO_LEAD
    score = kept.score
    return {
        **_lead_columns(kept.lead, is_new=kept.is_new),
        "total": score.total,
        "points": points_of(score),
        "grade": score.grade,
        "is_hot": score.is_hot,
        "scored_at": score.scored_at,
        "rules_version": score.rules_version,
    }


def _lead_columns(lead: Lead, *, is_new: bool) -> dict[str, object]:
    return {
        "kept_lead_id": lead.lead_id,
        "is_new_lead": is_new,
        "email": lead.email,
        "lead_email": lead.canonical_email,
        "first_submission_at": lead.first_submission_at,
        "last_submission_at": lead.last_submission_at,
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "company": lead.company,
        "phone": lead.phone,
        "lead_answers": Jsonb(dict(lead.answers)),
        "status": lead.status,
        "lead_source": lead.source,
        "campaign": lead.campaign,
        "submission_count": lead.submission_count,
    }


_NO_LEAD: dict[str, object] = {
    **dict.fromkeys(
        (
            "kept_lead_id", "email", "lead_email", "first_submission_at", "last_submission_at",
            "first_name", "last_name", "company", "phone", "lead_answers", "status",
            "lead_source", "campaign", "submission_count", "total", "points", "grade", "is_hot",
            "scored_at", "rules_version",
        )
    ),
    "is_new_lead": False,
}  # fmt: skip


def _remembered_columns(remembered: RememberedAnswer | None) -> dict[str, object]:
    """Of a key and its answer; NULL throughout where there is no key."""
    if remembered is None:
        return dict.fromkeys(("scope", "key", "body_digest", "answer", "expires_at"))
    return {
        "scope": remembered.request.scope,
        "key": remembered.request.key,
        "body_digest": remembered.request.body_digest,
        "answer": Jsonb(dict(remembered.answer)),
        "expires_at": remembered.expires_at,
    }
