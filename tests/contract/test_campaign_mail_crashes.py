"""A crash at each step between a dispatch and the mail service: nobody is written to twice."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import override

import pytest

from succotash.application.campaigns.dispatch import CampaignDispatch
from succotash.application.campaigns.rules import CampaignRules
from succotash.application.messages.deliveries import Deliveries
from succotash.application.messages.delivery_worker import DeliveryWorker, ReceivedJob
from succotash.application.messages.outbox_relay import ANSWER_TIME, OutboxRelay
from succotash.domain.campaigns.definition import CampaignDefinition
from succotash.domain.campaigns.members import MemberState
from succotash.domain.messages.delivery import DeliveryJob, DeliveryOutcome
from succotash.domain.messages.mails import Mail
from succotash.domain.repositories.delivery import DeliveryInbox, DeliveryQueue, Mailer
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import CampaignId, uuid7
from succotash.errors import StorageUnavailableError
from tests.builders import NOON
from tests.builders.campaigns import (
    CAMPAIGN_KEYS,
    EVERYBODY,
    GREETING,
    a_running_campaign,
    add_people,
    email_of,
)
from tests.relays import channels_of

CAMPAIGN = CampaignId("campaign")
PEOPLE = [f"p{number:02d}" for number in range(20)]
HALF = CampaignDefinition(audience=EVERYBODY, message=GREETING, holdout_share=0.5)


class Crash(BaseException):
    """The process ends here."""


class Company(DeliveryQueue, DeliveryInbox, Mailer):
    """A campaign's way to its members; the process ends once, at a step."""

    def __init__(self, storage: Storage, crash_at: str) -> None:
        self.now = NOON
        self.storage = storage
        self.jobs: dict[str, DeliveryJob] = {}
        self.receipts: dict[str, str] = {}
        self.outcomes: list[DeliveryOutcome] = []
        self.mails: list[str] = []
        self.has_crashed = False
        self._crash_at: str | None = crash_at
        self._given = 0
        repositories = storage.repositories
        repositories.retention.save_retention_campaign(a_running_campaign(definition=HALF))
        add_people(repositories, PEOPLE)

    def step(self, name: str) -> None:
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

    @override
    def claim(self, receipt: str) -> None:
        self.step("before a mail is claimed")
        if self.receipts.get(receipt) not in self.jobs:
            raise StorageUnavailableError("the receipt has ended")
        del self.jobs[self.receipts[receipt]]
        self.step("after a mail is claimed")

    @override
    def answer(self, outcome: DeliveryOutcome) -> None:
        self.step("before an outcome is answered")
        self.outcomes.append(outcome)
        self.step("after an outcome is answered")

    @override
    def send(self, mail: Mail, at: datetime) -> str | None:
        self.step("before a mail is sent")
        self.mails += mail.to
        self.step("after a mail is sent")
        return None

    def dispatch(self) -> None:
        rules = CampaignRules(tombstones=CAMPAIGN_KEYS)
        CampaignDispatch(self.storage, lambda: self.now, uuid7, rules).dispatch(CAMPAIGN)
        self.step("after a dispatch")

    def relay(self) -> None:
        """One invocation of the relay with what its queue gives, which it then deletes."""
        given = list(self.outcomes)
        channels = channels_of(self.storage, self, queue=self, tombstones=CAMPAIGN_KEYS)
        if given:
            self.step("before outcomes are noted")
        OutboxRelay(self.storage, lambda: self.now, channels).run(outcomes=given)
        if given:
            self.step("after outcomes are noted")
        self.outcomes = [each for each in self.outcomes if each not in given]

    def deliver(self) -> None:
        """One invocation of the function that delivers, whose jobs are then deleted."""
        self.receipts = {}
        for key in self.jobs:
            self._given += 1
            self.receipts[f"receipt-{self._given}"] = key
        received = [
            ReceivedJob(key, receipt, self.jobs[key].as_text())
            for receipt, key in self.receipts.items()
        ]
        report = DeliveryWorker(Deliveries(self), self).work(received)
        for each in received:
            if each.message_id not in report.again:
                self.jobs.pop(each.message_id, None)


STEPS = (
    "never",
    "after a dispatch",
    "before jobs are handed over",
    "between two jobs that are handed over",
    "after jobs are handed over",
    "before a mail is claimed",
    "after a mail is claimed",
    "before a mail is sent",
    "after a mail is sent",
    "before an outcome is answered",
    "after an outcome is answered",
    "before outcomes are noted",
    "after outcomes are noted",
)


def survive(process: Callable[[], None]) -> None:
    """Run it; whoever invoked it does so again later."""
    with suppress(Crash):
        process()


@pytest.mark.parametrize("step", STEPS)
def test_each_treated_member_gets_at_most_one_mail(storage: Storage, step: str) -> None:
    company = Company(storage, step)
    for _ in range(4):
        survive(company.dispatch)
        survive(company.dispatch)
        survive(company.relay)
        survive(company.deliver)
        survive(company.relay)
        company.now += ANSWER_TIME

    retention = storage.repositories.retention
    members = retention.get_campaign_members(CAMPAIGN, limit=100)
    states = retention.count_member_states(CAMPAIGN)
    treated = {each.canonical_email for each in members if each.state is not MemberState.HELD_OUT}
    assert company.has_crashed == (step != "never")
    assert {each.canonical_email for each in members} == {email_of(each) for each in PEOPLE}
    assert len(company.mails) == len(set(company.mails)), "nobody is sent the same mail twice"
    assert set(company.mails) <= treated, "nobody who is held out is written to"
    assert states[MemberState.HELD_OUT] == len(PEOPLE) - len(treated) > 0
    assert states[MemberState.SENT] + states[MemberState.UNCERTAIN] == len(treated)
    assert len(treated) - len(company.mails) <= states[MemberState.UNCERTAIN]
    assert retention.get_retention_campaign(CAMPAIGN).metrics.sent == states[MemberState.SENT]
    assert storage.repositories.outbox.count_backlog().waiting == 0
    if step == "never":
        assert len(company.mails) == states[MemberState.SENT] == len(treated)
    if step in {"after a mail is claimed", "before a mail is sent"}:
        assert (len(treated) - len(company.mails), states[MemberState.UNCERTAIN]) == (1, 1)
    if step == "before an outcome is answered":
        assert (len(treated) - len(company.mails), states[MemberState.UNCERTAIN]) == (0, 1)
