"""The context of submissions, and their outcome, in PostgreSQL."""

from datetime import datetime
from typing import override

from succotash.domain.forms.forms import SpamSettings
from succotash.domain.forms.submissions import FormSubmission
from succotash.domain.intake.spam import RATE_WINDOW, REPETITION_WINDOW, REPETITIONS_TOLERATED
from succotash.domain.intake.submissions import (
    IntakeContext,
    IntakeQuery,
    LeadUpsert,
    StoredResponse,
    SubmissionOutcome,
)
from succotash.domain.repositories.intake import EXPIRED_KEYS_REMOVED, IntakeRepository
from succotash.domain.values import FormId
from succotash.errors import SubmissionInProgressError
from succotash.infrastructure.postgres.connection import LOCK_TIMEOUT, SERIALIZATION_FAILURE
from succotash.infrastructure.postgres.erasure_locks import stripes_of
from succotash.infrastructure.postgres.errors import BusyError
from succotash.infrastructure.postgres.lead_records import lead_columns, score_columns
from succotash.infrastructure.postgres.outbox import message_document
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.result_row import PostgresDocument
from succotash.infrastructure.postgres.session import Jsonb, Row, Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.postgres.statements import instant
from succotash.infrastructure.postgres.submissions import submission_columns
from succotash.infrastructure.rows.forms import form_of, submission_of, validation_rule_of
from succotash.infrastructure.rows.intake import (
    idempotency_record_of,
    original_of,
    traffic_of,
)
from succotash.infrastructure.rows.leads import lead_of, scoring_rules_of
from succotash.infrastructure.rows.row import only

_SQL = statements("intake")

SPAM_DEFAULTS = SpamSettings()
"""For what a form's settings do not name: those saved by an earlier release have fewer."""

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


class PostgresIntakeRepository(PostgresRepository, IntakeRepository):
    """The context of submissions, and their outcome."""

    @override
    def check_duplicate_submission(
        self, form_id: FormId, fingerprint: str, since: datetime
    ) -> FormSubmission | None:
        def check(session: Session) -> FormSubmission | None:
            session.run(_SQL["lock_fingerprint"], form_id=form_id, fingerprint=fingerprint)
            rows = session.run(
                _SQL["find_duplicate"], form_id=form_id, fingerprint=fingerprint, since=since
            )
            return submission_of(rows[0]) if rows else None

        return self._in_transaction(check)

    @override
    def load_intake_context(self, intake_query: IntakeQuery) -> IntakeContext:
        request = intake_query.request
        scope, key = (None, None) if request is None else (request.scope, request.key)
        asked = {
            "form_id": intake_query.form_id,
            "fingerprint": intake_query.fingerprint,
            "scope": scope,
            "key": key,
        }

        def read(session: Session) -> Row:
            try:
                session.run(
                    _SQL["lock_key_and_fingerprint"],
                    **asked,
                    stripes=stripes_of(intake_query.tombstones),
                )
            except BusyError as error:
                if request is not None and error.sqlstate == LOCK_TIMEOUT:
                    raise SubmissionInProgressError from None
                raise
            rows = session.run(
                _SQL["load_intake_context"],
                **asked,
                at=intake_query.submitted_at,
                emails=list(intake_query.emails),
                ip_address=intake_query.ip_address,
                text_digest=intake_query.text_digest,
                rated_since=intake_query.submitted_at - RATE_WINDOW,
                repeated_since=intake_query.submitted_at - REPETITION_WINDOW,
                per_address_hourly=SPAM_DEFAULTS.per_address_hourly,
                per_form_hourly=SPAM_DEFAULTS.per_form_hourly,
                repetitions=REPETITIONS_TOLERATED + 1,
                tombstones=list(intake_query.tombstones),
            )
            return only("form", rows)

        row = self._in_transaction(read)
        leads = [lead_of(each) for each in row.documents("leads")]
        held, original = row.json("held"), row.json("original")
        return IntakeContext(
            form=form_of(row),
            rules=tuple(validation_rule_of(each) for each in row.documents("rules")),
            held=held and idempotency_record_of(PostgresDocument(held)),
            original=original and original_of(PostgresDocument(original)),
            leads={lead.canonical_email: lead for lead in leads},
            scoring=scoring_rules_of(PostgresDocument(row.json("scoring"))),
            traffic=traffic_of(row),
            erased={each: instant(text) for each, text in (row.json("erased") or {}).items()},
        )

    @override
    def save_outcome(self, outcome: SubmissionOutcome) -> None:
        [row] = self._run(
            _SQL["save_outcome"],
            **submission_columns(outcome.submission),
            **_kept_columns(outcome.kept),
            **_remembered_columns(outcome.remembered),
            removed=EXPIRED_KEYS_REMOVED,
            messages=Jsonb([message_document(each) for each in outcome.messages]),
        )
        if not row.flag("is_saved"):
            # What the context had not was added meanwhile: from its start, it will be read.
            raise BusyError(SERIALIZATION_FAILURE)


def _kept_columns(kept: LeadUpsert | None) -> dict[str, object]:
    """The columns of a lead and its score; all NULL without a lead."""
    if kept is None:
        return _NO_LEAD
    return {**lead_columns(kept.lead, is_new=kept.is_new), **score_columns(kept.score)}


def _remembered_columns(remembered: StoredResponse | None) -> dict[str, object]:
    """The columns of a key and its response; all NULL without a key."""
    if remembered is None:
        return dict.fromkeys(("scope", "key", "body_digest", "answer", "expires_at"))
    return {
        "scope": remembered.request.scope,
        "key": remembered.request.key,
        "body_digest": remembered.request.body_digest,
        "answer": Jsonb(dict(remembered.answer)),
        "expires_at": remembered.expires_at,
    }
