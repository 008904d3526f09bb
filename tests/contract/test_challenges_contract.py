"""What becomes of submissions to forms with a challenge, on every storage."""

from collections.abc import Sequence
from typing import override

import pytest

from succotash.application.intake.challenges import ANSWERED_WITHIN, ChallengeIntake
from succotash.application.intake.form_handler import FormHandler
from succotash.domain.forms.forms import Form, SpamSettings
from succotash.domain.forms.submissions import AWAITING_CHALLENGE, SubmissionState
from succotash.domain.intake.queued_submissions import QueuedSubmission
from succotash.domain.messages.delivery import DeliveryJob, DeliveryOutcome, DeliveryResult
from succotash.domain.messages.jobs import challenge_of
from succotash.domain.repositories.delivery import DeliveryQueue
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import FormId, Json, SubmissionId, uuid7
from succotash.errors import ConflictError
from succotash.observation import Metric, observed
from tests.builders import NOON, minutes

ADA: dict[str, Json] = {"email": "ada@example.com", "message": "Hello"}
ANSWER: dict[str, Json] = {"cf-turnstile-response": "the visitor's answer"}


class Waiting(DeliveryQueue):
    """A queue whose jobs nobody does, until a test says so."""

    def __init__(self) -> None:
        self.jobs: list[DeliveryJob] = []
        self.is_away = False

    @override
    def hand_over(self, jobs: Sequence[DeliveryJob]) -> list[DeliveryOutcome]:
        if self.is_away:
            refused = DeliveryResult.REFUSED
            return [DeliveryOutcome.of(job, refused, "the queue answered 500") for job in jobs]
        self.jobs += jobs
        return []


class Desk:
    """A form with a challenge, and everything around it."""

    def __init__(self, storage: Storage, **settings: object) -> None:
        self.now = NOON
        self.storage = storage
        self.queue = Waiting()
        self.forms = FormHandler(storage, lambda: self.now, uuid7, deliveries=self.queue)
        self.challenges = ChallengeIntake(storage, lambda: self.now, uuid7, self.queue)
        self.define(**settings)

    def define(self, **settings: object) -> None:
        spam = SpamSettings(turnstile_secret_arn="arn:secret")
        form = Form(FormId("guarded"), "Guarded", spam=spam, **settings)  # type: ignore[arg-type]
        self.storage.repositories.forms.save_form(form, [])

    def submit(self, key: str | None = None, **fields: Json) -> str:
        receipt = self.forms.submit_form({**ADA, **ANSWER, **fields}, "guarded", key=key)
        assert receipt["lead_id"] is None
        return receipt["submission_id"]

    def answer(self, submission_id: str, reference: str | None = "passed") -> None:
        [job] = [each for each in self.queue.jobs if each.message_id == submission_id][:1]
        result = DeliveryResult.UNCERTAIN if reference is None else DeliveryResult.DELIVERED
        self.forms.settle_challenge(DeliveryOutcome.of(job, result, reference=reference))

    def state(self, submission_id: str) -> tuple[str, tuple[str, ...]]:
        found = self.forms.get_submission(submission_id)
        return found["state"], tuple(found["spam_reasons"])

    def told(self) -> list[str]:
        taken = self.storage.repositories.outbox.take(
            self.now + minutes(9_999), self.now + minutes(10_000), limit=50
        )
        return sorted(each.message.kind for each in taken)


@pytest.fixture
def desk(storage: Storage) -> Desk:
    return Desk(storage)


def test_a_submission_waits_for_the_answer_and_nobody_is_told_meanwhile(desk: Desk) -> None:
    submission_id = desk.submit()
    assert desk.state(submission_id) == ("quarantined", (AWAITING_CHALLENGE,))
    [job] = desk.queue.jobs
    assert challenge_of(job).response == "the visitor's answer"
    assert desk.told() == []
    stored = desk.storage.repositories.forms.get_form_submission(SubmissionId(submission_id))
    assert "the visitor's answer" not in repr(stored)


def test_passed_it_goes_on_as_if_it_were_sent_without_one(desk: Desk) -> None:
    submission_id = desk.submit()
    with observed("form_intake", "a") as counted:
        desk.answer(submission_id)
        desk.answer(submission_id)
    assert desk.state(submission_id) == ("accepted", ())
    lead_id = desk.forms.get_submission(submission_id)["lead_id"]
    assert lead_id is not None
    assert desk.forms.get_lead(lead_id)["email"] == "ada@example.com"
    assert desk.told() == ["lead.created", "submission.accepted"]
    assert counted.counts == {Metric.SUBMISSIONS_ACCEPTED: 1, Metric.LEADS: 1}


@pytest.mark.parametrize(
    ("reference", "reason"),
    [("failed", "failed the challenge"), (None, "could not be checked"), ("?", "not be checked")],
)
def test_otherwise_it_stays_in_quarantine_with_the_reason(
    desk: Desk, reference: str | None, reason: str
) -> None:
    submission_id = desk.submit()
    desk.answer(submission_id, reference)
    state, [found] = desk.state(submission_id)
    assert state == "quarantined"
    assert reason in found
    assert desk.told() == ["submission.quarantined"]
    desk.answer(submission_id, "passed")
    assert desk.state(submission_id)[0] == "quarantined"


def test_a_queue_that_is_away_leaves_it_in_quarantine_unchecked(desk: Desk) -> None:
    desk.queue.is_away = True
    _, [reason] = desk.state(desk.submit())
    assert "could not be checked" in reason


def test_who_is_suspect_anyway_is_not_asked_about(desk: Desk) -> None:
    submission_id = desk.submit(_gotcha="a robot")
    _, reasons = desk.state(submission_id)
    assert AWAITING_CHALLENGE not in reasons
    assert desk.queue.jobs == []
    assert desk.told() == ["submission.quarantined"]


def test_of_two_that_are_equal_the_one_answered_later_is_a_duplicate(desk: Desk) -> None:
    first, second = desk.submit(), desk.submit()
    desk.answer(second)
    desk.answer(first)
    assert desk.state(second)[0] == "accepted"
    assert desk.state(first)[0] == "duplicate"


def test_who_must_confirm_is_asked_to_once_the_challenge_is_passed(storage: Storage) -> None:
    desk = Desk(storage, double_opt_in=True)
    submission_id = desk.submit()
    assert desk.told() == []
    desk.answer(submission_id)
    assert desk.state(submission_id)[0] == SubmissionState.UNCONFIRMED
    assert desk.told() == ["submission.unconfirmed"]


def test_what_was_released_meanwhile_stays_as_it_is(desk: Desk) -> None:
    submission_id = desk.submit()
    assert desk.forms.release_submission(submission_id)["state"] == "accepted"
    desk.answer(submission_id, "failed")
    assert desk.state(submission_id)[0] == "accepted"
    with pytest.raises(ConflictError):
        desk.forms.release_submission(submission_id)


def test_who_was_erased_meanwhile_stays_erased(desk: Desk) -> None:
    submission_id = desk.submit()
    desk.storage.repositories.forms.erase_person("ada@example.com")
    desk.answer(submission_id)
    assert desk.forms.get_submissions("guarded")["submissions"] == []


def test_a_repetition_gets_the_first_answer_and_asks_the_same_again(desk: Desk) -> None:
    first = desk.submit(key="once")
    assert desk.submit(key="once") == first
    assert len({each.deduplication_id for each in desk.queue.jobs}) == 1
    desk.answer(first)
    desk.submit(key="once")
    assert len(desk.queue.jobs) == 2, "what is settled is not asked about"


def test_one_that_waited_for_the_storage_is_asked_about_until_it_is_settled(desk: Desk) -> None:
    queued = QueuedSubmission(
        SubmissionId("waited"), FormId("guarded"), NOON, {**ADA, **ANSWER}, ip_address="192.0.2.1"
    )
    for _ in range(2):
        desk.forms.take_queued(queued)
    assert [challenge_of(each).ip_address for each in desk.queue.jobs] == ["192.0.2.1"] * 2
    desk.answer("waited")
    assert desk.state("waited")[0] == "accepted"


class TestSilence:
    def test_what_nobody_answers_about_stays_in_quarantine_and_is_counted_once(
        self, desk: Desk
    ) -> None:
        submission_id = desk.submit()
        desk.now += ANSWERED_WITHIN
        assert desk.challenges.give_up() == 0
        desk.now += minutes(1)
        with observed("outbox_relay", "night") as counted:
            assert (desk.challenges.give_up(), desk.challenges.give_up()) == (1, 0)
        assert counted.counts == {Metric.CHALLENGES_UNANSWERED: 1}
        state, [reason] = desk.state(submission_id)
        assert (state, "could not be checked" in reason) == ("quarantined", True)
        assert desk.told() == ["submission.quarantined"]

    def test_those_stored_first_go_first(self, desk: Desk) -> None:
        names = []
        for number in range(3):
            names.append(desk.submit(message=f"{number}"))
            desk.now += minutes(1)
        ended = desk.storage.repositories.forms.end_challenges(desk.now, limit=2)
        assert [each.submission_id for each in ended] == names[:2]
        assert [each.awaits_challenge for each in ended] == [False, False]
