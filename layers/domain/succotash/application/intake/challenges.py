"""Challenges of pages: asking how they went, and the outcome of submissions that wait for that."""

from datetime import timedelta

from succotash.application.intake.outcomes import keep_outcome
from succotash.domain.forms.submissions import FormSubmission, SubmissionState
from succotash.domain.intake.evaluation import judge_challenge, outcome_of
from succotash.domain.intake.spam import ChallengeState
from succotash.domain.intake.submissions import SubmissionOutcome, intake_query_about
from succotash.domain.messages.delivery import DeliveryOutcome, DeliveryResult
from succotash.domain.messages.jobs import Challenge, challenge_job
from succotash.domain.messages.outbox import submission_messages
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
from succotash.domain.repositories.delivery import NOBODY_TO_WAKE, DeliveryQueue, RelayWaker
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import Clock, IdFactory, LeadId, SubmissionId
from succotash.errors import NotFoundError
from succotash.observation import Metric, count

ANSWERED_WITHIN = timedelta(hours=1)
"""The time within which a challenge can be answered; its answer is good for five minutes."""
GIVEN_UP_AT_ONCE = 1_000
COUNTED = {
    SubmissionState.ACCEPTED: Metric.SUBMISSIONS_ACCEPTED,
    SubmissionState.QUARANTINED: Metric.SUBMISSIONS_QUARANTINED,
    SubmissionState.DUPLICATE: Metric.SUBMISSIONS_DUPLICATE,
    SubmissionState.UNCONFIRMED: Metric.SUBMISSIONS_UNCONFIRMED,
}


class ChallengeIntake:
    """Asks about challenges, and lets submissions go on that passed theirs."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        new_id: IdFactory,
        deliveries: DeliveryQueue | None = None,
        waker: RelayWaker = NOBODY_TO_WAKE,
        tombstones: Tombstones = NO_TOMBSTONES,
    ) -> None:
        """Without `deliveries` no challenge can be checked."""
        self._tombstones = tombstones
        self._storage = storage
        self._clock = clock
        self._new_id = new_id
        self._deliveries = deliveries
        self._waker = waker

    def ask(self, submission_id: SubmissionId, challenge: Challenge) -> None:
        """Ask about the challenge of a submission that is stored; asked again, it is the same.

        Where the answer comes at once, so does what it brings; storage errors.
        """
        job = challenge_job(submission_id, challenge)
        if self._deliveries is None:
            self.settle(DeliveryOutcome.of(job, DeliveryResult.REFUSED))
            return
        for outcome in self._deliveries.hand_over([job]):
            self.settle(outcome)

    def settle(self, outcome: DeliveryOutcome) -> SubmissionOutcome | None:
        """Let a submission go on as its challenge went, in one transaction; its outcome.

        Passed, it is accepted as if it were sent without one, scored as of now. It stays in
        quarantine otherwise, with the reason. One that is gone, or was released meanwhile, stays
        as it is: None.
        """
        now, lead_id = self._clock(), LeadId(self._new_id())
        state = _state_of(outcome)

        def work(repositories: Repositories) -> SubmissionOutcome | None:
            forms = repositories.forms
            try:
                submission = forms.lock_form_submission(SubmissionId(outcome.message_id))
            except NotFoundError:
                return None
            if not submission.awaits_challenge:
                return None
            intake_context = forms.load_intake_context(intake_query_about(submission))
            judged = judge_challenge(submission, intake_context, state)
            settled = outcome_of(judged, intake_context, lead_id, now)
            keep_outcome(repositories, self._tombstones, settled)
            return settled

        settled = self._storage.in_transaction(work)
        if settled is not None:
            count_outcome(settled)
            self._waker.wake()
        return settled

    def give_up(self) -> int:
        """Note of submissions that nobody answered about any more that this is so; how many."""
        now = self._clock()

        def work(repositories: Repositories) -> list[FormSubmission]:
            given_up = repositories.forms.end_challenges(
                now - ANSWERED_WITHIN, limit=GIVEN_UP_AT_ONCE
            )
            repositories.outbox.append(
                [
                    message
                    for each in given_up
                    for message in submission_messages(each, now, lead_is_new=False)
                ]
            )
            return given_up

        given_up = len(self._storage.in_transaction(work))
        count(Metric.CHALLENGES_UNANSWERED, given_up)
        return given_up


def count_outcome(outcome: SubmissionOutcome) -> None:
    """Count the outcome of a submission, once it is durable."""
    submission = outcome.submission
    is_pending = submission.awaits_challenge
    count(Metric.CHALLENGES_PENDING if is_pending else COUNTED[submission.state])
    if outcome.kept is not None and outcome.kept.is_new:
        count(Metric.LEADS)


def _state_of(outcome: DeliveryOutcome) -> ChallengeState:
    """The state of a challenge; UNKNOWN unless somebody could say."""
    judged = {ChallengeState.PASSED, ChallengeState.FAILED}
    if outcome.result is not DeliveryResult.DELIVERED or outcome.reference not in judged:
        return ChallengeState.UNKNOWN
    return ChallengeState(outcome.reference)
