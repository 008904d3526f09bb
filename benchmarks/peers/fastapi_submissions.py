"""The job of `POST /forms/{form_id}/submissions` the way it is usually written.

FastAPI, SQLAlchemy's ORM and psycopg, on the same tables: a session for each request, entities that
are loaded, changed and added, one commit. What is no concern of a web framework or a database
library is shared with the function: how answers are checked, fingerprinted, merged and scored. So
is what both are asked to do: idempotency keys, duplicates under a lock, quarantine, one lead an
address, its score and history, customers tied to it, messages in the outbox.
"""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy import Engine, create_engine, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import Session, sessionmaker

from succotash.domain.forms import forms, submissions
from succotash.domain.forms.attribution import source_of, split_answers
from succotash.domain.forms.validation import (
    check_answers,
    email_field,
    fingerprint,
    rules_of_fields,
)
from succotash.domain.intake.spam import (
    RATE_WINDOW,
    REPETITION_WINDOW,
    REPETITIONS_TOLERATED,
    Evidence,
    RecentTraffic,
    suspicions,
    text_digest,
)
from succotash.domain.intake.submissions import lead_from, merged_lead
from succotash.domain.leads.leads import Lead
from succotash.domain.leads.scoring import DEFAULT_SCORING
from succotash.domain.messages.outbox import submission_messages
from succotash.domain.people.email_addresses import canonical_email
from succotash.domain.values import LeadId, SubmissionId, system_clock, uuid7

Base = automap_base()
KEY_LIFETIME = timedelta(hours=24)


class Receipt(BaseModel):
    """That a submission is stored."""

    submission_id: str
    form_id: str
    submitted_at: str


def make_app(url: str) -> FastAPI:
    """The application on this database, whose tables it maps as they are."""
    engine: Engine = create_engine(url, pool_size=4, max_overflow=0)
    Base.prepare(autoload_with=engine)
    tables: Any = Base.classes
    new_session = sessionmaker(engine, expire_on_commit=False)
    app = FastAPI()

    def session_of_request() -> Iterator[Session]:
        with new_session() as session:
            yield session

    @app.post("/forms/{form_id}/submissions", status_code=HTTPStatus.CREATED)
    def submit(
        form_id: str,
        sent: dict[str, Any],
        request: Request,
        session: Annotated[Session, Depends(session_of_request)],
        idempotency_key: Annotated[str | None, Header()] = None,
    ) -> Receipt:
        """Store a submission, and acknowledge it once it is durable."""
        now = system_clock()
        row = session.get(tables.forms, form_id)
        if row is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "form not found")
        known_key = None
        if idempotency_key is not None:
            session.execute(select(func.pg_advisory_xact_lock(func.hashtext(idempotency_key))))
            known_key = session.get(tables.idempotency_keys, (f"form:{form_id}", idempotency_key))
            if known_key is not None and known_key.expires_at > now:
                if known_key.body_digest != fingerprint(form_id, sent):
                    raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, "the key was used before")
                return Receipt.model_validate(known_key.answer)
        answers, attribution, controls = split_answers(sent)
        form = _form(row)
        rules = [*rules_of_fields(form), *map(_rule, _rules_of(session, tables, form_id))]
        if violations := check_answers(form, rules, answers):
            raise HTTPException(
                HTTPStatus.UNPROCESSABLE_ENTITY, [each.message for each in violations]
            )
        email = answers.get(email_field(form, rules))
        submission = submissions.FormSubmission(
            SubmissionId(uuid7()),
            form.form_id,
            answers,
            now,
            fingerprint(form_id, answers),
            attribution,
            source_of(attribution),
            canonical_email(email) if isinstance(email, str) and email.strip() else None,
            ip_address=request.client.host if request.client else None,
            user_agent=request.headers.get("user-agent"),
            text_digest=text_digest(answers),
        )
        evidence = Evidence(controls, traffic=_traffic(session, tables, form, submission))
        reasons = suspicions(form.spam, answers, submission.canonical_email, evidence, now)
        submission = _judged(session, tables, form, submission, reasons)
        lead_is_new = False
        if submission.state is submissions.SubmissionState.ACCEPTED and submission.canonical_email:
            submission, lead_is_new = _with_lead(session, tables, submission)
        session.add(tables.form_submissions(**_columns(submission)))
        for message in submission_messages(submission, now, lead_is_new=lead_is_new):
            session.add(tables.outbox(**_columns(message), due_at=now, delivered_to=[], attempts=0))
        receipt = Receipt(
            submission_id=submission.submission_id,
            form_id=form_id,
            submitted_at=now.isoformat().replace("+00:00", "Z"),
        )
        if idempotency_key is not None:
            held = known_key or tables.idempotency_keys(
                scope=f"form:{form_id}", key=idempotency_key
            )
            held.body_digest = fingerprint(form_id, sent)
            held.expires_at = now + KEY_LIFETIME
            held.answer = receipt.model_dump()
            held.submission_id = submission.submission_id
            session.flush()
            session.add(held)
        session.commit()
        return receipt

    return app


def _rules_of(session: Session, tables: Any, form_id: str) -> Any:  # noqa: ANN401 - reflected
    rules = tables.validation_rules
    return session.scalars(
        select(rules).where(rules.form_id == form_id).order_by(rules.position, rules.rule_id)
    )


def _traffic(
    session: Session,
    tables: Any,  # noqa: ANN401 - reflected
    form: forms.Form,
    submission: submissions.FormSubmission,
) -> RecentTraffic:
    kept, now = tables.form_submissions, submission.submitted_at

    def count(limit: int, window: timedelta, *conditions: Any) -> int:  # noqa: ANN401 - SQL's
        recent = (
            select(kept.submission_id)
            .where(kept.submitted_at > now - window, kept.submitted_at <= now, *conditions)
            .limit(limit)
            .subquery()
        )
        return session.scalar(select(func.count()).select_from(recent)) or 0

    return RecentTraffic(
        count(form.spam.per_address_hourly, RATE_WINDOW, kept.ip_address == submission.ip_address),
        count(form.spam.per_form_hourly, RATE_WINDOW, kept.form_id == form.form_id),
        0
        if submission.text_digest is None
        else count(
            REPETITIONS_TOLERATED + 1,
            REPETITION_WINDOW,
            kept.text_digest == submission.text_digest,
            kept.fingerprint != submission.fingerprint,
            kept.canonical_email.is_distinct_from(submission.canonical_email),
        ),
    )


def _judged(
    session: Session,
    tables: Any,  # noqa: ANN401 - reflected
    form: forms.Form,
    submission: submissions.FormSubmission,
    reasons: tuple[str, ...],
) -> submissions.FormSubmission:
    """Quarantined with reasons, or a duplicate of the latest equal one, or as it is."""
    if reasons:
        return replace(
            submission, state=submissions.SubmissionState.QUARANTINED, spam_reasons=reasons
        )
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(submission.fingerprint))))
    kept = tables.form_submissions
    original = session.scalar(
        select(kept)
        .where(
            kept.form_id == submission.form_id,
            kept.fingerprint == submission.fingerprint,
            kept.state == submissions.SubmissionState.ACCEPTED,
            kept.submitted_at >= submission.submitted_at - form.duplicate_window,
        )
        .order_by(kept.submitted_at.desc(), kept.submission_id.desc())
        .limit(1)
    )
    if original is None:
        return submission
    return replace(
        submission,
        state=submissions.SubmissionState.DUPLICATE,
        duplicate_of=original.submission_id,
        lead_id=original.lead_id,
    )


def _with_lead(
    session: Session,
    tables: Any,  # noqa: ANN401 - reflected
    submission: submissions.FormSubmission,
) -> tuple[submissions.FormSubmission, bool]:
    """The submission of its lead, which is made or merged and scored; whether it was made."""
    email = submission.canonical_email or ""
    lead = lead_from(submission, email, LeadId(uuid7()))
    leads, now = tables.leads, submission.submitted_at
    wanted = select(leads).where(leads.canonical_email == email).with_for_update()
    row = session.scalar(wanted)
    is_new = False
    if row is None:
        made = session.scalar(
            insert(leads).values(**_columns(lead)).on_conflict_do_nothing().returning(leads.lead_id)
        )
        is_new = made is not None
        row = None if is_new else session.scalar(wanted)
    if row is not None:
        known = Lead(**{each: getattr(row, each) for each in _columns(lead)})
        lead = merged_lead(known, lead)
        for name, value in _columns(lead).items():
            setattr(row, name, value)
    if is_new:
        session.add(
            tables.lead_status_changes(lead_id=lead.lead_id, status=lead.status, changed_at=now)
        )
    customers = tables.customers
    session.execute(
        update(customers)
        .where(customers.canonical_email == email, customers.lead_id.is_(None))
        .values(lead_id=lead.lead_id)
        .execution_options(synchronize_session=False)
    )
    score = DEFAULT_SCORING.score(lead, now)
    held = None if is_new else session.get(tables.lead_scores, lead.lead_id)
    if held is None:
        held = tables.lead_scores(lead_id=lead.lead_id)
        session.add(held)
    held.total, held.grade, held.is_hot, held.scored_at = (
        score.total,
        score.grade,
        score.is_hot,
        now,
    )
    held.rules_version = score.rules_version
    held.points = [[each.category, each.rule, each.points, each.reason] for each in score.points]
    return replace(submission, lead_id=lead.lead_id), is_new


def _columns(entity: Any) -> dict[str, Any]:  # noqa: ANN401 - any entity whose fields are columns
    return {each.name: _value(getattr(entity, each.name)) for each in fields(entity)}


def _value(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _form(row: Any) -> forms.Form:  # noqa: ANN401 - reflected
    return forms.Form(
        row.form_id,
        row.title,
        tuple(
            forms.FormField(
                each["name"],
                each["label"],
                forms.FieldKind(each["kind"]),
                each["required"],
                tuple(each["choices"]),
            )
            for each in row.fields
        ),
        duplicate_window=row.duplicate_window,
        region=row.region,
        spam=forms.SpamSettings.of(row.spam),
    )


def _rule(row: Any) -> forms.ValidationRule:  # noqa: ANN401 - reflected
    return forms.ValidationRule(
        row.rule_id,
        row.form_id,
        row.field_name,
        forms.RuleKind(row.kind),
        row.parameters,
        row.message,
        row.position,
    )
