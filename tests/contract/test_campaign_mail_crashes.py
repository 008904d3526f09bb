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
from succotash.domain.people.erasures import Tombstones
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
        self._given = self._calls = 0
        repositories = storage.repositories
        repositories.retention.save_retention_campaign(a_running_campaign(definition=HALF))
        add_people(repositories, PEOPLE)

    def step(self, name: str) -> None:
        if name == self._crash_at:
            self._crash_at, self.has_crashed = None, True
            raise Crash

    @override
    def hand_over(self, jobs: Sequence[DeliveryJob]) -> list[DeliveryOutcome]:
        self._calls += 1
        call = "the first jobs" if self._calls == 1 else "more jobs"
        self.step(f"before {call} are handed over")
        for number, job in enumerate(jobs):
            self.jobs.setdefault(job.deduplication_id, job)
            if number == 0:
                self.step("between the first job and the second")
        self.step(f"after {call} are handed over")
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
        channels = channels_of(
            self.storage, self, queue=self, tombstones=Tombstones(self._keys_of_writing)
        )
        if given:
            self.step("before outcomes are noted")
        OutboxRelay(self.storage, lambda: self.now, channels).run(outcomes=given)
        if given:
            self.step("after outcomes are noted")
        self.outcomes = [each for each in self.outcomes if each not in given]

    def _keys_of_writing(self) -> Sequence[str]:
        """Keys that the relay needs between taking messages and handing them over."""
        self.step("while messages are written")
        return CAMPAIGN_KEYS.keys()

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


TREATED = 13
"""Of the people; the others are held out."""
STEPS = {
    "never": (13, 0),
    "after a dispatch": (13, 0),
    "while messages are written": (13, 0),
    "before the first jobs are handed over": (3, 10),
    "between the first job and the second": (4, 9),
    "after the first jobs are handed over": (13, 0),
    "before more jobs are handed over": (10, 3),
    "after more jobs are handed over": (13, 0),
    "before a mail is claimed": (13, 0),
    "after a mail is claimed": (12, 1),
    "before a mail is sent": (12, 1),
    "after a mail is sent": (13, 1),
    "before an outcome is answered": (13, 1),
    "after an outcome is answered": (13, 0),
    "before outcomes are noted": (13, 0),
    "after outcomes are noted": (13, 0),
}
"""Mails that are sent, and those that end as uncertain."""


def survive(process: Callable[[], None]) -> None:
    """Run it; whoever invoked it does so again later."""
    with suppress(Crash):
        process()


@pytest.mark.parametrize(("step", "mails", "uncertain"), [(at, *STEPS[at]) for at in STEPS])
def test_each_treated_member_gets_at_most_one_mail(
    storage: Storage, step: str, mails: int, uncertain: int
) -> None:
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
    assert len(treated) == TREATED
    assert len(company.mails) == len(set(company.mails)), "nobody is sent the same mail twice"
    assert set(company.mails) <= treated, "nobody who is held out is written to"
    assert (len(company.mails), states[MemberState.UNCERTAIN]) == (mails, uncertain)
    assert states[MemberState.SENT] == TREATED - uncertain
    assert states[MemberState.HELD_OUT] == len(PEOPLE) - TREATED
    assert retention.get_retention_campaign(CAMPAIGN).metrics.sent == states[MemberState.SENT]
    assert storage.repositories.outbox.count_backlog().waiting == 0
