"""Forms, submissions and leads in SQLite."""

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
    IdempotentRequest,
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
    OriginalSubmission,
    SubmissionGround,
    SubmissionInquiry,
    SubmissionOutcome,
    merged_lead,
)
from succotash.domain.messages.quarantine import QuarantineDigest
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.intake import EXPIRED_KEYS_REMOVED
from succotash.domain.values import PAGE, After, FormId, LeadId, RuleId, SubmissionId
from succotash.errors import NotFoundError
from succotash.infrastructure.sqlite.columns import (
    address_text,
    instant,
    json_text,
    json_value,
    micros,
    micros_span,
    optional_instant,
    optional_micros,
)
from succotash.infrastructure.sqlite.connection import OpenTransaction, Row, Session
from succotash.infrastructure.sqlite.lead_rows import (
    SCORING_RULES,
    keep_score,
    lead_of,
    score_of,
    scored_lead_of,
    scoring_of,
    submission_of,
)
from succotash.infrastructure.sqlite.outbox import SQLiteOutboxRepository
from succotash.infrastructure.sqlite.people import SQLitePeopleRepository
from succotash.infrastructure.sqlite.repository import SQLiteRepository

_ADDRESS_LIMIT = 1000

_SAVE_FORM = """
INSERT INTO forms (form_id, title, fields, allowed_origins, allowed_redirects, duplicate_window,
                   region, spam, retention, notify, digest, confirms, double_opt_in,
                   consent_text, updated_at)
VALUES (:form_id, :title, :fields, :allowed_origins, :allowed_redirects, :duplicate_window,
        :region, :spam, :retention, :notify, :digest, :confirms, :double_opt_in, :consent_text,
        :updated_at)
ON CONFLICT (form_id) DO UPDATE SET
    title = excluded.title,
    fields = excluded.fields,
    allowed_origins = excluded.allowed_origins,
    allowed_redirects = excluded.allowed_redirects,
    duplicate_window = excluded.duplicate_window,
    region = excluded.region,
    spam = excluded.spam,
    retention = excluded.retention,
    notify = excluded.notify,
    digest = excluded.digest,
    confirms = excluded.confirms,
    double_opt_in = excluded.double_opt_in,
    consent_text = excluded.consent_text,
    updated_at = excluded.updated_at
"""
_FORM = "SELECT * FROM forms WHERE form_id = :form_id"
_FORMS = "SELECT * FROM forms ORDER BY form_id"

_DELETE_RULES = "DELETE FROM validation_rules WHERE form_id = :form_id"
_SAVE_RULE = """
INSERT INTO validation_rules (rule_id, form_id, field_name, kind, parameters, message, position)
VALUES (:rule_id, :form_id, :field_name, :kind, :parameters, :message, :position)
ON CONFLICT (rule_id) DO UPDATE SET
    form_id = excluded.form_id,
    field_name = excluded.field_name,
    kind = excluded.kind,
    parameters = excluded.parameters,
    message = excluded.message,
    position = excluded.position
"""
_RULES = """
SELECT * FROM validation_rules WHERE form_id = :form_id ORDER BY position, rule_id
"""

_REFERENCES = """
SELECT EXISTS (SELECT 1 FROM forms WHERE form_id = :form_id) AS has_form,
       :lead_id IS NULL OR EXISTS (SELECT 1 FROM leads WHERE lead_id = :lead_id) AS has_lead,
       :duplicate_of IS NULL OR EXISTS (
           SELECT 1 FROM form_submissions WHERE submission_id = :duplicate_of
       ) AS has_original
"""
_SAVE_SUBMISSION = """
INSERT INTO form_submissions (
    submission_id, form_id, answers, submitted_at, fingerprint, attribution, source,
    canonical_email, lead_id, ip_address, user_agent, state, duplicate_of, spam_reasons,
    text_digest, consent, waited_until
)
VALUES (
    :submission_id, :form_id, :answers, :submitted_at, :fingerprint, :attribution, :source,
    :canonical_email, :lead_id, :ip_address, :user_agent, :state, :duplicate_of, :spam_reasons,
    :text_digest, :consent, :waited_until
)
ON CONFLICT (submission_id) DO UPDATE SET
    form_id = excluded.form_id,
    answers = excluded.answers,
    submitted_at = excluded.submitted_at,
    fingerprint = excluded.fingerprint,
    attribution = excluded.attribution,
    source = excluded.source,
    canonical_email = excluded.canonical_email,
    lead_id = excluded.lead_id,
    ip_address = excluded.ip_address,
    user_agent = excluded.user_agent,
    state = excluded.state,
    duplicate_of = excluded.duplicate_of,
    spam_reasons = excluded.spam_reasons,
    text_digest = excluded.text_digest,
    consent = excluded.consent,
    waited_until = excluded.waited_until
"""
_SUBMISSION = "SELECT * FROM form_submissions WHERE submission_id = :submission_id"
_SUBMISSIONS_BY_FORM = """
SELECT * FROM form_submissions
WHERE form_id = :form_id
  AND (:state IS NULL OR state = :state)
  AND (:after_at IS NULL OR (submitted_at, submission_id) < (:after_at, :after_id))
ORDER BY submitted_at DESC, submission_id DESC
LIMIT :limit
"""
_SUBMISSIONS_BY_ADDRESS = """
SELECT * FROM form_submissions
WHERE ip_address = :ip_address AND submitted_at >= :since
ORDER BY submitted_at DESC, submission_id DESC
LIMIT :limit
"""
_LATEST_WITH_FINGERPRINT = """
SELECT * FROM form_submissions
WHERE form_id = :form_id AND fingerprint = :fingerprint AND state = 'accepted'
  AND submitted_at >= :since
ORDER BY submitted_at DESC, submission_id DESC
LIMIT 1
"""
_TRAFFIC = """
SELECT
    (SELECT COUNT(*) FROM (
        SELECT 1 FROM form_submissions
        WHERE ip_address = :ip_address AND submitted_at > :rated_since AND submitted_at <= :at
        LIMIT :per_address_hourly)) AS from_address,
    (SELECT COUNT(*) FROM (
        SELECT 1 FROM form_submissions
        WHERE form_id = :form_id AND submitted_at > :rated_since AND submitted_at <= :at
        LIMIT :per_form_hourly)) AS to_form,
    (SELECT COUNT(*) FROM (
        SELECT 1 FROM form_submissions
        WHERE text_digest = :text_digest
          AND submitted_at > :repeated_since AND submitted_at <= :at
          AND fingerprint <> :fingerprint
          AND (canonical_email IS NULL
               OR canonical_email NOT IN (SELECT value FROM json_each(:emails)))
        LIMIT :repetitions)) AS same_text
"""
_REMOVE_EXPIRED_SUBMISSIONS = """
DELETE FROM form_submissions
WHERE submission_id IN (
    SELECT s.submission_id
    FROM forms AS f
    JOIN form_submissions AS s ON s.form_id = f.form_id
    WHERE s.submitted_at <= :at - f.retention
       OR (f.retention IS NULL AND s.state IN ('quarantined', 'unconfirmed')
           AND s.submitted_at <= :at - :quarantine_kept)
    LIMIT :limit
)
"""
_OPEN_DIGESTS = """
INSERT INTO quarantine_digests (form_id, until)
SELECT form_id, :until FROM forms WHERE digest = 1 AND notify <> '[]'
ON CONFLICT (form_id) DO UPDATE SET since = until, until = excluded.until
WHERE until < excluded.until
RETURNING form_id, since, until
"""
_COUNT_QUARANTINED = """
SELECT COUNT(*) AS held FROM form_submissions
WHERE form_id = :form_id AND state = 'quarantined'
  AND (:since IS NULL OR coalesce(waited_until, submitted_at) >= :since)
  AND coalesce(waited_until, submitted_at) < :until
"""
_QUARANTINED = """
SELECT * FROM form_submissions
WHERE form_id = :form_id AND state = 'quarantined'
  AND (:since IS NULL OR coalesce(waited_until, submitted_at) >= :since)
  AND coalesce(waited_until, submitted_at) < :until
ORDER BY coalesce(waited_until, submitted_at) DESC, submission_id DESC
LIMIT :limit
"""
_SUBMISSIONS_OF_PERSON = """
SELECT * FROM form_submissions
WHERE canonical_email = :canonical_email
   OR lead_id = (SELECT lead_id FROM leads WHERE canonical_email = :canonical_email)
ORDER BY submitted_at DESC, submission_id DESC
"""

_SAVE_LEAD = """
INSERT INTO leads (
    lead_id, email, canonical_email, first_submission_at, last_submission_at, first_name,
    last_name, company, phone, answers, status, source, campaign, submission_count
)
VALUES (
    :lead_id, :email, :canonical_email, :first_submission_at, :last_submission_at, :first_name,
    :last_name, :company, :phone, :answers, :status, :source, :campaign, :submission_count
)
ON CONFLICT (lead_id) DO UPDATE SET
    first_submission_at = excluded.first_submission_at,
    last_submission_at = excluded.last_submission_at,
    first_name = excluded.first_name,
    last_name = excluded.last_name,
    company = excluded.company,
    phone = excluded.phone,
    answers = excluded.answers,
    submission_count = excluded.submission_count
"""
_TIE_CUSTOMERS = """
UPDATE customers SET lead_id = :lead_id
WHERE canonical_email = :canonical_email AND lead_id IS NULL
"""
_LEAD = "SELECT * FROM leads WHERE lead_id = :lead_id"
_LEAD_BY_EMAIL = "SELECT * FROM leads WHERE canonical_email = :canonical_email"
_LEADS_BY_EMAILS = """
SELECT * FROM leads WHERE canonical_email IN (SELECT value FROM json_each(:emails))
"""
_LEADS_WITH_SCORES = """
SELECT l.*, s.points, s.grade, s.is_hot, s.scored_at, s.rules_version
FROM leads AS l
LEFT JOIN lead_scores AS s ON s.lead_id = l.lead_id
WHERE (:status IS NULL OR l.status = :status)
  AND (:source IS NULL OR l.source = :source)
  AND (:min_score IS NULL OR s.total >= :min_score)
  AND (:after_at IS NULL OR (l.last_submission_at, l.lead_id) < (:after_at, :after_id))
ORDER BY l.last_submission_at DESC, l.lead_id DESC
LIMIT :limit
"""
_LEADS_BY_STATUS = """
SELECT * FROM leads WHERE status = :status
ORDER BY last_submission_at DESC, lead_id DESC
LIMIT :limit
"""
_LEADS_BY_SOURCE = """
SELECT * FROM leads WHERE source = :source
ORDER BY last_submission_at DESC, lead_id DESC
LIMIT :limit
"""
_HOT_LEADS = """
SELECT l.*, s.points, s.grade, s.is_hot, s.scored_at, s.rules_version
FROM lead_scores AS s
JOIN leads AS l ON l.lead_id = s.lead_id
WHERE s.is_hot = 1 AND l.status NOT IN ('closed_won', 'closed_lost')
ORDER BY s.total DESC, s.lead_id
LIMIT :limit
"""
_MOVE_LEAD = "UPDATE leads SET status = :status WHERE lead_id = :lead_id RETURNING *"
_NOTE_STATUS = """
INSERT INTO lead_status_changes (lead_id, status, changed_at) VALUES (:lead_id, :status, :at)
"""
_STATUS_CHANGES = """
SELECT status, changed_at FROM lead_status_changes WHERE lead_id = :lead_id ORDER BY change_id
"""

_SCORE = "SELECT * FROM lead_scores WHERE lead_id = :lead_id"

_SUBMISSION_COUNTS = """
SELECT form_id, source, state, COUNT(*) AS submissions
FROM form_submissions
WHERE (:start IS NULL OR submitted_at >= :start)
  AND (:end IS NULL OR submitted_at < :end)
  AND (:form_id IS NULL OR form_id = :form_id)
  AND (:source IS NULL OR source = :source)
GROUP BY form_id, source, state
"""
_NEW_LEAD_COUNTS = """
SELECT l.status, COUNT(*) AS leads, COUNT(s.total) AS scored, SUM(s.total) AS total,
       COUNT(*) FILTER (WHERE s.is_hot = 1) AS hot
FROM leads AS l
LEFT JOIN lead_scores AS s ON s.lead_id = l.lead_id
WHERE (:start IS NULL OR l.first_submission_at >= :start)
  AND (:end IS NULL OR l.first_submission_at < :end)
  AND (:source IS NULL OR l.source = :source)
  AND (:form_id IS NULL OR EXISTS (
      SELECT 1 FROM form_submissions AS f WHERE f.lead_id = l.lead_id AND f.form_id = :form_id
  ))
GROUP BY l.status
"""
_FUNNEL_COUNTS = """
WITH stages AS (SELECT value AS status, key AS place FROM json_each(:stages)),
furthest AS (
    SELECT l.status = 'closed_lost' AS is_lost, MAX(stages.place) AS place
    FROM leads AS l
    LEFT JOIN lead_status_changes AS c ON c.lead_id = l.lead_id
    LEFT JOIN stages ON stages.status = c.status
    WHERE (:start IS NULL OR l.first_submission_at >= :start)
      AND (:end IS NULL OR l.first_submission_at < :end)
      AND (:source IS NULL OR l.source = :source)
      AND (:form_id IS NULL OR EXISTS (
          SELECT 1 FROM form_submissions AS f WHERE f.lead_id = l.lead_id AND f.form_id = :form_id
      ))
    GROUP BY l.lead_id
)
SELECT place, COUNT(*) AS leads, SUM(is_lost) AS lost FROM furthest GROUP BY place
"""

_REMOVE_EXPIRED = """
DELETE FROM idempotency_keys
WHERE (scope, key) IN (
    SELECT scope, key FROM idempotency_keys
    WHERE expires_at <= :at AND (scope, key) <> (:scope, :key)
    ORDER BY expires_at
    LIMIT :limit
)
"""
_CLAIMED = """
SELECT body_digest, answer FROM idempotency_keys
WHERE scope = :scope AND key = :key AND expires_at > :at
"""
_REMEMBER = """
INSERT INTO idempotency_keys (scope, key, body_digest, expires_at, answer, submission_id)
VALUES (:scope, :key, :body_digest, :expires_at, :answer, :submission_id)
ON CONFLICT (scope, key) DO UPDATE SET
    body_digest = excluded.body_digest,
    expires_at = excluded.expires_at,
    answer = excluded.answer,
    submission_id = excluded.submission_id
"""

_FORGET_ANSWERS = """
DELETE FROM idempotency_keys
WHERE submission_id IN (
    SELECT submission_id FROM form_submissions
    WHERE canonical_email = :canonical_email
       OR lead_id = (SELECT lead_id FROM leads WHERE canonical_email = :canonical_email)
)
"""
_FORGET_SUBMISSIONS = """
DELETE FROM form_submissions
WHERE canonical_email = :canonical_email
   OR lead_id = (SELECT lead_id FROM leads WHERE canonical_email = :canonical_email)
"""
_FORGET_SCORE = """
DELETE FROM lead_scores
WHERE lead_id = (SELECT lead_id FROM leads WHERE canonical_email = :canonical_email)
"""
_FORGET_STATUS_CHANGES = """
DELETE FROM lead_status_changes
WHERE lead_id = (SELECT lead_id FROM leads WHERE canonical_email = :canonical_email)
"""
_FORGET_LEAD = "DELETE FROM leads WHERE canonical_email = :canonical_email"

_ERASURE: Mapping[str, str] = {
    "idempotency_keys": _FORGET_ANSWERS,
    "form_submissions": _FORGET_SUBMISSIONS,
    "lead_scores": _FORGET_SCORE,
    "lead_status_changes": _FORGET_STATUS_CHANGES,
    "leads": _FORGET_LEAD,
}
"""By table, in an order in which nothing refers to what is already gone."""


class SQLiteFormRepository(SQLiteRepository, FormRepository):
    """Forms, submissions and leads in tables."""

    @override
    def save_form(self, form: Form, rules: Sequence[ValidationRule]) -> None:
        with self._unit.writing() as session:
            session.run(
                _SAVE_FORM,
                form_id=form.form_id,
                title=form.title,
                fields=json_text([_field_object(each) for each in form.fields]),
                allowed_origins=json_text(form.allowed_origins),
                allowed_redirects=json_text(form.allowed_redirects),
                duplicate_window=micros_span(form.duplicate_window),
                region=form.region,
                spam=json_text(asdict(form.spam)),
                retention=form.retention and micros_span(form.retention),
                notify=json_text(form.notify),
                digest=form.digest,
                confirms=form.confirms,
                double_opt_in=form.double_opt_in,
                consent_text=form.consent_text,
                updated_at=optional_micros(form.updated_at),
            )
            session.run(_DELETE_RULES, form_id=form.form_id)
            session.run_for_each(_SAVE_RULE, [_rule_columns(rule) for rule in rules])

    @override
    def get_form(self, form_id: FormId) -> Form:
        with self._unit.reading() as session:
            for row in session.run(_FORM, form_id=form_id):
                return _form(row)
        raise NotFoundError("form")

    @override
    def get_all_forms(self) -> list[Form]:
        with self._unit.reading() as session:
            return [_form(row) for row in session.run(_FORMS)]

    @override
    def save_form_submission(self, submission: FormSubmission) -> None:
        with self._unit.writing() as session:
            _keep_submission(session, submission)

    @override
    def get_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        with self._unit.reading() as session:
            for row in session.run(_SUBMISSION, submission_id=submission_id):
                return submission_of(row)
        raise NotFoundError("submission")

    @override
    def lock_form_submission(self, submission_id: SubmissionId) -> FormSubmission:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            for row in session.run(_SUBMISSION, submission_id=submission_id):
                return submission_of(row)
        raise NotFoundError("submission")

    @override
    def get_submissions_by_form(
        self,
        form_id: FormId,
        *,
        state: SubmissionState | None = None,
        limit: int = PAGE,
        after: After | None = None,
    ) -> list[FormSubmission]:
        with self._unit.reading() as session:
            rows = session.run(
                _SUBMISSIONS_BY_FORM,
                form_id=form_id,
                state=state,
                limit=limit,
                **_behind(after),
            )
        return [submission_of(row) for row in rows]

    @override
    def get_submissions_by_ip(self, ip_address: str, since: datetime) -> list[FormSubmission]:
        with self._unit.reading() as session:
            rows = session.run(
                _SUBMISSIONS_BY_ADDRESS,
                ip_address=address_text(ip_address),
                since=micros(since),
                limit=_ADDRESS_LIMIT,
            )
        return [submission_of(row) for row in rows]

    @override
    def save_lead(self, lead: Lead) -> Lead:
        with self._unit.writing() as session:
            known = session.run(_LEAD_BY_EMAIL, canonical_email=lead.canonical_email)
            saved = merged_lead(lead_of(known[0]), lead) if known else lead
            _keep_lead(session, saved, is_new=not known)
            return _existing_lead(session, saved.lead_id)

    @override
    def get_lead(self, lead_id: LeadId) -> Lead:
        with self._unit.reading() as session:
            return _existing_lead(session, lead_id)

    @override
    def get_lead_by_email(self, canonical_email: str) -> Lead:
        with self._unit.reading() as session:
            for row in session.run(_LEAD_BY_EMAIL, canonical_email=canonical_email):
                return lead_of(row)
        raise NotFoundError("lead")

    @override
    def find_leads(
        self, query: LeadQuery, *, limit: int = PAGE, after: After | None = None
    ) -> list[ScoredLead]:
        with self._unit.reading() as session:
            rows = session.run(
                _LEADS_WITH_SCORES,
                status=query.status,
                source=query.source,
                min_score=query.min_score,
                limit=limit,
                **_behind(after),
            )
        return [scored_lead_of(row) for row in rows]

    @override
    def get_leads_by_status(self, status: LeadStatus, *, limit: int = PAGE) -> list[Lead]:
        with self._unit.reading() as session:
            return [
                lead_of(row) for row in session.run(_LEADS_BY_STATUS, status=status, limit=limit)
            ]

    @override
    def get_leads_by_source(self, source: str, *, limit: int = PAGE) -> list[Lead]:
        with self._unit.reading() as session:
            return [
                lead_of(row) for row in session.run(_LEADS_BY_SOURCE, source=source, limit=limit)
            ]

    @override
    def get_hot_leads(self, *, limit: int = PAGE) -> list[ScoredLead]:
        with self._unit.reading() as session:
            return [scored_lead_of(row) for row in session.run(_HOT_LEADS, limit=limit)]

    @override
    def update_lead_status(self, lead_id: LeadId, status: LeadStatus, at: datetime) -> Lead:
        with self._unit.writing() as session:
            require_legal_step(_existing_lead(session, lead_id).status, status)
            [row] = session.run(_MOVE_LEAD, lead_id=lead_id, status=status)
            moved = lead_of(row)
            _note_status(session, moved, at)
            return moved

    @override
    def save_lead_score(self, score: LeadScore) -> None:
        with self._unit.writing() as session:
            _existing_lead(session, score.lead_id)
            keep_score(session, score)

    @override
    def get_lead_score(self, lead_id: LeadId) -> LeadScore:
        with self._unit.reading() as session:
            for row in session.run(_SCORE, lead_id=lead_id):
                return score_of(row)
        raise NotFoundError("lead score")

    @override
    def save_validation_rule(self, rule: ValidationRule) -> None:
        with self._unit.writing() as session:
            if not session.run(_FORM, form_id=rule.form_id):
                raise NotFoundError("form")
            session.run(_SAVE_RULE, **_rule_columns(rule))

    @override
    def get_validation_rules(self, form_id: FormId) -> list[ValidationRule]:
        with self._unit.reading() as session:
            return [_rule(row) for row in session.run(_RULES, form_id=form_id)]

    @override
    def check_duplicate_submission(
        self, form_id: FormId, fingerprint: str, since: datetime
    ) -> FormSubmission | None:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            rows = session.run(
                _LATEST_WITH_FINGERPRINT,
                form_id=form_id,
                fingerprint=fingerprint,
                since=micros(since),
            )
        return submission_of(rows[0]) if rows else None

    @override
    def read_ground(self, inquiry: SubmissionInquiry) -> SubmissionGround:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            forms = session.run(_FORM, form_id=inquiry.form_id)
            if not forms:
                raise NotFoundError("form")
            form, at = _form(forms[0]), inquiry.submitted_at
            held = _held(session, inquiry.request, at)
            earlier = session.run(
                _LATEST_WITH_FINGERPRINT,
                form_id=form.form_id,
                fingerprint=inquiry.fingerprint,
                since=micros(at - form.duplicate_window),
            )
            leads = session.run(_LEADS_BY_EMAILS, emails=json_text(inquiry.emails))
            rules = session.run(_RULES, form_id=form.form_id)
            [scoring] = session.run(SCORING_RULES)
            [traffic] = session.run(
                _TRAFFIC,
                form_id=form.form_id,
                at=micros(at),
                rated_since=micros(at - RATE_WINDOW),
                repeated_since=micros(at - REPETITION_WINDOW),
                ip_address=address_text(inquiry.ip_address),
                text_digest=inquiry.text_digest,
                fingerprint=inquiry.fingerprint,
                emails=json_text(inquiry.emails),
                per_address_hourly=form.spam.per_address_hourly,
                per_form_hourly=form.spam.per_form_hourly,
                repetitions=REPETITIONS_TOLERATED + 1,
            )
            people = SQLitePeopleRepository(within=OpenTransaction(session))
            erased = people.find_erased(inquiry.tombstones)
        return SubmissionGround(
            form=form,
            rules=tuple(_rule(row) for row in rules),
            held=held,
            original=next(
                (OriginalSubmission(row["submission_id"], row["lead_id"]) for row in earlier), None
            ),
            leads={row["canonical_email"]: lead_of(row) for row in leads},
            scoring=scoring_of(scoring),
            traffic=RecentTraffic(**traffic),
            erased=erased,
        )

    @override
    def save_outcome(self, outcome: SubmissionOutcome) -> None:
        submission = outcome.submission
        with self._unit.writing() as session:
            if (kept := outcome.kept) is not None:
                _keep_lead(session, kept.lead, is_new=kept.is_new)
                keep_score(session, kept.score)
            _keep_submission(session, submission)
            SQLiteOutboxRepository(within=OpenTransaction(session)).append(outcome.messages)
            if (remembered := outcome.remembered) is not None:
                named = {"scope": remembered.request.scope, "key": remembered.request.key}
                session.run(
                    _REMOVE_EXPIRED,
                    **named,
                    at=micros(submission.submitted_at),
                    limit=EXPIRED_KEYS_REMOVED,
                )
                session.run(
                    _REMEMBER,
                    **named,
                    body_digest=remembered.request.body_digest,
                    expires_at=micros(remembered.expires_at),
                    answer=json_text(remembered.answer),
                    submission_id=submission.submission_id,
                )

    @override
    def remove_expired_submissions(self, at: datetime, *, limit: int) -> int:
        with self._unit.writing() as session:
            return session.change(
                _REMOVE_EXPIRED_SUBMISSIONS,
                at=micros(at),
                quarantine_kept=micros_span(QUARANTINE_KEPT),
                limit=limit,
            )

    @override
    def open_digests(self, until: datetime) -> list[QuarantineDigest]:
        with self._unit.writing() as session:
            opened = session.run(_OPEN_DIGESTS, until=micros(until))
            digests = [
                QuarantineDigest(
                    form_id=row["form_id"],
                    since=optional_instant(row["since"]),
                    until=instant(row["until"]),
                    count=session.run(_COUNT_QUARANTINED, **row)[0]["held"],
                )
                for row in opened
            ]
        return sorted((each for each in digests if each.count), key=lambda each: each.form_id)

    @override
    def get_quarantined(self, digest: QuarantineDigest, *, limit: int) -> list[FormSubmission]:
        with self._unit.reading() as session:
            rows = session.run(
                _QUARANTINED,
                form_id=digest.form_id,
                since=optional_micros(digest.since),
                until=micros(digest.until),
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
        asked: dict[str, object] = {
            "start": optional_micros(start),
            "end": optional_micros(end),
            "form_id": form_id,
            "source": source,
        }
        with self._unit.reading() as session:
            submissions = session.run(_SUBMISSION_COUNTS, **asked)
            leads = session.run(_NEW_LEAD_COUNTS, **asked)
        by_state = _totals(submissions, "state", "submissions")
        scored = sum(row["scored"] for row in leads)
        return FormAnalytics(
            total_submissions=sum(by_state.values()),
            accepted=by_state.get(SubmissionState.ACCEPTED, 0),
            quarantined=by_state.get(SubmissionState.QUARANTINED, 0),
            duplicates=by_state.get(SubmissionState.DUPLICATE, 0),
            unconfirmed=by_state.get(SubmissionState.UNCONFIRMED, 0),
            new_leads=sum(row["leads"] for row in leads),
            hot_leads=sum(row["hot"] for row in leads),
            average_lead_score=sum(row["total"] or 0 for row in leads) / scored if scored else None,
            submissions_by_source=_totals(submissions, "source", "submissions"),
            submissions_by_form=_totals(submissions, "form_id", "submissions"),
            leads_by_status=_totals(leads, "status", "leads"),
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
        with self._unit.reading() as session:
            rows = session.run(
                _FUNNEL_COUNTS,
                stages=json_text(FUNNEL),
                start=optional_micros(start),
                end=optional_micros(end),
                form_id=form_id,
                source=source,
            )
        placed = [(row["place"], row["leads"]) for row in rows if row["place"] is not None]
        return ConversionFunnel(
            stages=tuple(
                FunnelStage(status, sum(leads for place, leads in placed if place >= stage))
                for stage, status in enumerate(FUNNEL)
            ),
            lost=sum(row["lost"] for row in rows),
        )

    @override
    def find_person(self, canonical_email: str) -> PersonRecord:
        with self._unit.reading() as session:
            submissions = session.run(_SUBMISSIONS_OF_PERSON, canonical_email=canonical_email)
            leads = session.run(_LEAD_BY_EMAIL, canonical_email=canonical_email)
            lead = lead_of(leads[0]) if leads else None
            lead_id = lead.lead_id if lead else None
            scores = session.run(_SCORE, lead_id=lead_id)
            changes = session.run(_STATUS_CHANGES, lead_id=lead_id)
        return PersonRecord(
            lead=lead,
            score=score_of(scores[0]) if scores else None,
            status_changes=tuple(
                StatusChange(LeadStatus(row["status"]), instant(row["changed_at"]))
                for row in changes
            ),
            submissions=tuple(submission_of(row) for row in submissions),
        )

    @override
    def erase_person(self, canonical_email: str) -> dict[str, int]:
        with self._unit.writing() as session:
            return {
                table: session.change(statement, canonical_email=canonical_email)
                for table, statement in _ERASURE.items()
            }


def _existing_lead(session: Session, lead_id: LeadId) -> Lead:
    for row in session.run(_LEAD, lead_id=lead_id):
        return lead_of(row)
    raise NotFoundError("lead")


def _keep_lead(session: Session, lead: Lead, *, is_new: bool) -> None:
    session.run(
        _SAVE_LEAD,
        lead_id=lead.lead_id,
        email=lead.email,
        canonical_email=lead.canonical_email,
        first_submission_at=micros(lead.first_submission_at),
        last_submission_at=micros(lead.last_submission_at),
        first_name=lead.first_name,
        last_name=lead.last_name,
        company=lead.company,
        phone=lead.phone,
        answers=json_text(lead.answers),
        status=lead.status,
        source=lead.source,
        campaign=lead.campaign,
        submission_count=lead.submission_count,
    )
    if is_new:
        _note_status(session, lead, lead.last_submission_at)
    session.run(_TIE_CUSTOMERS, lead_id=lead.lead_id, canonical_email=lead.canonical_email)


def _keep_submission(session: Session, submission: FormSubmission) -> None:
    [references] = session.run(
        _REFERENCES,
        form_id=submission.form_id,
        lead_id=submission.lead_id,
        duplicate_of=submission.duplicate_of,
    )
    if not references["has_form"]:
        raise NotFoundError("form")
    if not references["has_lead"]:
        raise NotFoundError("lead")
    if not references["has_original"]:
        raise NotFoundError("submission")
    session.run(
        _SAVE_SUBMISSION,
        submission_id=submission.submission_id,
        form_id=submission.form_id,
        answers=json_text(submission.answers),
        submitted_at=micros(submission.submitted_at),
        fingerprint=submission.fingerprint,
        attribution=json_text(submission.attribution),
        source=submission.source,
        canonical_email=submission.canonical_email,
        lead_id=submission.lead_id,
        ip_address=address_text(submission.ip_address),
        user_agent=submission.user_agent,
        state=submission.state,
        duplicate_of=submission.duplicate_of,
        spam_reasons=json_text(submission.spam_reasons),
        text_digest=submission.text_digest,
        consent=submission.consent,
        waited_until=optional_micros(submission.waited_until),
    )


def _held(session: Session, request: IdempotentRequest | None, at: datetime) -> HeldKey | None:
    if request is None:
        return None
    for row in session.run(_CLAIMED, scope=request.scope, key=request.key, at=micros(at)):
        return HeldKey(row["body_digest"], json_value(row["answer"] or "null"))
    return None


def _note_status(session: Session, lead: Lead, at: datetime) -> None:
    session.run(_NOTE_STATUS, lead_id=lead.lead_id, status=lead.status, at=micros(at))


def _behind(after: After | None) -> dict[str, object]:
    if after is None:
        return {"after_at": None, "after_id": None}
    return {"after_at": micros(after.moment), "after_id": after.id}


def _totals(rows: Sequence[Row], group: str, count: str) -> dict[str, int]:
    totals: dict[str, int] = {}
    for row in rows:
        totals[row[group]] = totals.get(row[group], 0) + row[count]
    return totals


def _field_object(each: FormField) -> dict[str, object]:
    return {
        "name": each.name,
        "label": each.label,
        "kind": each.kind,
        "required": each.required,
        "choices": each.choices,
    }


def _form(row: Row) -> Form:
    return Form(
        form_id=row["form_id"],
        title=row["title"],
        fields=tuple(
            FormField(
                name=each["name"],
                label=each["label"],
                kind=FieldKind(each["kind"]),
                required=each["required"],
                choices=tuple(each["choices"]),
            )
            for each in json_value(row["fields"])
        ),
        allowed_origins=tuple(json_value(row["allowed_origins"])),
        allowed_redirects=tuple(json_value(row["allowed_redirects"])),
        duplicate_window=timedelta(microseconds=row["duplicate_window"]),
        region=row["region"],
        spam=SpamSettings.of(json_value(row["spam"])),
        retention=row["retention"] and timedelta(microseconds=row["retention"]),
        notify=tuple(json_value(row["notify"])),
        digest=bool(row["digest"]),
        confirms=bool(row["confirms"]),
        double_opt_in=bool(row["double_opt_in"]),
        consent_text=row["consent_text"],
        updated_at=optional_instant(row["updated_at"]),
    )


def _rule_columns(rule: ValidationRule) -> dict[str, object]:
    return {
        "rule_id": rule.rule_id,
        "form_id": rule.form_id,
        "field_name": rule.field_name,
        "kind": rule.kind,
        "parameters": json_text(rule.parameters),
        "message": rule.message,
        "position": rule.position,
    }


def _rule(row: Row) -> ValidationRule:
    return ValidationRule(
        rule_id=RuleId(row["rule_id"]),
        form_id=FormId(row["form_id"]),
        field_name=row["field_name"],
        kind=RuleKind(row["kind"]),
        parameters=json_value(row["parameters"]),
        message=row["message"],
        position=row["position"],
    )
