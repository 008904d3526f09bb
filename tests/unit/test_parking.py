"""Queues in which submissions wait: in a file, and on moto's SQS; and what is taken from them."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import override
from uuid import RFC_4122, UUID

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from succotash.application.intake.queued_intake import RECEIVES_TRIED, QueuedIntake
from succotash.domain.intake.parking import Delivery, QueuedSubmission, id_of_request
from succotash.domain.people.erasures import ErasedError, ErasedPerson
from succotash.domain.repositories.erasable import Forgotten
from succotash.domain.repositories.parking import SubmissionQueue
from succotash.domain.values import FormId, Json, SubmissionId
from succotash.errors import (
    MalformedRequestError,
    NotFoundError,
    StorageError,
    StorageUnavailableError,
)
from succotash.infrastructure.aws.parking import SqsSubmissionQueue
from succotash.infrastructure.files.parking import (
    ASIDE_SECONDS,
    REMEMBERED_SECONDS,
    FileSubmissionQueue,
)
from succotash.observation import Metric, observed
from tests.builders import NOON, minutes

LIMIT = 256 * 1024
"""Bytes of a message that SQS takes."""
BODY = 64 * 1024


def parked(
    number: int = 1,
    *,
    form_id: str = "contact",
    key: str | None = None,
    fields: Mapping[str, Json] | None = None,
    body_digest: str = "digest",
) -> QueuedSubmission:
    return QueuedSubmission(
        submission_id=SubmissionId(f"submission-{number}"),
        form_id=FormId(form_id),
        received_at=NOON,
        fields=fields or {"email": "ada@example.com"},
        key=key,
        body_digest=body_digest,
    )


class TestTexts:
    @given(
        fields=st.dictionaries(
            st.text(max_size=20),
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text()
            | st.lists(st.text(), max_size=3),
            max_size=5,
        ),
        form_id=st.text(min_size=1, max_size=200),
        key=st.none() | st.text(min_size=1),
    )
    def test_a_submission_comes_back_as_it_was_parked(
        self, fields: dict[str, Json], form_id: str, key: str | None
    ) -> None:
        before = parked(fields=fields, form_id=form_id, key=key)
        text = before.as_text()
        assert QueuedSubmission.of_text(text) == before
        assert text.isascii()

    @pytest.mark.parametrize("character", ["a", '"', "\x01", "é", "€", "🦑", "\uffff"])
    def test_the_largest_body_fits_into_a_message(self, character: str) -> None:
        answer = character * (BODY // len(character.encode()))
        largest = parked(fields={"message": answer})
        assert len(largest.as_text()) <= LIMIT
        assert QueuedSubmission.of_text(largest.as_text()) == largest

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "null",
            "[]",
            "{}",
            "zlib:",
            "zlib:????",
            "zlib:YWJj",
            '{"version": 2}',
            json.dumps({"version": 1, "fields": {}}),
        ],
    )
    def test_what_is_no_parked_submission_is_refused(self, text: str) -> None:
        with pytest.raises(MalformedRequestError):
            QueuedSubmission.of_text(text)

    def test_a_time_without_its_zone_is_refused(self) -> None:
        document = json.loads(parked().as_text()) | {"received_at": "2024-05-06T12:00:00"}
        with pytest.raises(MalformedRequestError):
            QueuedSubmission.of_text(json.dumps(document))

    def test_a_request_has_one_id_for_a_day_and_no_other_has_it(self) -> None:
        form = FormId("contact")
        first = id_of_request(form, "key", "digest", NOON)
        assert id_of_request(form, "key", "digest", NOON + minutes(60 * 11.9)) == first
        others = {
            id_of_request(form, "key", "digest", NOON + minutes(60 * 12)),
            id_of_request(form, "key", "other", NOON),
            id_of_request(form, "other", "digest", NOON),
            id_of_request(FormId("other"), "key", "digest", NOON),
        }
        assert len(others | {first}) == 5
        for each in map(UUID, (first, *others)):
            assert (each.version, each.variant) == (8, RFC_4122)
        assert first < id_of_request(form, "a", "a", NOON + minutes(60 * 24))

    def test_ids_for_queues_hold_no_word_of_anybody(self) -> None:
        each = parked(form_id="ümlaut form / 1", key="ada@example.com")
        for name in (each.group, each.deduplication_id):
            assert name.isalnum()
            assert len(name) <= 128


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class TestFile:
    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def queue(self, tmp_path: Path, clock: Clock) -> FileSubmissionQueue:
        return FileSubmissionQueue(tmp_path / "deep" / "parked.db", clock=clock)

    def numbers(self, deliveries: list[Delivery]) -> list[str]:
        return [QueuedSubmission.of_text(each.text).submission_id[-1] for each in deliveries]

    def test_what_was_parked_is_given_in_order(self, queue: FileSubmissionQueue) -> None:
        for number in range(5):
            queue.enqueue(parked(number))
        given_ = queue.receive(3, seconds=60)
        assert self.numbers(given_) == ["0", "1", "2"]
        assert [each.receives for each in given_] == [1, 1, 1]

    def test_a_group_gives_nothing_while_one_of_it_is_out_and_others_do(
        self, queue: FileSubmissionQueue, clock: Clock
    ) -> None:
        for number, form in enumerate(("a", "a", "b")):
            queue.enqueue(parked(number, form_id=form))
        assert self.numbers(queue.receive(1, seconds=60)) == ["0"]
        assert self.numbers(queue.receive(9, seconds=60)) == ["2"]
        clock.now += 61
        assert self.numbers(queue.receive(9, seconds=60)) == ["0", "1", "2"]

    def test_what_was_taken_is_gone_and_what_failed_comes_again_after_its_pause(
        self, queue: FileSubmissionQueue, clock: Clock
    ) -> None:
        for number in range(3):
            queue.enqueue(parked(number))
        first, *others = queue.receive(9, seconds=60)
        queue.settle([first], others, pause=2)
        assert queue.receive(9, seconds=60) == []
        clock.now += 3
        again = queue.receive(9, seconds=60)
        assert self.numbers(again) == ["1", "2"]
        assert [each.receives for each in again] == [2, 2]

    def test_a_repetition_with_its_key_is_parked_once_for_a_while(
        self, queue: FileSubmissionQueue, clock: Clock
    ) -> None:
        queue.enqueue(parked(1, key="k"))
        queue.enqueue(parked(2, key="k"))
        queue.enqueue(parked(3, key="k", body_digest="other"))
        deliveries = queue.receive(9, seconds=60)
        assert self.numbers(deliveries) == ["1", "3"]
        queue.settle(deliveries, [], pause=0)
        queue.enqueue(parked(4, key="k"))
        assert queue.count() == 0
        clock.now += REMEMBERED_SECONDS + 1
        queue.enqueue(parked(5, key="k"))
        assert queue.count() == 1

    def test_what_is_set_aside_is_kept_and_holds_up_nobody(
        self, queue: FileSubmissionQueue
    ) -> None:
        queue.enqueue(parked(1))
        queue.enqueue(parked(2))
        bad, good = queue.receive(9, seconds=60)
        queue.set_aside(bad)
        queue.settle([bad, good], [], pause=0)
        assert (queue.count(), queue.count("aside")) == (0, 1)

    def test_what_is_set_aside_is_kept_for_a_fortnight_and_what_waits_until_it_is_taken(
        self, queue: FileSubmissionQueue, clock: Clock
    ) -> None:
        queue.enqueue(parked(1))
        queue.enqueue(parked(2, form_id="b"))
        [bad, good] = queue.receive(2, seconds=1)
        queue.set_aside(bad)
        clock.now += ASIDE_SECONDS - 1
        assert queue.receive(2, seconds=0) == [replace(good, receives=2)]
        assert queue.count("aside") == 1
        clock.now += 1
        assert queue.receive(2, seconds=0) == [replace(good, receives=3)]
        assert queue.count("aside") == 0

    def test_a_file_that_cannot_be_used_makes_the_queue_unavailable(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StorageUnavailableError):
            FileSubmissionQueue(tmp_path / "file" / "parked.db").enqueue(parked())


class TestSqs:
    @pytest.fixture
    def urls(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        with mock_aws():
            client = boto3.client("sqs")

            def made(name: str) -> str:
                answer = client.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})
                return answer["QueueUrl"]

            yield made("parked.fifo"), made("failures.fifo")

    def received(self, url: str) -> list[str]:
        answer = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]

    def test_submissions_are_parked_in_order_and_once(self, urls: tuple[str, str]) -> None:
        queue = SqsSubmissionQueue(*urls)
        given_ = [parked(1), parked(2, key="k"), parked(3, key="k"), parked(4)]
        for each in given_:
            queue.enqueue(each)
        texts = self.received(urls[0])
        assert [QueuedSubmission.of_text(text) for text in texts] == [
            given_[0],
            given_[1],
            given_[3],
        ]

    def test_what_is_set_aside_is_in_the_other_queue(self, urls: tuple[str, str]) -> None:
        SqsSubmissionQueue(*urls).set_aside(Delivery("id-1", "group", "whatever it was", 6))
        assert self.received(urls[1]) == ["whatever it was"]

    def test_a_queue_that_is_not_there_or_not_reached_is_unavailable(
        self, urls: tuple[str, str]
    ) -> None:
        gone = SqsSubmissionQueue(f"{urls[0]}x", urls[1])
        with pytest.raises(StorageUnavailableError) as refused:
            gone.enqueue(parked())
        assert "ada" not in str(refused.value)

        class Unreachable:
            def send_message(self, **_: object) -> None:
                raise EndpointConnectionError(endpoint_url="https://sqs")

        with pytest.raises(StorageUnavailableError):
            SqsSubmissionQueue(*urls, Unreachable).enqueue(parked())


class Forms:
    """Takes submissions, but for those it is told to fail at."""

    def __init__(self, failures: Mapping[str, Exception]) -> None:
        self.failures = failures
        self.erased: set[str] = set()
        self.taken: list[str] = []

    def take_queued(self, submission: QueuedSubmission) -> None:
        if submission.submission_id in self.failures:
            raise self.failures[submission.submission_id]
        self.taken.append(submission.submission_id)

    def unless_erased(self, submission: QueuedSubmission, keep: Callable[[], None]) -> bool:
        if submission.submission_id in self.erased:
            return False
        keep()
        return True


class Aside(SubmissionQueue):
    def __init__(self, failure: Exception | None = None) -> None:
        self.texts: list[str] = []
        self.failure = failure

    @override
    def enqueue(self, parked: QueuedSubmission) -> None:
        raise AssertionError(parked)

    @override
    def set_aside(self, delivery: Delivery) -> None:
        if self.failure is not None:
            raise self.failure
        self.texts.append(delivery.message_id)

    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        raise AssertionError(person)


def deliveries(*forms: str, receives: int = 1) -> list[Delivery]:
    """One message for each form, numbered from 1."""
    return [
        Delivery(f"message-{number}", each.group, each.as_text(), receives)
        for number, each in enumerate(
            (parked(number, form_id=form) for number, form in enumerate(forms, 1)), 1
        )
    ]


class TestTaking:
    def test_everything_is_taken_in_order(self) -> None:
        forms = Forms({})
        outcome = QueuedIntake(forms, Aside()).take(deliveries("a", "b", "a"))
        assert forms.taken == ["submission-1", "submission-2", "submission-3"]
        assert (outcome.taken, outcome.again) == (3, ())

    def test_while_the_storage_is_away_nothing_is_tried_and_nothing_given_up(self) -> None:
        forms, aside = Forms({"submission-2": StorageUnavailableError("gone")}), Aside()
        given_ = deliveries("a", "b", "c", receives=999)
        outcome = QueuedIntake(forms, aside).take(given_)
        assert forms.taken == ["submission-1"]
        assert outcome.again == ("message-2", "message-3")
        assert aside.texts == []

    def test_what_fails_by_itself_holds_up_its_own_form_only(self) -> None:
        forms, aside = Forms({"submission-1": StorageError("refused")}), Aside()
        outcome = QueuedIntake(forms, aside).take(deliveries("a", "b", "a", "b"))
        assert forms.taken == ["submission-2", "submission-4"]
        assert outcome.again == ("message-1", "message-3")
        assert aside.texts == []

    def test_what_is_missing_by_a_fault_of_ours_is_not_discarded(self) -> None:
        forms, aside = Forms({"submission-1": NotFoundError("lead")}), Aside()
        assert QueuedIntake(forms, aside).take(deliveries("a")).again == ("message-1",)
        outcome = QueuedIntake(forms, aside).take(deliveries("a", receives=RECEIVES_TRIED))
        assert (outcome.discarded, outcome.set_aside) == (0, 1)

    def test_what_failed_often_is_set_aside_and_those_behind_it_are_taken(self) -> None:
        forms, aside = Forms({"submission-1": TypeError("whatever")}), Aside()
        outcome = QueuedIntake(forms, aside).take(deliveries("a", "a", receives=RECEIVES_TRIED))
        assert forms.taken == ["submission-2"]
        assert (outcome.taken, outcome.set_aside, outcome.again) == (1, 1, ())
        assert aside.texts == ["message-1"]

    def test_what_cannot_be_read_is_set_aside_at_once(self) -> None:
        aside = Aside()
        unreadable = Delivery("message-9", "group", "{", 1)
        outcome = QueuedIntake(Forms({}), aside).take([*deliveries("a"), unreadable])
        assert aside.texts == ["message-9"]
        assert (outcome.taken, outcome.set_aside, outcome.again) == (1, 1, ())

    @pytest.mark.parametrize("reason", [NotFoundError("form"), ErasedError()])
    def test_what_nothing_can_ever_be_stored_for_is_discarded(
        self, reason: Exception, caplog: pytest.LogCaptureFixture
    ) -> None:
        forms, aside = Forms({"submission-1": reason}), Aside()
        with observed("form_intake", "test") as invocation:
            outcome = QueuedIntake(forms, aside).take(deliveries("a", "a"))
        assert forms.taken == ["submission-2"]
        assert aside.texts == []
        assert (outcome.taken, outcome.discarded, outcome.set_aside) == (1, 1, 0)
        assert outcome.again == ()
        assert invocation.counts[Metric.SUBMISSIONS_DISCARDED] == 1
        assert "submission-1" in caplog.text

    def test_what_is_of_a_person_who_was_erased_since_is_not_set_aside(self) -> None:
        forms, aside = Forms({"submission-1": TypeError("whatever")}), Aside()
        forms.erased.add("submission-1")
        given_ = deliveries("a", "b", receives=RECEIVES_TRIED)
        outcome = QueuedIntake(forms, aside).take(given_)
        assert (outcome.taken, outcome.discarded, outcome.set_aside) == (1, 1, 0)
        assert aside.texts == []

    def test_what_cannot_even_be_set_aside_comes_again(self) -> None:
        forms = Forms({"submission-1": TypeError("whatever")})
        aside = Aside(StorageUnavailableError("the queue"))
        given_ = deliveries("a", "b", receives=RECEIVES_TRIED)
        outcome = QueuedIntake(forms, aside).take(given_)
        assert outcome.again == ("message-1", "message-2")

    def test_without_time_the_rest_comes_again(self) -> None:
        forms = Forms({})
        left = iter([True, True, False])
        outcome = QueuedIntake(forms, Aside()).take(deliveries("a", "a", "b"), lambda: next(left))
        assert forms.taken == ["submission-1", "submission-2"]
        assert outcome.again == ("message-3",)
