"""Taking submissions: judged and stored in one transaction, or kept until the storage is back."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial

from succotash.application.forms.definitions import read_form
from succotash.application.forms.views import FormView, form_view
from succotash.application.intake.challenges import ChallengeIntake, count_outcome
from succotash.application.intake.evidence import EvidenceSources
from succotash.application.intake.outage import OutageGuard
from succotash.application.intake.outcomes import keep_outcome
from succotash.application.intake.views import (
    SubmissionReceipt,
    receipt,
    receipt_as_json,
    receipt_from_json,
    receipt_of,
)
from succotash.domain.forms.attribution import CHALLENGE
from succotash.domain.forms.forms import DEFAULT_FORM, Form
from succotash.domain.forms.submissions import FormSubmission, IdempotentRequest
from succotash.domain.forms.validation import fingerprint
from succotash.domain.intake.evaluation import (
    evaluate,
    outcome_of,
    quarantine_refused,
    unjudged,
)
from succotash.domain.intake.queued_submissions import QueuedSubmission, id_of_request
from succotash.domain.intake.spam import ChallengeState, Evidence
from succotash.domain.intake.submissions import (
    KEY_LIFETIME,
    IdempotencyRecord,
    StoredResponse,
    SubmissionOutcome,
    emails_among,
    intake_query_about,
    is_erased,
)
from succotash.domain.messages.jobs import Challenge
from succotash.domain.people.erasures import NO_TOMBSTONES, ErasedError, Tombstones, erased_at
from succotash.domain.repositories.delivery import NOBODY_TO_WAKE, RelayWaker
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import (
    Clock,
    FormId,
    IdFactory,
    Json,
    LeadId,
    SubmissionId,
)
from succotash.errors import (
    IdempotencyKeyReusedError,
    InvalidInputError,
    NotFoundError,
    StorageError,
    StorageUnavailableError,
    SubmissionInProgressError,
)
from succotash.observation import Metric, count

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """The sender's address and program, as the edge knows them."""

    ip_address: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class TakenSubmission:
    """The receipt of a submission, and the form that was read for it."""

    form: FormView
    receipt: SubmissionReceipt | None = None
    refusal: InvalidInputError | IdempotencyKeyReusedError | None = None
    """Why there is no receipt."""
    is_queued: bool = False
    """Whether it waits for the storage, unjudged; the form is then what is remembered of it."""
    stored: SubmissionOutcome | None = None
    """The stored submission; None where nothing was stored, as for a repetition."""
    challenge: Challenge | None = None
    """The challenge whose answer its stored submission waits for."""

    def require_receipt(self) -> SubmissionReceipt:
        """The receipt; raises the refusal."""
        if self.receipt is None:
            raise self.refusal or AssertionError("neither a receipt nor a refusal")
        return self.receipt


class SubmissionIntake:
    """Takes submissions and answers their outcomes."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        new_id: IdFactory,
        evidence: EvidenceSources,
        challenges: ChallengeIntake,
        outage: OutageGuard[FormView] | None = None,
        tombstones: Tombstones = NO_TOMBSTONES,
        waker: RelayWaker = NOBODY_TO_WAKE,
    ) -> None:
        self._storage = storage
        self._challenges = challenges
        self._waker = waker
        self._clock = clock
        self._new_id = new_id
        self._evidence = evidence
        self._outage = OutageGuard[FormView]() if outage is None else outage
        self._tombstones = tombstones

    def submit_form(
        self,
        fields: Mapping[str, Json],
        form_id: str = DEFAULT_FORM,
        *,
        context: ClientInfo = ClientInfo(),
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
        context: ClientInfo = ClientInfo(),
        key: str | None = None,
        body_digest: str = "",
        repeated: Collection[str] = (),
    ) -> TakenSubmission:
        """Submit as `submit_form` does; a refusal is returned, with the form that was read for it.

        `repeated` names fields that came more than once, which only a choice may.
        """
        now, form = self._clock(), FormId(form_id)
        if key is not None:
            body_digest = body_digest or fingerprint(form_id, fields)
        sent = QueuedSubmission(
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
        if self._outage.storage_unavailable:
            return self._enqueue(sent, None)
        try:
            taken = self._take(sent)
        except StorageUnavailableError as error:
            return self._enqueue(sent, error)
        self._outage.remember(form_id, taken.form)
        return taken

    def take_queued(self, queued: QueuedSubmission) -> SubmissionReceipt:
        """Store a submission that waited for the storage: once, however often it is given.

        It keeps the id and the time it was acknowledged with, and is judged as of then. As its
        sender is gone, what would have been refused is kept in quarantine, with the reasons.
        NotFoundError for an unknown form and ErasedError where its person was erased since: nothing
        is then stored, now or ever. SubmissionInProgressError, storage errors.
        """
        return self._take(queued, keeps_all=True).require_receipt()

    def unless_erased(self, queued: QueuedSubmission, keep: Callable[[], None]) -> bool:
        """Do `keep` unless one whom the submission names was erased since; whether it was done.

        Nobody whom it names is erased meanwhile.
        """
        made = [self._tombstones.of_person(each) for each in emails_among(queued.fields)]
        with self._storage.transaction() as repositories:
            asked = {each for several in made for each in several}
            erased = repositories.people.find_erased(asked) if asked else {}
            since = erased_at(erased, erased)
            if since is not None and queued.received_at <= since:
                return False
            keep()
            return True

    def recall_form(self, form_id: str) -> FormView:
        """A form's definition; NotFoundError if unknown.

        While the storage is away it is the one last read by this process, or that of a form of
        which nothing is known, which lets no other page in and sends nobody elsewhere.
        """
        try:
            if not self._outage.storage_unavailable:
                return read_form(self._storage.repositories.forms, form_id)
        except StorageUnavailableError:
            pass
        unknown = form_view(Form(FormId(form_id), ""), ())
        return self._outage.recall(form_id) or unknown

    def _enqueue(
        self, sent: QueuedSubmission, reason: StorageUnavailableError | None
    ) -> TakenSubmission:
        self._outage.enqueue(sent, reason)
        count(Metric.SUBMISSIONS_PARKED)
        form = self._outage.recall(sent.form_id) or form_view(Form(sent.form_id, ""), ())
        acknowledged = receipt(sent.submission_id, sent.form_id, sent.received_at)
        return TakenSubmission(form, acknowledged, is_queued=True)

    def _take(self, sent: QueuedSubmission, *, keeps_all: bool = False) -> TakenSubmission:
        """Judge and keep a submission, in one transaction.

        `keeps_all` is for one that was acknowledged already: given again, it changes nothing, and
        a refusal puts it into quarantine.
        """
        lead_id, at, now = LeadId(self._new_id()), sent.received_at, self._clock()
        request = sent.request
        submitted, controls = unjudged(sent, waited_until=now if keeps_all else None)
        evidence = self._evidence.gather(submitted, controls)
        intake_query = intake_query_about(submitted, request, self._tombstones)
        remembered_until = (now if keeps_all else at) + KEY_LIFETIME

        def work(repositories: Repositories) -> TakenSubmission:
            intake_context = repositories.forms.load_intake_context(intake_query)
            form = form_view(intake_context.form, intake_context.rules)
            ask = partial(_challenge_of, intake_context.form, evidence)
            if keeps_all and (known := _known(repositories.forms, sent.submission_id)):
                return TakenSubmission(form, receipt_of(known), challenge=ask(known))
            try:
                if request is not None and intake_context.held is not None:
                    given = _answer_again(request, intake_context.held)
                    if evidence.challenge is ChallengeState.ABSENT:
                        return TakenSubmission(form, given)
                    known = _known(repositories.forms, SubmissionId(given["submission_id"]))
                    return TakenSubmission(form, given, challenge=ask(known))
                submission = evaluate(submitted, intake_context, evidence, sent.repeated)
            except (InvalidInputError, IdempotencyKeyReusedError) as refusal:
                if not keeps_all:
                    return TakenSubmission(form, refusal=refusal)
                submission = quarantine_refused(
                    submitted, intake_query, intake_context, controls, refusal
                )
            if is_erased(submission, request, intake_context, self._tombstones):
                raise ErasedError
            outcome = outcome_of(submission, intake_context, lead_id, at)
            acknowledged = receipt_of(outcome.submission)
            if request is not None and intake_context.held is None:
                answer = receipt_as_json(acknowledged)
                outcome = replace(
                    outcome, remembered=StoredResponse(request, answer, remembered_until)
                )
            keep_outcome(repositories, self._tombstones, outcome)
            challenge = ask(outcome.submission)
            return TakenSubmission(form, acknowledged, stored=outcome, challenge=challenge)

        taken = self._storage.in_transaction(work)
        _count(taken)
        self._follow_up(taken)
        return taken

    def _follow_up(self, taken: TakenSubmission) -> None:
        """Have others told of what is stored now, and ask about its challenge."""
        if taken.stored is not None and taken.stored.messages:
            self._waker.wake()
        if taken.challenge is None or taken.receipt is None:
            return
        try:
            self._challenges.ask(SubmissionId(taken.receipt["submission_id"]), taken.challenge)
        except (StorageError, StorageUnavailableError) as error:
            # It is stored, and stays in quarantine.
            logger.warning("a challenge cannot be settled: %s", error)


def _challenge_of(
    form: Form, evidence: Evidence, submission: FormSubmission | None
) -> Challenge | None:
    """The challenge to ask about for a stored submission; None if nothing is open."""
    response, secret_arn = evidence.controls.get(CHALLENGE), form.spam.turnstile_secret_arn
    if submission is None or not submission.awaits_challenge:
        return None
    if not isinstance(response, str) or secret_arn is None:
        return None
    return Challenge(secret_arn, response, submission.ip_address)


def _answer_again(request: IdempotentRequest, held: IdempotencyRecord) -> SubmissionReceipt:
    if held.body_digest != request.body_digest:
        raise IdempotencyKeyReusedError
    if held.answer is None:
        raise SubmissionInProgressError
    return receipt_from_json(held.answer)


def _known(forms: FormRepository, submission_id: SubmissionId) -> FormSubmission | None:
    try:
        return forms.get_form_submission(submission_id)
    except NotFoundError:
        return None


def _count(taken: TakenSubmission) -> None:
    """Count the outcome of a submission, once it is durable."""
    if taken.refusal is not None:
        count(Metric.SUBMISSIONS_REFUSED)
    if taken.stored is not None:
        count_outcome(taken.stored)
