"""Taking submissions that waited."""

from collections.abc import Callable, Mapping
from typing import override

import pytest

from succotash.application.intake.queued_intake import RECEIVES_TRIED, QueuedIntake
from succotash.domain.intake.queued_submissions import Delivery, QueuedSubmission
from succotash.domain.intake.unsubscriptions import Unsubscription
from succotash.domain.messages.delivery import DeliveryOutcome, DeliveryResult
from succotash.domain.people.erasures import ErasedError, ErasedPerson
from succotash.domain.repositories.erasable import Forgotten
from succotash.domain.repositories.submission_queue import Queueable, SubmissionQueue
from succotash.domain.values import MessageId
from succotash.errors import (
    NotFoundError,
    StorageError,
    StorageUnavailableError,
)
from succotash.observation import Metric, observed
from tests.unit.queued import deliveries


class Forms:
    """Takes submissions, but for those it is told to fail at."""

    def __init__(self, failures: Mapping[str, Exception]) -> None:
        self.failures = failures
        self.erased: set[str] = set()
        self.taken: list[str] = []
        self.settled: list[DeliveryOutcome] = []

    def take_queued(self, submission: QueuedSubmission) -> None:
        if submission.submission_id in self.failures:
            raise self.failures[submission.submission_id]
        self.taken.append(submission.submission_id)

    def settle_challenge(self, outcome: DeliveryOutcome) -> None:
        if outcome.message_id in self.failures:
            raise self.failures[outcome.message_id]
        self.settled.append(outcome)

    def unless_erased(self, submission: QueuedSubmission, keep: Callable[[], None]) -> bool:
        if submission.submission_id in self.erased:
            return False
        keep()
        return True


class Links:
    """Does what is asked for by links."""

    def __init__(self) -> None:
        self.taken: list[Unsubscription] = []

    def take_queued(self, asked: Unsubscription) -> None:
        self.taken.append(asked)


class Aside(SubmissionQueue):
    def __init__(self, failure: Exception | None = None) -> None:
        self.texts: list[str] = []
        self.failure = failure

    @override
    def enqueue(self, parked: Queueable) -> None:
        raise AssertionError(parked)

    @override
    def dead_letter(self, delivery: Delivery) -> None:
        if self.failure is not None:
            raise self.failure
        self.texts.append(delivery.message_id)

    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        raise AssertionError(person)


class TestTaking:
    def test_everything_is_taken_in_order(self) -> None:
        forms = Forms({})
        outcome = QueuedIntake(forms, Aside(), Links()).take(deliveries("a", "b", "a"))
        assert forms.taken == ["submission-1", "submission-2", "submission-3"]
        assert (outcome.taken, outcome.again) == (3, ())

    def test_while_the_storage_is_away_nothing_is_tried_and_nothing_given_up(self) -> None:
        forms, aside = Forms({"submission-2": StorageUnavailableError("gone")}), Aside()
        given_ = deliveries("a", "b", "c", receives=999)
        outcome = QueuedIntake(forms, aside, Links()).take(given_)
        assert forms.taken == ["submission-1"]
        assert outcome.again == ("message-2", "message-3")
        assert aside.texts == []

    def test_what_fails_by_itself_holds_up_its_own_form_only(self) -> None:
        forms, aside = Forms({"submission-1": StorageError("refused")}), Aside()
        outcome = QueuedIntake(forms, aside, Links()).take(deliveries("a", "b", "a", "b"))
        assert forms.taken == ["submission-2", "submission-4"]
        assert outcome.again == ("message-1", "message-3")
        assert aside.texts == []

    def test_what_is_missing_by_a_fault_of_ours_is_not_discarded(self) -> None:
        forms, aside = Forms({"submission-1": NotFoundError("lead")}), Aside()
        assert QueuedIntake(forms, aside, Links()).take(deliveries("a")).again == ("message-1",)
        outcome = QueuedIntake(forms, aside, Links()).take(deliveries("a", receives=RECEIVES_TRIED))
        assert (outcome.discarded, outcome.dead_lettered) == (0, 1)

    def test_what_failed_often_is_set_aside_and_those_behind_it_are_taken(self) -> None:
        forms, aside = Forms({"submission-1": TypeError("whatever")}), Aside()
        outcome = QueuedIntake(forms, aside, Links()).take(
            deliveries("a", "a", receives=RECEIVES_TRIED)
        )
        assert forms.taken == ["submission-2"]
        assert (outcome.taken, outcome.dead_lettered, outcome.again) == (1, 1, ())
        assert aside.texts == ["message-1"]

    def test_what_cannot_be_read_is_set_aside_at_once(self) -> None:
        aside = Aside()
        unreadable = Delivery("message-9", "group", "{", 1)
        outcome = QueuedIntake(Forms({}), aside, Links()).take([*deliveries("a"), unreadable])
        assert aside.texts == ["message-9"]
        assert (outcome.taken, outcome.dead_lettered, outcome.again) == (1, 1, ())

    @pytest.mark.parametrize("reason", [NotFoundError("form"), ErasedError()])
    def test_what_nothing_can_ever_be_stored_for_is_discarded(
        self, reason: Exception, caplog: pytest.LogCaptureFixture
    ) -> None:
        forms, aside = Forms({"submission-1": reason}), Aside()
        with observed("form_intake", "test") as invocation:
            outcome = QueuedIntake(forms, aside, Links()).take(deliveries("a", "a"))
        assert forms.taken == ["submission-2"]
        assert aside.texts == []
        assert (outcome.taken, outcome.discarded, outcome.dead_lettered) == (1, 1, 0)
        assert outcome.again == ()
        assert invocation.counts[Metric.SUBMISSIONS_DISCARDED] == 1
        assert "submission-1" in caplog.text

    def test_what_is_of_a_person_who_was_erased_since_is_not_set_aside(self) -> None:
        forms, aside = Forms({"submission-1": TypeError("whatever")}), Aside()
        forms.erased.add("submission-1")
        given_ = deliveries("a", "b", receives=RECEIVES_TRIED)
        outcome = QueuedIntake(forms, aside, Links()).take(given_)
        assert (outcome.taken, outcome.discarded, outcome.dead_lettered) == (1, 1, 0)
        assert aside.texts == []

    def test_what_cannot_even_be_set_aside_comes_again(self) -> None:
        forms = Forms({"submission-1": TypeError("whatever")})
        aside = Aside(StorageUnavailableError("the queue"))
        given_ = deliveries("a", "b", receives=RECEIVES_TRIED)
        outcome = QueuedIntake(forms, aside, Links()).take(given_)
        assert outcome.again == ("message-1", "message-2")

    def test_without_time_the_rest_comes_again(self) -> None:
        forms = Forms({})
        left = iter([True, True, False])
        outcome = QueuedIntake(forms, Aside(), Links()).take(
            deliveries("a", "a", "b"), lambda: next(left)
        )
        assert forms.taken == ["submission-1", "submission-2"]
        assert outcome.again == ("message-3",)


class TestChallenges:
    """The same queue tells how challenges went."""

    OUTCOME = DeliveryOutcome(
        "submission-1:challenge",
        MessageId("submission-1"),
        "challenge",
        "challenge",
        DeliveryResult.DELIVERED,
        reference="passed",
    )

    def delivery(self) -> Delivery:
        return Delivery("message-1", "group", self.OUTCOME.as_text(), 1)

    def test_an_outcome_goes_to_its_submission(self) -> None:
        forms = Forms({})
        report = QueuedIntake(forms, Aside(), Links()).take([self.delivery()])
        assert (report.taken, forms.settled) == (1, [self.OUTCOME])

    def test_it_waits_while_the_storage_is_away(self) -> None:
        forms = Forms({"submission-1": StorageUnavailableError("gone")})
        report = QueuedIntake(forms, Aside(), Links()).take([self.delivery()])
        assert (report.taken, report.again) == (0, ("message-1",))
