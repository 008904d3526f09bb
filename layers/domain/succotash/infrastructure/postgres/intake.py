"""What a submission is judged by, and what became of it, in PostgreSQL."""

from datetime import datetime
from typing import override

from succotash.domain.forms.forms import SpamSettings
from succotash.domain.forms.submissions import FormSubmission
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
    LeadUpsert,
    OriginalSubmission,
    StoredResponse,
    SubmissionOutcome,
)
from succotash.domain.repositories.intake import EXPIRED_KEYS_REMOVED, IntakeRepository
from succotash.domain.values import FormId
from succotash.errors import SubmissionInProgressError
from succotash.infrastructure.postgres.connection import LOCK_TIMEOUT, SERIALIZATION_FAILURE
from succotash.infrastructure.postgres.errors import BusyError
from succotash.infrastructure.postgres.form_definitions import form_of, validation_rule_of
from succotash.infrastructure.postgres.lead_records import lead_columns
from succotash.infrastructure.postgres.lead_rows import (
    lead_of_json,
    points_of,
    scoring_of,
    submission_of,
)
from succotash.infrastructure.postgres.outbox import message_document
from succotash.infrastructure.postgres.people import stripes_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.rows import only
from succotash.infrastructure.postgres.session import Jsonb, Row, Session
from succotash.infrastructure.postgres.sql import intake as sql
from succotash.infrastructure.postgres.statements import instant
from succotash.infrastructure.postgres.submissions import submission_columns

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
    """What a submission is judged by, and what became of it."""

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
                    sql.LOCK_KEY_AND_FINGERPRINT,
                    **asked,
                    stripes=stripes_of(intake_query.tombstones),
                )
            except BusyError as error:
                if request is not None and error.sqlstate == LOCK_TIMEOUT:
                    raise SubmissionInProgressError from None
                raise
            rows = session.run(
                sql.LOAD_INTAKE_CONTEXT,
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

        *form, rules, held, original, leads, scoring, from_address, to_form, same_text, erased = (
            self._in_transaction(read)
        )
        found = [lead_of_json(row) for row in leads or ()]
        return IntakeContext(
            form=form_of(form),
            rules=tuple(validation_rule_of(row) for row in rules or ()),
            held=None if held is None else IdempotencyRecord(*held),
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
            **submission_columns(outcome.submission),
            **_kept_columns(outcome.kept),
            **_remembered_columns(outcome.remembered),
            removed=EXPIRED_KEYS_REMOVED,
            messages=Jsonb([message_document(each) for each in outcome.messages]),
        )
        if not is_saved:
            # What the context had not was added meanwhile: from its start, it will be read.
            raise BusyError(SERIALIZATION_FAILURE)


def _kept_columns(kept: LeadUpsert | None) -> dict[str, object]:
    """Of a lead and its score; NULL throughout where there is none to keep."""
    if kept is None:
        return _NO_LEAD
    score = kept.score
    return {
        **lead_columns(kept.lead, is_new=kept.is_new),
        "total": score.total,
        "points": points_of(score),
        "grade": score.grade,
        "is_hot": score.is_hot,
        "scored_at": score.scored_at,
        "rules_version": score.rules_version,
    }


def _remembered_columns(remembered: StoredResponse | None) -> dict[str, object]:
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
