"""Use cases around forms: taking submissions, keeping leads, defining forms, counting."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TypedDict

from succotash.application.days import days_of, range_of
from succotash.application.intake.shelter import Shelter
from succotash.application.paging import after_moment, next_cursor, require_page
from succotash.domain.forms.forms import (
    DEFAULT_FORM,
    RESERVED_FORM_IDS,
    ConversionFunnel,
    FieldKind,
    Form,
    FormAnalytics,
    FormSubmission,
    IdempotentRequest,
    Lead,
    LeadQuery,
    LeadScore,
    LeadStatus,
    ScoredLead,
    SubmissionState,
    ValidationRule,
)
from succotash.domain.intake.attribution import CHALLENGE, CONSENT, TOKEN, source_of, split_answers
from succotash.domain.intake.parking import ParkedSubmission, id_of_request
from succotash.domain.intake.signing import Signer
from succotash.domain.intake.spam import (
    NO_TOKEN,
    ChallengeState,
    ChallengeVerifier,
    Evidence,
    FormToken,
    TokenState,
    read_token,
    suspicions,
    text_digest,
)
from succotash.domain.intake.submissions import (
    HeldKey,
    KeptLead,
    RememberedAnswer,
    SubmissionGround,
    SubmissionInquiry,
    SubmissionOutcome,
    emails_among,
    lead_of,
    merged_lead,
)
from succotash.domain.intake.validation import (
    canonical_email,
    check_answers,
    check_consent,
    check_repeated,
    check_rule,
    email_field,
    fingerprint,
    rules_of_fields,
)
from succotash.domain.leads.leads import DailyCounts, LeadHistory
from succotash.domain.messages.outbox import status_message, submission_messages
from succotash.domain.people.erasures import NO_TOMBSTONES, ErasedError, Tombstones, erased_at
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import (
    PAGE,
    Clock,
    FormId,
    IdFactory,
    Json,
    LeadId,
    RuleId,
    SubmissionId,
    instant_text,
)
from succotash.errors import (
    ConflictError,
    IdempotencyKeyReusedError,
    InvalidInputError,
    NotFoundError,
    StorageUnavailableError,
    SubmissionInProgressError,
    Violation,
)
from succotash.observation import Metric, count

KEY_LIFETIME = timedelta(hours=24)
"""How long an Idempotency-Key and its answer are remembered."""
REMOVED_AT_ONCE = 1_000

HISTORY_SHOWN = 50
"""Submissions that a lead is shown with."""
DAYS_SHOWN = 400
"""The most days that analytics show one by one."""


@dataclass(frozen=True, slots=True)
class SubmissionContext:
    """What the edge knows about the sender."""

    ip_address: str | None = None
    user_agent: str | None = None


class SubmissionReceipt(TypedDict):
    """What became of a submission: for the form's owner, not for who sent it."""

    submission_id: str
    form_id: str
    lead_id: str | None
    """None where the form asked for no e-mail, or the submission waits in quarantine."""
    is_duplicate: bool
    duplicate_of: str | None
    submitted_at: str


class FieldView(TypedDict):
    """One question of a form."""

    name: str
    label: str
    kind: str
    required: bool
    choices: list[str]


class RuleView(TypedDict):
    """One check of one field."""

    rule_id: str
    field: str
    kind: str
    parameters: Mapping[str, Json]
    message: str


class SpamView(TypedDict):
    """How a form tells people from robots."""

    honeypot: str
    minimum_seconds: int
    links_tolerated: int
    per_address_hourly: int
    per_form_hourly: int
    blocks_disposable: bool
    requires_token: bool
    turnstile_secret_arn: str | None


class FormView(TypedDict):
    """A form's definition."""

    form_id: str
    title: str
    fields: list[FieldView]
    rules: list[RuleView]
    allowed_origins: list[str]
    allowed_redirects: list[str]
    duplicate_window_seconds: int
    region: str
    notify: list[str]
    digest: bool
    """Whether these addresses get a digest a day of what is in quarantine."""
    confirms: bool
    double_opt_in: bool
    spam: SpamView
    retention_days: int | None
    consent_text: str
    updated_at: datetime | None


class FormSummary(TypedDict):
    """A form in a list."""

    form_id: str
    title: str
    updated_at: datetime | None


class FormList(TypedDict):
    """Every form."""

    forms: list[FormSummary]


class SubmissionView(TypedDict):
    """A submission as stored."""

    submission_id: str
    form_id: str
    lead_id: str | None
    state: str
    answers: Mapping[str, Json]
    attribution: Mapping[str, str]
    source: str
    is_duplicate: bool
    duplicate_of: str | None
    spam_reasons: list[str]
    consent: str | None
    """The text its person agreed to."""
    ip_address: str | None
    user_agent: str | None
    submitted_at: datetime
    waited_until: datetime | None
    """When it was stored, where it waited for the storage."""


class SubmissionList(TypedDict):
    """A page of submissions, newest first."""

    submissions: list[SubmissionView]
    next_cursor: str | None


class ScorePointView(TypedDict):
    """Points and why."""

    category: str
    rule: str
    points: int
    reason: str


class ScoreView(TypedDict):
    """A lead's score with its ledger."""

    total: int
    grade: str
    is_hot: bool
    by_category: dict[str, int]
    points: list[ScorePointView]
    rules_version: int
    """Of the table that gave the points; 0 from before there was one."""
    scored_at: datetime


class LeadView(TypedDict):
    """A lead."""

    lead_id: str
    email: str
    first_name: str | None
    last_name: str | None
    company: str | None
    phone: str | None
    answers: Mapping[str, Json]
    status: str
    source: str
    campaign: str | None
    submission_count: int
    first_submission_at: datetime
    last_submission_at: datetime
    score: ScoreView | None


class StatusChangeView(TypedDict):
    """When a lead came to a status."""

    status: str
    changed_at: datetime


class LeadAnswers(TypedDict):
    """What the lead's person sent once: earlier answers than the lead's own stand here."""

    submission_id: str
    form_id: str
    state: str
    source: str
    answers: Mapping[str, Json]
    submitted_at: datetime


class LeadDetails(LeadView):
    """A lead and how it came to be what it is."""

    status_changes: list[StatusChangeView]
    """Oldest first."""
    history: list[LeadAnswers]
    """Newest first."""
    history_truncated: bool
    """Whether there are older ones."""


class LeadList(TypedDict):
    """A page of leads, by last submission."""

    leads: list[LeadView]
    next_cursor: str | None


class SubmissionMetrics(TypedDict):
    """Counts of submissions."""

    total_submissions: int
    accepted: int
    quarantined: int
    duplicates: int
    unconfirmed: int
    """Whose person has not confirmed them; the four add up to the total."""
    by_form: Mapping[str, int]


class LeadMetrics(TypedDict):
    """Counts of the leads first seen in the range."""

    new_leads: int
    hot_leads: int
    average_score: float | None
    by_status: Mapping[str, int]


class FunnelStageView(TypedDict):
    """A stage and how many came at least so far."""

    status: str
    reached: int


class FunnelView(TypedDict):
    """The conversion funnel."""

    stages: list[FunnelStageView]
    lost: int


class ConversionRates(TypedDict):
    """Shares; None where the denominator is 0."""

    submission_to_lead: float | None
    """New leads per accepted submission."""
    stage_to_stage: dict[str, float | None]
    """For each stage after the first, its share of the stage before."""
    lead_to_customer: float | None
    """Won leads among the new ones."""


class DailyCountsView(TypedDict):
    """What happened on a day."""

    day: date
    submissions: int
    accepted: int
    new_leads: int


class FormAnalyticsView(TypedDict):
    """How forms do over a range of time."""

    start: datetime | None
    """Included."""
    end: datetime | None
    """Excluded."""
    time_zone: str
    """Whose days these are."""
    daily: list[DailyCountsView] | None
    """Every day of the range; None for a range that is open or longer than DAYS_SHOWN."""
    submission_metrics: SubmissionMetrics
    lead_metrics: LeadMetrics
    source_distribution: Mapping[str, int]
    conversion_funnel: FunnelView
    conversion_rates: ConversionRates


@dataclass(frozen=True, slots=True)
class TakenSubmission:
    """What became of a request to submit, and the form that was read for it."""

    form: FormView
    receipt: SubmissionReceipt | None = None
    refusal: InvalidInputError | IdempotencyKeyReusedError | None = None
    """Why there is no receipt."""
    is_parked: bool = False
    """Whether it waits for the storage, unjudged; the form is then what is remembered of it."""
    stored: SubmissionOutcome | None = None
    """What was stored; None where nothing was, as for a repetition."""

    def require_receipt(self) -> SubmissionReceipt:
        """The receipt; raises the refusal."""
        if self.receipt is None:
            raise self.refusal or AssertionError("neither a receipt nor a refusal")
        return self.receipt


COUNTED = {
    SubmissionState.ACCEPTED: Metric.SUBMISSIONS_ACCEPTED,
    SubmissionState.QUARANTINED: Metric.SUBMISSIONS_QUARANTINED,
    SubmissionState.DUPLICATE: Metric.SUBMISSIONS_DUPLICATE,
    SubmissionState.UNCONFIRMED: Metric.SUBMISSIONS_UNCONFIRMED,
}


def _count(taken: TakenSubmission) -> None:
    """Count what became of a submission, once it is durable."""
    if taken.refusal is not None:
        count(Metric.SUBMISSIONS_REFUSED)
    if taken.stored is not None:
        count(COUNTED[taken.stored.submission.state])
        if taken.stored.kept is not None and taken.stored.kept.is_new:
            count(Metric.LEADS)


class FormHandler:
    """Takes submissions and answers what became of them."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        new_id: IdFactory,
        shelter: Shelter[FormView] | None = None,
        *,
        tokens: Callable[[], Signer] | None = None,
        challenges: ChallengeVerifier | None = None,
        tombstones: Tombstones = NO_TOMBSTONES,
        time_zone: str = "UTC",
    ) -> None:
        """`tokens` gives what signs form tokens, `challenges` asks who set a page's challenge.

        Without them no tokens are given and none counts; a challenge cannot be checked.
        """
        self._storage = storage
        self._clock = clock
        self._new_id = new_id
        self._tokens = tokens
        self._challenges = challenges
        self._shelter = Shelter[FormView]() if shelter is None else shelter
        self._tombstones = tombstones
        self._time_zone = time_zone

    def submit_form(
        self,
        fields: Mapping[str, Json],
        form_id: str = DEFAULT_FORM,
        *,
        context: SubmissionContext = SubmissionContext(),
        key: str | None = None,
        body_digest: str = "",
    ) -> SubmissionReceipt:
        """Store a submission with what follows from it, in one transaction, and acknowledge it.

        `key` is the sender's Idempotency-Key; a repetition with the same `body_digest` gets the
        first answer. A duplicate belongs to its original's lead and changes nothing about it.
        Raises NotFoundError for an unknown form, InvalidInputError naming every
        field that breaks a rule, IdempotencyKeyReusedError; nothing is then stored.
        """
        return self.take_submission(
            fields, form_id, context=context, key=key, body_digest=body_digest
        ).require_receipt()

    def take_submission(
        self,
        fields: Mapping[str, Json],
        form_id: str,
        *,
        context: SubmissionContext = SubmissionContext(),
        key: str | None = None,
        body_digest: str = "",
        repeated: Collection[str] = (),
    ) -> TakenSubmission:
        """As `submit_form`; a refusal is given back, with the form that was read for it.

        `repeated` names fields that came more than once, which only a choice may.
        """
        now, form = self._clock(), FormId(form_id)
        if key is not None:
            body_digest = body_digest or fingerprint(form_id, fields)
        sent = ParkedSubmission(
            submission_id=(
                SubmissionId(self._new_id())
                if key is None
                else id_of_request(form, key, body_digest, now)
            ),
            form_id=form,
            received_at=now,
            fields=fields,
            repeated=tuple(repeated),
            ip_address=context.ip_address,
            user_agent=context.user_agent,
            key=key,
            body_digest=body_digest,
        )
        if self._shelter.is_storage_away:
            return self._park(sent, None)
        try:
            taken = self._take(sent)
        except StorageUnavailableError as error:
            return self._park(sent, error)
        self._shelter.remember(form_id, taken.form)
        return taken

    def take_parked(self, parked: ParkedSubmission) -> SubmissionReceipt:
        """Store a submission that waited for the storage: once, however often it is given.

        It keeps the id and the time it was acknowledged with, and is judged as of then. As its
        sender is gone, what would have been refused is kept in quarantine, with the reasons.
        NotFoundError for an unknown form and ErasedError where its person was erased since: nothing
        is then stored, now or ever. SubmissionInProgressError, storage errors.
        """
        return self._take(parked, keeps_all=True).require_receipt()

    def unless_erased(self, parked: ParkedSubmission, keep: Callable[[], None]) -> bool:
        """Do `keep` unless one whom the submission names was erased since; whether it was done.

        Nobody whom it names is erased meanwhile.
        """
        made = [self._tombstones.of_person(each) for each in emails_among(parked.fields)]
        with self._storage.transaction() as repositories:
            asked = {each for several in made for each in several}
            erased = repositories.people.find_erased(asked) if asked else {}
            since = erased_at(erased, erased)
            if since is not None and parked.received_at <= since:
                return False
            keep()
            return True

    def recall_form(self, form_id: str) -> FormView:
        """A form's definition; NotFoundError where there is none.

        While the storage is away it is the one last read by this process, or that of a form of
        which nothing is known, which lets no other page in and sends nobody elsewhere.
        """
        try:
            if not self._shelter.is_storage_away:
                return self.get_form(form_id)
        except StorageUnavailableError:
            pass
        unknown = form_view(Form(FormId(form_id), ""), ())
        return self._shelter.recall(form_id) or unknown

    def _park(
        self, sent: ParkedSubmission, reason: StorageUnavailableError | None
    ) -> TakenSubmission:
        self._shelter.park(sent, reason)
        count(Metric.SUBMISSIONS_PARKED)
        form = self._shelter.recall(sent.form_id) or form_view(Form(sent.form_id, ""), ())
        receipt: SubmissionReceipt = {
            "submission_id": sent.submission_id,
            "form_id": sent.form_id,
            "lead_id": None,
            "is_duplicate": False,
            "duplicate_of": None,
            "submitted_at": instant_text(sent.received_at),
        }
        return TakenSubmission(form, receipt, is_parked=True)

    def _take(self, sent: ParkedSubmission, *, keeps_all: bool = False) -> TakenSubmission:
        """Judge and keep a submission, in one transaction.

        `keeps_all` is for one that was acknowledged already: given again, it changes nothing, and
        a refusal puts it into quarantine.
        """
        lead_id, at, now = LeadId(self._new_id()), sent.received_at, self._clock()
        answers, attribution, controls = split_answers(sent.fields)
        request = None
        if sent.key is not None:
            request = IdempotentRequest(f"form:{sent.form_id}", sent.key, sent.body_digest)
        unjudged = FormSubmission(
            submission_id=sent.submission_id,
            form_id=sent.form_id,
            answers=answers,
            submitted_at=at,
            fingerprint=fingerprint(sent.form_id, answers),
            attribution=attribution,
            source=source_of(attribution),
            ip_address=sent.ip_address,
            user_agent=sent.user_agent,
            text_digest=text_digest(answers),
            waited_until=now if keeps_all else None,
        )
        evidence = self._evidence(unjudged, controls)
        inquiry = _inquiry(unjudged, request, self._tombstones)
        remembered_until = (now if keeps_all else at) + KEY_LIFETIME

        def work(repositories: Repositories) -> TakenSubmission:
            ground = repositories.forms.read_ground(inquiry)
            form = form_view(ground.form, ground.rules)
            if keeps_all and (known := _known(repositories.forms, sent.submission_id)):
                return TakenSubmission(form, _acknowledge(known))
            answers_key = request is not None
            try:
                if request is not None and ground.held is not None:
                    return TakenSubmission(form, _answer_again(request, ground.held))
                submission = _judged(unjudged, ground, evidence, sent.repeated)
            except (InvalidInputError, IdempotencyKeyReusedError) as refusal:
                if not keeps_all:
                    return TakenSubmission(form, refusal=refusal)
                is_agreed = not check_consent(ground.form, evidence.controls.get(CONSENT))
                consent = _consent_text(ground.form, unjudged) if is_agreed else None
                submission = _kept_though_refused(unjudged, inquiry, refusal, consent)
                answers_key = answers_key and ground.held is None
            if self._is_erased(submission, request, ground):
                raise ErasedError
            outcome = _outcome(submission, ground, lead_id, at)
            receipt = _acknowledge(outcome.submission)
            if request is not None and answers_key:
                remembered = RememberedAnswer(request, _remembered(receipt), remembered_until)
                outcome = replace(outcome, remembered=remembered)
            repositories.forms.save_outcome(outcome)
            return TakenSubmission(form, receipt, stored=outcome)

        taken = self._storage.in_transaction(work)
        _count(taken)
        return taken

    def issue_token(self, form_id: str, earlier: Json = None) -> str | None:
        """A form token for a page that is shown now; None where this deployment gives none.

        The one that came with the page's last post is given again while it is good: its visitor
        took their time before. Whether there is such a form is not asked.
        """
        if self._tokens is None:
            return None
        now = self._clock()
        try:
            signer = self._tokens()
            known = read_token(signer, earlier, FormId(form_id), now)
            if known.state is TokenState.GOOD and isinstance(earlier, str):
                return earlier
            return signer.sign(form_id, now)
        except StorageUnavailableError:  # the keys are out of reach, and the page is not
            return None

    def _evidence(self, sent: FormSubmission, controls: Mapping[str, Json]) -> Evidence:
        """What can be found out before the transaction, which waits for nobody else."""
        return Evidence(
            controls,
            self._token(sent, controls.get(TOKEN)),
            self._challenge(sent, controls.get(CHALLENGE)),
        )

    def _token(self, sent: FormSubmission, token: Json) -> FormToken:
        if not token or self._tokens is None:
            return NO_TOKEN
        try:
            return read_token(self._tokens(), token, sent.form_id, sent.submitted_at)
        except StorageUnavailableError:  # of the keys
            return FormToken(TokenState.UNCHECKED)

    def _challenge(self, sent: FormSubmission, response: Json) -> ChallengeState:
        """What became of the page's challenge, where one was answered and the form has one."""
        if not isinstance(response, str) or not response:
            return ChallengeState.ABSENT
        form = self._storage.repositories.forms.get_form(sent.form_id)
        secret_arn = form.spam.turnstile_secret_arn
        if secret_arn is None or self._challenges is None:
            return ChallengeState.UNKNOWN
        return self._challenges.verify(secret_arn, response, sent.ip_address)

    def remove_expired_submissions(self) -> int:
        """Delete what forms keep no longer, a batch of it, and how many submissions that was."""
        forms = self._storage.repositories.forms
        return forms.remove_expired_submissions(self._clock(), limit=REMOVED_AT_ONCE)

    def _is_erased(
        self,
        submission: FormSubmission,
        request: IdempotentRequest | None,
        ground: SubmissionGround,
    ) -> bool:
        """Whether its person was erased since it was sent, or what its request had brought was."""
        at, email = submission.submitted_at, submission.canonical_email
        since = erased_at(self._tombstones.of_person(email), ground.erased) if email else None
        if since is not None and at <= since:
            return True
        if request is None:
            return False
        repeated = self._tombstones.of_request(request.scope, request.key)
        since = erased_at(repeated, ground.erased)
        return since is not None and at <= since + KEY_LIFETIME

    def release_submission(self, submission_id: str) -> SubmissionView:
        """Take a submission out of quarantine, in one transaction.

        It becomes a lead, scored as of now, unless it repeats what was accepted in the form's
        window before it or since then: it is a duplicate then. Where the form asks for it, it
        waits for its person to confirm it. NotFoundError for an unknown one, ConflictError for
        one that is not in quarantine.
        """
        now = self._clock()
        lead_id = LeadId(self._new_id())

        def work(repositories: Repositories) -> FormSubmission:
            forms = repositories.forms
            submission = forms.lock_form_submission(SubmissionId(submission_id))
            if submission.state is not SubmissionState.QUARANTINED:
                raise ConflictError("only a quarantined submission can be released")
            ground = forms.read_ground(_inquiry(submission))
            outcome = _outcome(_admitted(submission, ground), ground, lead_id, now)
            forms.save_outcome(outcome)
            return outcome.submission

        return submission_view(self._storage.in_transaction(work))

    def confirm_submission(self, submission_id: str, form_id: str) -> SubmissionView:
        """Its person confirms a submission, in one transaction.

        It becomes a lead, scored as of now, or a duplicate of what was accepted in the form's
        window before it or since then. One that does not wait to be confirmed stays as it is.
        NotFoundError where this form has no such submission.
        """
        now = self._clock()
        lead_id = LeadId(self._new_id())

        def work(repositories: Repositories) -> FormSubmission:
            forms = repositories.forms
            submission = forms.lock_form_submission(SubmissionId(submission_id))
            if submission.form_id != form_id:
                raise NotFoundError("submission")
            if submission.state is not SubmissionState.UNCONFIRMED:
                return submission
            ground = forms.read_ground(_inquiry(submission))
            confirmed = _compared(replace(submission, state=SubmissionState.ACCEPTED), ground)
            outcome = _outcome(confirmed, ground, lead_id, now)
            forms.save_outcome(outcome)
            return outcome.submission

        return submission_view(self._storage.in_transaction(work))

    def get_forms(self) -> FormList:
        """Every form, by id."""
        return {
            "forms": [
                {"form_id": each.form_id, "title": each.title, "updated_at": each.updated_at}
                for each in self._storage.repositories.forms.get_all_forms()
            ]
        }

    def get_form(self, form_id: str) -> FormView:
        """A form's definition; NotFoundError where there is none."""
        forms = self._storage.repositories.forms
        form = forms.get_form(FormId(form_id))
        return form_view(form, forms.get_validation_rules(form.form_id))

    def put_form(self, form: Form, rules: Sequence[ValidationRule]) -> FormView:
        """Define a form, replacing what it was; in effect for the next submission.

        InvalidInputError names every rule that makes no sense; nothing is then changed.
        """
        known = {each.name for each in form.fields}
        violations = [problem for rule in rules for problem in check_rule(rule, known)]
        if form.form_id in RESERVED_FORM_IDS:
            violations.append(Violation("form_id", "reserved", "is a reserved word"))
        violations.extend(
            Violation(f"rules.{rule.field_name}", "unknown_field", "is no field of this form")
            for rule in rules
            if known and rule.field_name not in known
        )
        if form.spam.honeypot in known:
            violations.append(Violation("spam.honeypot", "a_field", "is a field of this form"))
        if len(known) != len(form.fields):
            violations.append(Violation("fields", "repeated", "two fields have the same name"))
        violations.extend(
            Violation(f"fields.{each.name}.choices", "choices", "needs a list of choices")
            for each in form.fields
            if each.kind in (FieldKind.CHOICE, FieldKind.CHOICES) and not each.choices
        )
        if violations:
            raise InvalidInputError(violations)
        stamped = replace(form, updated_at=self._clock())
        numbered = [
            replace(rule, rule_id=rule.rule_id or RuleId(self._new_id()), position=position)
            for position, rule in enumerate(rules)
        ]
        self._storage.repositories.forms.save_form(stamped, numbered)
        return form_view(stamped, numbered)

    def get_submissions(
        self,
        form_id: str,
        *,
        state: SubmissionState | None = None,
        limit: int = PAGE,
        cursor: str | None = None,
    ) -> SubmissionList:
        """A page of a form's submissions, newest first; NotFoundError for an unknown form."""
        after = after_moment(cursor)
        forms = self._storage.repositories.forms
        found = forms.get_submissions_by_form(
            FormId(form_id), state=state, limit=require_page(limit), after=after
        )
        if not found:
            forms.get_form(FormId(form_id))
        return {
            "submissions": [submission_view(each) for each in found],
            "next_cursor": next_cursor(
                found, limit, lambda each: (each.submitted_at.isoformat(), each.submission_id)
            ),
        }

    def get_submission(self, submission_id: str) -> SubmissionView:
        """A submission; NotFoundError where there is none."""
        forms = self._storage.repositories.forms
        return submission_view(forms.get_form_submission(SubmissionId(submission_id)))

    def get_leads(
        self, query: LeadQuery, *, limit: int = PAGE, cursor: str | None = None
    ) -> LeadList:
        """A page of the leads that match, by last submission."""
        after = after_moment(cursor)
        forms = self._storage.repositories.forms
        found = forms.find_leads(query, limit=require_page(limit), after=after)
        return {
            "leads": [lead_view(each) for each in found],
            "next_cursor": next_cursor(
                found,
                limit,
                lambda each: (each.lead.last_submission_at.isoformat(), each.lead.lead_id),
            ),
        }

    def get_lead(self, lead_id: str) -> LeadDetails:
        """A lead with its score and its history; NotFoundError where there is none."""

        def work(repositories: Repositories) -> tuple[ScoredLead, LeadHistory]:
            forms = repositories.forms
            lead = forms.get_lead(LeadId(lead_id))
            # One more than is shown tells whether any are left.
            history = repositories.leads.get_lead_history(lead.lead_id, limit=HISTORY_SHOWN + 1)
            return _scored(forms, lead), history

        scored, history = self._storage.in_transaction(work)
        return {
            **lead_view(scored),
            "status_changes": [
                {"status": each.status, "changed_at": each.changed_at}
                for each in history.status_changes
            ],
            "history": [
                {
                    "submission_id": each.submission_id,
                    "form_id": each.form_id,
                    "state": each.state,
                    "source": each.source,
                    "answers": each.answers,
                    "submitted_at": each.submitted_at,
                }
                for each in history.submissions[:HISTORY_SHOWN]
            ],
            "history_truncated": len(history.submissions) > HISTORY_SHOWN,
        }

    def update_lead_status(self, lead_id: str, status: LeadStatus) -> LeadView:
        """Move a lead along the funnel; NotFoundError, IllegalTransitionError."""
        now = self._clock()
        message_id = self._new_id()

        def work(repositories: Repositories) -> ScoredLead:
            forms = repositories.forms
            moved = forms.update_lead_status(LeadId(lead_id), status, now)
            repositories.outbox.append([status_message(message_id, moved, now)])
            return _scored(forms, moved)

        return lead_view(self._storage.in_transaction(work))

    def get_form_analytics(
        self,
        *,
        start: date | datetime | None = None,
        end: date | datetime | None = None,
        form_id: str | None = None,
        source: str | None = None,
    ) -> FormAnalyticsView:
        """How forms did from `start` to `end`: days, both included, or instants.

        Days are the deployment's; an instant that ends the range is excluded. InvalidInputError
        where the range ends before it starts, NotFoundError for an unknown form.
        """
        covered = range_of(start, end, self._time_zone)
        days = days_of(covered, self._time_zone, at_most=DAYS_SHOWN)
        form = None if form_id is None else FormId(form_id)

        def work(
            repositories: Repositories,
        ) -> tuple[FormAnalytics, ConversionFunnel, list[DailyCounts]]:
            forms = repositories.forms
            if form is not None:
                forms.get_form(form)
            found: list[DailyCounts] = []
            if days and covered.start is not None and covered.end is not None:
                found = repositories.leads.get_daily_counts(
                    covered.start, covered.end, self._time_zone, form_id=form, source=source
                )
            within = {"start": covered.start, "end": covered.end}
            return (
                forms.get_form_analytics(**within, form_id=form, source=source),
                forms.get_lead_conversion_funnel(**within, form_id=form, source=source),
                found,
            )

        counts, funnel, daily = self._storage.in_transaction(work)
        reached = {stage.status: stage.reached for stage in funnel.stages}
        stages = list(reached)
        return {
            "start": covered.start,
            "end": covered.end,
            "time_zone": self._time_zone,
            "daily": None if days is None else _each_day(days, daily),
            "submission_metrics": {
                "total_submissions": counts.total_submissions,
                "accepted": counts.accepted,
                "quarantined": counts.quarantined,
                "duplicates": counts.duplicates,
                "unconfirmed": counts.unconfirmed,
                "by_form": counts.submissions_by_form,
            },
            "lead_metrics": {
                "new_leads": counts.new_leads,
                "hot_leads": counts.hot_leads,
                "average_score": counts.average_lead_score,
                "by_status": counts.leads_by_status,
            },
            "source_distribution": counts.submissions_by_source,
            "conversion_funnel": {
                "stages": [
                    {"status": stage.status, "reached": stage.reached} for stage in funnel.stages
                ],
                "lost": funnel.lost,
            },
            "conversion_rates": {
                "submission_to_lead": _share(counts.new_leads, counts.accepted),
                "stage_to_stage": {
                    later: _share(reached[later], reached[earlier])
                    for earlier, later in pairwise(stages)
                },
                "lead_to_customer": _share(reached[LeadStatus.CLOSED_WON], reached[LeadStatus.NEW]),
            },
        }


def _email_or_none(value: Json) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return None
    return canonical_email(value)


def _inquiry(
    submission: FormSubmission,
    request: IdempotentRequest | None = None,
    tombstones: Tombstones = NO_TOMBSTONES,
) -> SubmissionInquiry:
    """What to ask the storage about a submission; of one not judged yet, any address counts."""
    email = submission.canonical_email
    emails = emails_among(submission.answers) if email is None else (email,)
    asked = [each for email in emails for each in tombstones.of_person(email)]
    if request is not None:
        asked += tombstones.of_request(request.scope, request.key)
    return SubmissionInquiry(
        form_id=submission.form_id,
        fingerprint=submission.fingerprint,
        submitted_at=submission.submitted_at,
        emails=emails,
        ip_address=submission.ip_address,
        text_digest=submission.text_digest,
        request=request,
        tombstones=tuple(asked),
    )


def _answer_again(request: IdempotentRequest, held: HeldKey) -> SubmissionReceipt:
    if held.body_digest != request.body_digest:
        raise IdempotencyKeyReusedError
    if held.answer is None:
        raise SubmissionInProgressError
    return _receipt_of(held.answer)


def _known(forms: FormRepository, submission_id: SubmissionId) -> FormSubmission | None:
    try:
        return forms.get_form_submission(submission_id)
    except NotFoundError:
        return None


def _kept_though_refused(
    submission: FormSubmission,
    inquiry: SubmissionInquiry,
    refusal: InvalidInputError | IdempotencyKeyReusedError,
    consent: str | None,
) -> FormSubmission:
    """The submission in quarantine; any address among the answers lets its person be found."""
    reasons = (
        tuple(f"{each.field} {each.message}" for each in refusal.violations)
        if isinstance(refusal, InvalidInputError)
        else (str(refusal),)
    )
    return replace(
        submission,
        state=SubmissionState.QUARANTINED,
        spam_reasons=tuple(
            f"taken unchecked while the storage was away: {each}" for each in reasons
        ),
        canonical_email=next(iter(inquiry.emails), None),
        consent=consent,
    )


def _consent_text(form: Form, sent: FormSubmission) -> str | None:
    """The text that was shown when the submission was sent, where that is certain."""
    # While a submission waited, the form may have got another text than its person read.
    is_as_read = form.updated_at is None or form.updated_at <= sent.submitted_at
    return form.consent_text if form.consent_text and is_as_read else None


def _judged(
    sent: FormSubmission, ground: SubmissionGround, evidence: Evidence, repeated: Collection[str]
) -> FormSubmission:
    """The submission as it will be stored, but for its lead; InvalidInputError."""
    form, settings = ground.form, ground.form.spam
    answers = {name: each for name, each in sent.answers.items() if name != settings.honeypot}
    for asked in form.fields:  # a page that posts without JavaScript sends one choice as a text
        if asked.kind is FieldKind.CHOICES and isinstance(answers.get(asked.name), str):
            answers[asked.name] = [answers[asked.name]]
    controls = {**sent.answers, **evidence.controls}
    rules = [*rules_of_fields(form), *ground.rules]
    violations = [
        *_violations(form, rules, answers, repeated),
        *check_consent(form, evidence.controls.get(CONSENT)),
    ]
    if violations:
        raise InvalidInputError(violations)
    email = _email_or_none(answers.get(email_field(form, rules)))
    consent = _consent_text(form, sent)
    submission = replace(sent, answers=answers, canonical_email=email, consent=consent)
    evidence = replace(evidence, controls=controls, traffic=ground.traffic)
    if reasons := suspicions(settings, answers, email, evidence, sent.submitted_at):
        return replace(submission, state=SubmissionState.QUARANTINED, spam_reasons=reasons)
    return _admitted(submission, ground)


def _admitted(submission: FormSubmission, ground: SubmissionGround) -> FormSubmission:
    """The submission, no longer suspect: it waits for its person where the form asks for that."""
    if ground.form.double_opt_in and submission.canonical_email:
        return replace(submission, state=SubmissionState.UNCONFIRMED)
    return _compared(replace(submission, state=SubmissionState.ACCEPTED), ground)


def _violations(
    form: Form,
    rules: Sequence[ValidationRule],
    answers: Mapping[str, Json],
    repeated: Collection[str],
) -> list[Violation]:
    """Everything wrong, at most one thing a field."""
    found = [*check_repeated(form, repeated), *check_answers(form, rules, answers)]
    firsts = {each.field: each for each in reversed(found)}
    return list(reversed(firsts.values()))


def _compared(submission: FormSubmission, ground: SubmissionGround) -> FormSubmission:
    """The submission; a duplicate, of the same lead, where an equal one was accepted already."""
    original = ground.original
    if original is None:
        return submission
    return replace(
        submission,
        state=SubmissionState.DUPLICATE,
        duplicate_of=original.submission_id,
        lead_id=original.lead_id,
    )


def _outcome(
    submission: FormSubmission, ground: SubmissionGround, lead_id: LeadId, at: datetime
) -> SubmissionOutcome:
    """What is to be kept: an accepted submission with an e-mail makes a lead, or adds to it."""
    email = submission.canonical_email
    if submission.state is not SubmissionState.ACCEPTED or not email:
        return _told(SubmissionOutcome(submission), at)
    lead, known = lead_of(submission, email, lead_id), ground.leads.get(email)
    if known is not None:
        lead = merged_lead(known, lead)
    kept = KeptLead(lead, ground.scoring.score(lead, at), is_new=known is None)
    return _told(SubmissionOutcome(replace(submission, lead_id=lead.lead_id), kept), at)


def _told(outcome: SubmissionOutcome, at: datetime) -> SubmissionOutcome:
    """The outcome with what others are told of it."""
    is_new = outcome.kept is not None and outcome.kept.is_new
    messages = submission_messages(outcome.submission, at, lead_is_new=is_new)
    return replace(outcome, messages=tuple(messages))


def _scored(forms: FormRepository, lead: Lead) -> ScoredLead:
    try:
        return ScoredLead(lead, forms.get_lead_score(lead.lead_id))
    except NotFoundError:
        return ScoredLead(lead, None)


def _acknowledge(submission: FormSubmission) -> SubmissionReceipt:
    return {
        "submission_id": submission.submission_id,
        "form_id": submission.form_id,
        "lead_id": submission.lead_id,
        "is_duplicate": submission.is_duplicate,
        "duplicate_of": submission.duplicate_of,
        "submitted_at": instant_text(submission.submitted_at),
    }


def _remembered(receipt: SubmissionReceipt) -> dict[str, Json]:
    return {
        "submission_id": receipt["submission_id"],
        "form_id": receipt["form_id"],
        "lead_id": receipt["lead_id"],
        "is_duplicate": receipt["is_duplicate"],
        "duplicate_of": receipt["duplicate_of"],
        "submitted_at": receipt["submitted_at"],
    }


def _receipt_of(answer: Mapping[str, Json]) -> SubmissionReceipt:
    """A remembered receipt."""

    def text(name: str) -> str | None:
        value = answer[name]
        return None if value is None else str(value)

    return {
        "submission_id": str(answer["submission_id"]),
        "form_id": str(answer["form_id"]),
        "lead_id": text("lead_id"),
        "is_duplicate": bool(answer["is_duplicate"]),
        "duplicate_of": text("duplicate_of"),
        "submitted_at": str(answer["submitted_at"]),
    }


def _each_day(days: Sequence[date], found: Sequence[DailyCounts]) -> list[DailyCountsView]:
    """One row for each day, whether or not anything happened."""
    by_day = {each.day: each for each in found}

    def row(day: date) -> DailyCountsView:
        counts = by_day.get(day) or DailyCounts(day, 0, 0, 0)
        return {
            "day": day,
            "submissions": counts.submissions,
            "accepted": counts.accepted,
            "new_leads": counts.new_leads,
        }

    return [row(day) for day in days]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def form_view(form: Form, rules: Sequence[ValidationRule]) -> FormView:
    """For people and programs outside."""
    return {
        "form_id": form.form_id,
        "title": form.title,
        "fields": [
            {
                "name": each.name,
                "label": each.label,
                "kind": each.kind,
                "required": each.required,
                "choices": list(each.choices),
            }
            for each in form.fields
        ],
        "rules": [
            {
                "rule_id": rule.rule_id,
                "field": rule.field_name,
                "kind": rule.kind,
                "parameters": rule.parameters,
                "message": rule.message,
            }
            for rule in rules
        ],
        "allowed_origins": list(form.allowed_origins),
        "allowed_redirects": list(form.allowed_redirects),
        "duplicate_window_seconds": int(form.duplicate_window.total_seconds()),
        "region": form.region,
        "notify": list(form.notify),
        "digest": form.digest,
        "confirms": form.confirms,
        "double_opt_in": form.double_opt_in,
        "spam": {
            "honeypot": form.spam.honeypot,
            "minimum_seconds": form.spam.minimum_seconds,
            "links_tolerated": form.spam.links_tolerated,
            "per_address_hourly": form.spam.per_address_hourly,
            "per_form_hourly": form.spam.per_form_hourly,
            "blocks_disposable": form.spam.blocks_disposable,
            "requires_token": form.spam.requires_token,
            "turnstile_secret_arn": form.spam.turnstile_secret_arn,
        },
        "retention_days": None if form.retention is None else form.retention.days,
        "consent_text": form.consent_text,
        "updated_at": form.updated_at,
    }


def submission_view(submission: FormSubmission) -> SubmissionView:
    """For people and programs outside."""
    return {
        "submission_id": submission.submission_id,
        "form_id": submission.form_id,
        "lead_id": submission.lead_id,
        "state": submission.state,
        "answers": submission.answers,
        "attribution": submission.attribution,
        "source": submission.source,
        "is_duplicate": submission.is_duplicate,
        "duplicate_of": submission.duplicate_of,
        "spam_reasons": list(submission.spam_reasons),
        "consent": submission.consent,
        "ip_address": submission.ip_address,
        "user_agent": submission.user_agent,
        "submitted_at": submission.submitted_at,
        "waited_until": submission.waited_until,
    }


def lead_view(scored: ScoredLead) -> LeadView:
    """For people and programs outside."""
    lead = scored.lead
    return {
        "lead_id": lead.lead_id,
        "email": lead.email,
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "company": lead.company,
        "phone": lead.phone,
        "answers": lead.answers,
        "status": lead.status,
        "source": lead.source,
        "campaign": lead.campaign,
        "submission_count": lead.submission_count,
        "first_submission_at": lead.first_submission_at,
        "last_submission_at": lead.last_submission_at,
        "score": None if scored.score is None else score_view(scored.score),
    }


def score_view(score: LeadScore) -> ScoreView:
    """For people and programs outside."""
    return {
        "total": score.total,
        "grade": score.grade,
        "is_hot": score.is_hot,
        "by_category": score.by_category(),
        "points": [
            {
                "category": each.category,
                "rule": each.rule,
                "points": each.points,
                "reason": each.reason,
            }
            for each in score.points
        ],
        "rules_version": score.rules_version,
        "scored_at": score.scored_at,
    }
