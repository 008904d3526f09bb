"""Jobs of a queue: what is done at most once, and what at least once."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import override
from uuid import UUID

import pytest

from succotash.application.messages.deliveries import NO_WAY, Deliveries
from succotash.application.messages.delivery_worker import DeliveryWorker, ReceivedJob
from succotash.domain.intake.spam import ChallengeState
from succotash.domain.messages.delivery import (
    DeliveryJob,
    DeliveryKind,
    DeliveryOutcome,
    DeliveryResult,
)
from succotash.domain.messages.jobs import (
    Challenge,
    challenge_job,
    event_job,
    event_of,
    mail_job,
    mail_of,
    webhook_job,
)
from succotash.domain.messages.mails import Mail
from succotash.domain.messages.outbox import Channel, OutboxMessage, TakenMessage
from succotash.domain.messages.webhooks import Webhook
from succotash.domain.repositories.delivery import (
    DeliveryInbox,
    EventBus,
    Mailer,
    MailRefusedError,
    MailUncertainError,
    WebhookFailedError,
    Webhooks,
)
from succotash.domain.values import MessageId, SubmissionId
from succotash.errors import MalformedRequestError, StorageUnavailableError
from tests.builders import NOON, a_message

MAIL = Mail(("ada@example.com",), "Hello", "text", "<p>html</p>", "grace@example.com")
TAKEN = TakenMessage(a_message(payload={"lead_id": "lead-1"}), 2)
A_MAIL, AN_EVENT = mail_job(TAKEN, Channel.PERSON, MAIL, NOON), event_job(TAKEN)
A_WEBHOOK = webhook_job(TAKEN, Channel.MEMBER, "https://hooks.example.com/", "{}")
A_CHALLENGE = challenge_job(SubmissionId("s"), Challenge("arn:secret", "answer", "192.0.2.1"))


class World(DeliveryInbox, Mailer, EventBus, Webhooks):
    """Queues, a mail service, a bus and a service of challenges, and the order of what happened."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.outcomes: list[DeliveryOutcome] = []
        self.mail_failure: Exception | None = None
        self.webhook_failure: Exception | None = None
        self.claims_fail = self.answers_fail = False
        self.requests: list[UUID] = []

    @override
    def claim(self, receipt: str) -> None:
        if self.claims_fail:
            raise StorageUnavailableError("the queue answered InvalidParameterValue")
        self.done.append(f"claim {receipt}")

    @override
    def answer(self, outcome: DeliveryOutcome) -> None:
        if self.answers_fail:
            raise StorageUnavailableError("the queue")
        self.done.append(f"answer {outcome.kind}")
        self.outcomes.append(outcome)

    @override
    def send(self, mail: Mail, at: datetime) -> str:
        if self.mail_failure is not None:
            raise self.mail_failure
        self.done.append("mail")
        return "ses-1"

    @override
    def call(self, webhook: Webhook) -> None:
        self.done.append("webhook")
        if self.webhook_failure is not None:
            raise self.webhook_failure

    @override
    def publish(self, messages: Sequence[OutboxMessage]) -> Mapping[MessageId, str]:
        self.done += [f"publish {len(messages)}"] if messages else []
        return {each.message_id: "Throttled" for each in messages if each.subject_id == "bad"}

    def verify(
        self,
        secret_arn: str,  # noqa: ARG002 - of the port
        response: str,  # noqa: ARG002
        ip_address: str | None,  # noqa: ARG002
        request_id: UUID,
    ) -> ChallengeState:
        self.requests.append(request_id)
        return ChallengeState.PASSED

    def worker(self) -> DeliveryWorker:
        return DeliveryWorker(Deliveries(self, self, self, self), self)


@pytest.fixture
def world() -> World:
    return World()


def received(*jobs: DeliveryJob) -> list[ReceivedJob]:
    return [ReceivedJob(f"m{n}", f"r{n}", job.as_text()) for n, job in enumerate(jobs)]


class TestWebhooks:
    def test_it_is_called_before_its_job_is_taken_from_the_queue(self) -> None:
        world = World()
        report = world.worker().work(received(A_WEBHOOK))
        assert world.done == ["webhook", "answer webhook"]
        assert (report.again, world.outcomes[0].result) == ((), DeliveryResult.DELIVERED)

    def test_one_whose_outcome_is_not_kept_is_given_again_and_called_again(self) -> None:
        world = World()
        world.answers_fail = True
        assert world.worker().work(received(A_WEBHOOK)).again == ("m0",)
        world.answers_fail = False
        assert world.worker().work(received(A_WEBHOOK)).again == ()
        assert world.done == ["webhook", "webhook", "answer webhook"]

    def test_what_its_receiver_wants_is_told(self) -> None:
        world = World()
        world.webhook_failure = WebhookFailedError("answered 410", retry_at=NOON, is_gone=True)
        world.worker().work(received(A_WEBHOOK))
        [told] = world.outcomes
        assert (told.result, told.reason) == (DeliveryResult.REFUSED, "answered 410")
        assert (told.retry_at, told.is_gone) == (NOON, True)
        assert DeliveryOutcome.of_text(told.as_text()) == told

    def test_an_outcome_of_the_release_before_says_nothing_of_it(self) -> None:
        old = json.loads(DeliveryOutcome.of(A_WEBHOOK, DeliveryResult.REFUSED, "x").as_text())
        del old["retry_at"], old["is_gone"]
        read = DeliveryOutcome.of_text(json.dumps(old))
        assert (read.reason, read.retry_at, read.is_gone) == ("x", None, False)


class TestAtMostOnce:
    def test_a_mail_is_claimed_before_it_is_sent(self, world: World) -> None:
        report = world.worker().work(received(A_MAIL))
        assert world.done == ["claim r0", "mail", "answer mail"]
        assert report.again == ()
        [outcome] = world.outcomes
        assert (outcome.result, outcome.reference) == (DeliveryResult.DELIVERED, "ses-1")

    def test_a_mail_that_cannot_be_claimed_is_not_sent(self, world: World) -> None:
        world.claims_fail = True
        report = world.worker().work(received(A_MAIL))
        assert (world.done, report.again, report.outcomes) == ([], ("m0",), ())

    def test_a_mail_whose_outcome_is_lost_is_not_given_again(self, world: World) -> None:
        world.answers_fail = True
        report = world.worker().work(received(A_MAIL))
        assert (world.done, report.again) == (["claim r0", "mail"], ())

    @pytest.mark.parametrize(
        ("failure", "result"),
        [
            (MailRefusedError("SES answered Throttling"), DeliveryResult.REFUSED),
            (MailUncertainError(), DeliveryResult.UNCERTAIN),
            (ZeroDivisionError(), DeliveryResult.UNCERTAIN),
        ],
    )
    def test_what_became_of_a_mail_is_told(
        self, world: World, failure: Exception, result: DeliveryResult
    ) -> None:
        world.mail_failure = failure
        assert world.worker().work(received(A_MAIL)).again == ()
        assert [each.result for each in world.outcomes] == [result]


class TestAtLeastOnce:
    def test_events_go_to_the_bus_together(self, world: World) -> None:
        bad = event_job(TakenMessage(a_message("bad", subject_id="bad"), 1))
        world.worker().work(received(AN_EVENT, bad))
        assert world.done == ["publish 2", "answer bus", "answer bus"]
        assert [each.reason for each in world.outcomes] == [None, "Throttled"]

    def test_what_can_be_repeated_is_given_again_until_its_outcome_is_kept(
        self, world: World
    ) -> None:
        world.answers_fail = True
        report = world.worker().work(received(AN_EVENT, A_CHALLENGE))
        assert sorted(report.again) == ["m0", "m1"]
        world.answers_fail = False
        assert world.worker().work(received(A_CHALLENGE)).again == ()
        assert len(world.requests) == 2
        assert len(set(world.requests)) == 1, "the service must know it for a repetition"
        assert world.outcomes[0].reference == "passed"


def test_without_time_nothing_is_begun(world: World) -> None:
    report = world.worker().work(received(A_MAIL, A_CHALLENGE, AN_EVENT), lambda: False)
    assert (world.done, len(report.again)) == ([], 3)


def test_a_message_that_is_no_job_is_given_again_and_stops_no_other(world: World) -> None:
    strange = ReceivedJob("strange", "r", '{"version": 2}')
    report = world.worker().work([strange, *received(A_MAIL)])
    assert report.again == ("strange",)
    assert "mail" in world.done


@pytest.mark.parametrize("kind", [*DeliveryKind, "carrier pigeon"])
def test_a_job_that_cannot_be_done_is_refused(world: World, kind: str) -> None:
    job = DeliveryJob("job", MessageId("m"), "channel", kind, {"nothing": "of use"})
    [outcome] = world.worker().work(received(job)).outcomes
    assert outcome.result is DeliveryResult.REFUSED
    assert outcome.reason


def test_a_deployment_without_a_way_says_so() -> None:
    outcomes = Deliveries().hand_over([A_MAIL, AN_EVENT, A_CHALLENGE])
    assert [(each.result, each.reason) for each in outcomes] == [
        (DeliveryResult.REFUSED, NO_WAY)
    ] * 3


def test_a_job_arrives_as_it_was_sent() -> None:
    mail, event = DeliveryJob.of_text(A_MAIL.as_text()), DeliveryJob.of_text(AN_EVENT.as_text())
    assert mail_of(mail) == (MAIL, NOON)
    assert event_of(event) == TAKEN.message
    long = mail_job(TAKEN, Channel.OWNERS, Mail(("a@example.com",), "s", "x" * 300_000, ""), NOON)
    assert DeliveryJob.of_text(long.as_text()) == long
    assert len(long.as_text()) < 10_000


@pytest.mark.parametrize("text", ["", "[]", "{}", "zlib:eJw=", '{"version": 1}', "\ud800"])
def test_what_is_no_job_and_no_outcome_is_neither(text: str) -> None:
    for kind in (DeliveryJob, DeliveryOutcome):
        with pytest.raises(MalformedRequestError):
            kind.of_text(text)
