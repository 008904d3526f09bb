"""A crash at each step between the outbox and the mail service: no mail twice, each event told."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import override

import pytest

from succotash.application.intake.form_handler import FormHandler
from succotash.application.messages.deliveries import Deliveries
from succotash.application.messages.delivery_worker import DeliveryWorker, ReceivedJob
from succotash.application.messages.outbox_relay import ANSWER_TIME, OutboxRelay
from succotash.domain.forms.forms import DEFAULT_FORM, Form
from succotash.domain.messages.delivery import DeliveryJob, DeliveryKind, DeliveryOutcome
from succotash.domain.messages.mails import Mail
from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.repositories.delivery import DeliveryInbox, DeliveryQueue, EventBus, Mailer
from succotash.domain.values import MessageId, uuid7
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import NOON
from tests.relays import channels_of


class Crash(BaseException):
    """The process ends here."""


class World(DeliveryQueue, DeliveryInbox, EventBus, Mailer):
    """Queues that give again what nobody deleted, and the processes between them."""

    def __init__(self, crash_at: str) -> None:
        self.now = NOON
        self.storage = InMemoryStorage()
        self.jobs: dict[str, DeliveryJob] = {}
        self.receipts: dict[str, str] = {}
        self.outcomes: list[DeliveryOutcome] = []
        self.mails: list[str] = []
        self.events: list[str] = []
        self.uncertain = 0
        self._given = 0
        self._crash_at: str | None = crash_at
        self.has_crashed = False

    def step(self, name: str) -> None:
        """End the process where the test wants it, once."""
        if name == self._crash_at:
            self._crash_at, self.has_crashed = None, True
            raise Crash

    @override
    def hand_over(self, jobs: Sequence[DeliveryJob]) -> list[DeliveryOutcome]:
        self.step("before jobs are handed over")
        for number, job in enumerate(jobs):
            self.jobs.setdefault(job.deduplication_id, job)
            if number == 0:
                self.step("between two jobs that are handed over")
        self.step("after jobs are handed over")
        return []

    def receive(self) -> list[ReceivedJob]:
        """All jobs, by new receipts; earlier ones end."""
        self.receipts = {}
        for key in self.jobs:
            self._given += 1
            self.receipts[f"receipt-{self._given}"] = key
        return [
            ReceivedJob(key, receipt, self.jobs[key].as_text())
            for receipt, key in self.receipts.items()
        ]

    @override
    def claim(self, receipt: str) -> None:
        self.step("before a mail is claimed")
        if self.receipts.get(receipt) not in self.jobs:
            raise StorageUnavailableError("the receipt has ended")
        del self.jobs[self.receipts[receipt]]
        self.step("after a mail is claimed")

    @override
    def answer(self, outcome: DeliveryOutcome) -> None:
        self.step(f"before an outcome of {outcome.kind} is answered")
        self.outcomes.append(outcome)
        self.step(f"after an outcome of {outcome.kind} is answered")

    @override
    def send(self, mail: Mail, at: datetime) -> str | None:
        self.step("before a mail is sent")
        self.mails.append(mail.text)
        self.step("after a mail is sent")
        return None

    @override
    def publish(self, messages: Sequence[OutboxMessage]) -> Mapping[MessageId, str]:
        self.step("before events are published")
        self.events += [each.message_id for each in messages]
        self.step("after events are published")
        return {}

    def submit(self, count: int) -> None:
        forms = FormHandler(self.storage, lambda: self.now, uuid7)
        form = Form(DEFAULT_FORM, "Default", notify=("owner@example.com",))
        self.storage.repositories.forms.save_form(form, [])
        for number in range(count):
            forms.submit_form({"email": f"p{number}@example.com", "message": f"{number}"})

    def relay(self) -> None:
        """One invocation of the relay with what its queue gives, which it then deletes."""
        given = list(self.outcomes)
        channels = channels_of(self.storage, self, self, queue=self)
        if given:
            self.step("before outcomes are noted")
        report = OutboxRelay(self.storage, lambda: self.now, channels).run(outcomes=given)
        self.uncertain += report["mails_uncertain"]
        if given:
            self.step("after outcomes are noted")
        self.outcomes = [each for each in self.outcomes if each not in given]

    def deliver(self) -> None:
        """One invocation of the function that delivers, whose jobs are then deleted."""
        received = self.receive()
        report = DeliveryWorker(Deliveries(self, self), self).work(received)
        for each in received:
            if each.message_id not in report.again:
                self.jobs.pop(each.message_id, None)


STEPS = (
    "before jobs are handed over",
    "between two jobs that are handed over",
    "after jobs are handed over",
    "before a mail is claimed",
    "after a mail is claimed",
    "before a mail is sent",
    "after a mail is sent",
    "before events are published",
    "after events are published",
    *(
        f"{when} an outcome of {kind} is answered"
        for when in ("before", "after")
        for kind in (DeliveryKind.MAIL, DeliveryKind.BUS)
    ),
    "before outcomes are noted",
    "after outcomes are noted",
)


def survive(process: Callable[[], None]) -> None:
    """Run it; whoever invoked it does so again later."""
    with suppress(Crash):
        process()


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_sends_no_mail_twice_and_loses_no_event(step: str) -> None:
    world = World(step)
    world.submit(4)

    for _ in range(6):
        survive(world.relay)
        survive(world.deliver)
        survive(world.relay)
        world.now += ANSWER_TIME

    backlog = world.storage.repositories.outbox.count_backlog()
    assert world.has_crashed
    assert (backlog.waiting, backlog.dead_lettered) == (0, 0)
    assert len(set(world.events)) == 8, "each of two kinds was told of four submissions"
    assert len(world.mails) == len(set(world.mails)), "nobody is sent the same mail twice"
    assert len(world.mails) >= 4 - backlog.uncertain, "what is missing is shown as uncertain"
    assert backlog.uncertain <= 4
    if step in {"after a mail is claimed", "before a mail is sent"}:
        assert (len(world.mails), backlog.uncertain) == (3, 1)
    if step in {"before a mail is claimed", "between two jobs that are handed over"}:
        assert len(world.mails) == 4 - backlog.uncertain


def test_without_a_crash_each_is_sent_once() -> None:
    world = World("never")
    world.submit(4)
    world.relay()
    world.deliver()
    world.relay()
    assert (len(world.mails), len(world.events)) == (4, 8)
    backlog = world.storage.repositories.outbox.count_backlog()
    assert (backlog.waiting, backlog.uncertain, world.uncertain) == (0, 0, 0)
