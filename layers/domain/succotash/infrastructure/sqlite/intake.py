"""The context of submissions, and their outcome, in SQLite."""

from datetime import datetime
from typing import override

from succotash.domain.forms.submissions import FormSubmission, IdempotentRequest
from succotash.domain.intake.spam import RATE_WINDOW, REPETITION_WINDOW, REPETITIONS_TOLERATED
from succotash.domain.intake.submissions import (
    IdempotencyRecord,
    IntakeContext,
    IntakeQuery,
    SubmissionOutcome,
)
from succotash.domain.repositories.intake import EXPIRED_KEYS_REMOVED, IntakeRepository
from succotash.domain.values import FormId
from succotash.infrastructure.rows.forms import form_of, submission_of, validation_rule_of
from succotash.infrastructure.rows.intake import (
    idempotency_record_of,
    original_of,
    traffic_of,
)
from succotash.infrastructure.rows.leads import lead_of, scoring_rules_of
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.sqlite.columns import address_text, json_text, micros
from succotash.infrastructure.sqlite.connection import OpenTransaction, Session
from succotash.infrastructure.sqlite.lead_records import keep_lead, keep_score
from succotash.infrastructure.sqlite.outbox import SQLiteOutboxRepository
from succotash.infrastructure.sqlite.people import SQLitePeopleRepository
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements
from succotash.infrastructure.sqlite.submissions import keep_submission

_SQL = statements("intake")


class SQLiteIntakeRepository(SQLiteRepository, IntakeRepository):
    """The context of submissions, and their outcome."""

    @override
    def check_duplicate_submission(
        self, form_id: FormId, fingerprint: str, since: datetime
    ) -> FormSubmission | None:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            rows = session.run(
                _SQL["find_duplicate"],
                form_id=form_id,
                fingerprint=fingerprint,
                since=micros(since),
            )
        return submission_of(rows[0]) if rows else None

    @override
    def load_intake_context(self, intake_query: IntakeQuery) -> IntakeContext:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            forms = session.run(_SQL["get_form"], form_id=intake_query.form_id)
            form, at = form_of(only("form", forms)), intake_query.submitted_at
            held = _held(session, intake_query.request, at)
            earlier = session.run(
                _SQL["find_duplicate"],
                form_id=form.form_id,
                fingerprint=intake_query.fingerprint,
                since=micros(at - form.duplicate_window),
            )
            leads = session.run(_SQL["find_leads"], emails=json_text(intake_query.emails))
            rules = session.run(_SQL["get_validation_rules"], form_id=form.form_id)
            [scoring] = session.run(_SQL["get_scoring_rules"])
            [traffic] = session.run(
                _SQL["count_traffic"],
                form_id=form.form_id,
                at=micros(at),
                rated_since=micros(at - RATE_WINDOW),
                repeated_since=micros(at - REPETITION_WINDOW),
                ip_address=address_text(intake_query.ip_address),
                text_digest=intake_query.text_digest,
                fingerprint=intake_query.fingerprint,
                emails=json_text(intake_query.emails),
                per_address_hourly=form.spam.per_address_hourly,
                per_form_hourly=form.spam.per_form_hourly,
                repetitions=REPETITIONS_TOLERATED + 1,
            )
            people = SQLitePeopleRepository(within=OpenTransaction(session))
            erased = people.find_erased(intake_query.tombstones)
        return IntakeContext(
            form=form,
            rules=tuple(validation_rule_of(row) for row in rules),
            held=held,
            original=original_of(earlier[0]) if earlier else None,
            leads={row["canonical_email"]: lead_of(row) for row in leads},
            scoring=scoring_rules_of(scoring),
            traffic=traffic_of(traffic),
            erased=erased,
        )

    @override
    def save_outcome(self, outcome: SubmissionOutcome) -> None:
        submission = outcome.submission
        with self._unit.writing() as session:
            if (kept := outcome.kept) is not None:
                keep_lead(session, kept.lead, is_new=kept.is_new)
                keep_score(session, kept.score)
            keep_submission(session, submission)
            SQLiteOutboxRepository(within=OpenTransaction(session)).append(outcome.messages)
            if (remembered := outcome.remembered) is not None:
                named = {"scope": remembered.request.scope, "key": remembered.request.key}
                session.run(
                    _SQL["remove_expired_keys"],
                    **named,
                    at=micros(submission.submitted_at),
                    limit=EXPIRED_KEYS_REMOVED,
                )
                session.run(
                    _SQL["save_key"],
                    **named,
                    body_digest=remembered.request.body_digest,
                    expires_at=micros(remembered.expires_at),
                    answer=json_text(remembered.answer),
                    submission_id=submission.submission_id,
                )


def _held(
    session: Session, request: IdempotentRequest | None, at: datetime
) -> IdempotencyRecord | None:
    if request is None:
        return None
    rows = session.run(_SQL["find_key"], scope=request.scope, key=request.key, at=micros(at))
    return idempotency_record_of(rows[0]) if rows else None
