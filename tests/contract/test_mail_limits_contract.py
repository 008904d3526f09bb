"""How many mails somebody gets that others cause: on every storage, and however they are sent."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import override

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.application.intake.form_handler import FormHandler
from succotash.application.messages.outbox_relay import OutboxRelay
from succotash.application.people.people_handler import PeopleHandler
from succotash.domain.forms.forms import Form
from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.messages.mails import Mail, mailbox_of
from succotash.domain.messages.outbox import MAIL_WINDOW, MailNote, RedeliveryPolicy, with_mail
from succotash.domain.people.email_addresses import canonical_email
from succotash.domain.people.erasures import Tombstones
from succotash.domain.repositories.delivery import Mailer, MailRefusedError
from succotash.domain.repositories.outbox import OutboxRepository
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import FormId, MessageId, uuid7
from succotash.errors import StorageUnavailableError
from succotash.observation import Metric, observed
from tests.builders import NOON, a_message, minutes
from tests.relays import channels_of

TOMBSTONES = Tombstones(lambda: ["a-key-of-tombstones-for-tests"])
VICTIM = "victim@example.com"
OWNER = "owner@example.com"


class Letters(Mailer):
    """A mailer that keeps who got what, and refuses as often as it is told."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.refusals = 0

    @override
    def send(self, mail: Mail, at: datetime) -> None:
        if self.refusals:
            self.refusals -= 1
            raise MailRefusedError("Throttled")
        self.sent.append(mail)

    def to(self, address: str) -> int:
        return sum(address in mail.to for mail in self.sent)


class Company:
    """Two forms that write to who filled them in, one of which asks them to confirm."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.now = NOON
        self.letters = Letters()
        self.forms = FormHandler(storage, lambda: self.now, uuid7, tombstones=TOMBSTONES)
        self.people = PeopleHandler(storage, lambda: self.now, TOMBSTONES)
        self.define("contact", confirms=True, notify=(OWNER,))
        self.define("newsletter", double_opt_in=True)

    def define(self, form_id: str, **settings: object) -> None:
        form = Form(FormId(form_id), form_id, **settings)  # type: ignore[arg-type]
        self.storage.repositories.forms.save_form(form, [])

    def submit(self, form_id: str = "contact", email: str = VICTIM, **answers: str) -> str:
        fields = {"email": email, "message": uuid7(), **answers}
        return self.forms.submit_form(fields, form_id)["submission_id"]

    def relay(self, limit: int = 5) -> OutboxRelay:
        channels = channels_of(self.storage, self.letters, tombstones=TOMBSTONES, limit=limit)
        return OutboxRelay(
            self.storage, lambda: self.now, channels, RedeliveryPolicy(99, minutes(1), minutes(1))
        )


@pytest.fixture
def company(storage: Storage) -> Company:
    return Company(storage)


@pytest.fixture
def outbox(repositories: Repositories) -> OutboxRepository:
    repositories.outbox.append([a_message(f"m{n}") for n in range(30)])
    return repositories.outbox


def note(
    outbox: OutboxRepository,
    number: int,
    at: datetime = NOON,
    recipient: str = "someone",
    limit: int = 2,
) -> MailNote:
    return outbox.note_mail(MessageId(f"m{number}"), "person", recipient, at, limit=limit)


class TestRelay:
    @pytest.mark.parametrize("form_id", ["contact", "newsletter"])
    def test_of_200_submissions_within_an_hour_five_are_answered(
        self, company: Company, form_id: str
    ) -> None:
        receipts = []
        for second in range(200):
            company.now = NOON + timedelta(seconds=18 * second)
            receipts.append(company.submit(form_id))
            if second % 40 == 0:
                company.relay().run()
        with observed("outbox_relay", "test") as invocation:
            report = company.relay().run()
        assert company.letters.to(VICTIM) == 5
        assert report["mails_limited"] == invocation.counts[Metric.MAILS_LIMITED] > 0
        assert report["waiting"] == report["set_aside_in_all"] == 0
        forms = company.storage.repositories.forms
        states = {forms.get_form_submission(each).state for each in receipts}  # type: ignore[arg-type]
        accepted = SubmissionState.ACCEPTED
        expected = accepted if form_id == "contact" else SubmissionState.UNCONFIRMED
        assert states <= {expected, SubmissionState.QUARANTINED}

    def test_the_limit_is_one_over_all_forms_and_owners_hear_of_every_submission(
        self, company: Company
    ) -> None:
        for _ in range(6):
            company.submit("contact")
            company.submit("newsletter")
        company.submit("contact", "somebody@example.com")
        company.relay().run()
        assert company.letters.to(VICTIM) == 5
        assert company.letters.to("somebody@example.com") == 1
        assert company.letters.to(OWNER) == 7

    def test_many_addresses_of_one_mailbox_count_as_one(self, company: Company) -> None:
        for n in range(10):
            company.submit("contact", f"Vic.Tim+{n}@gmail.com")
            company.submit("contact", f"victim+{n}@example.com")
        company.relay().run()
        assert len(company.letters.sent) - company.letters.to(OWNER) == 10

    def test_a_day_after_the_first_one_more_is_sent_and_what_was_not_sent_stays_so(
        self, company: Company
    ) -> None:
        for n in range(7):
            company.now = NOON + minutes(n)
            company.submit("newsletter")
            company.relay().run()
        company.now = NOON + MAIL_WINDOW - timedelta(microseconds=1)
        company.submit("newsletter")
        assert company.relay().run()["mails_limited"] == 1
        assert company.letters.to(VICTIM) == 5
        company.now = NOON + MAIL_WINDOW
        company.submit("newsletter")
        company.relay().run()
        company.submit("newsletter")
        company.relay().run()
        assert company.letters.to(VICTIM) == 6

    def test_a_mail_that_is_refused_does_not_count(self, company: Company) -> None:
        company.submit("newsletter")
        for n in range(7):
            company.letters.refusals = 1
            company.now = NOON + minutes(10 * n)
            company.relay(limit=1).run()
        company.now += minutes(10)
        company.relay(limit=1).run()
        assert company.letters.to(VICTIM) == 1

    def test_twenty_relays_at_once_send_no_more_than_five(self, shared_storage: Storage) -> None:
        company = Company(shared_storage)
        for _ in range(20):
            company.submit("newsletter")
        barrier = Barrier(20)

        def relay(_: int) -> int:
            barrier.wait()
            return company.relay().run()["mails_limited"]

        with ThreadPoolExecutor(20) as pool:
            limited = sum(pool.map(relay, range(20)))
        assert (company.letters.to(VICTIM), limited) == (5, 15)

    def test_what_was_counted_is_gone_after_a_day(self, company: Company) -> None:
        company.submit()
        company.relay().run()
        recipients = TOMBSTONES.of_mailbox(VICTIM)
        assert company.storage.repositories.outbox.get_mails(recipients) == [NOON]
        company.now = NOON + MAIL_WINDOW
        company.relay().run()
        assert company.storage.repositories.outbox.get_mails(recipients) == []

    def test_without_a_key_the_mail_waits(self, company: Company) -> None:
        def no_keys() -> Sequence[str]:
            raise StorageUnavailableError("no key")

        company.submit("newsletter")
        tombstones = Tombstones(no_keys)
        channels = channels_of(company.storage, company.letters, tombstones=tombstones)
        report = OutboxRelay(company.storage, lambda: company.now, channels).run()
        assert (report["failed"], company.letters.sent) == (1, [])


class TestPeople:
    def test_an_export_shows_what_is_counted_and_an_erasure_deletes_it(
        self, company: Company
    ) -> None:
        company.submit()
        company.relay().run()
        assert company.people.export_person(VICTIM)["mails_sent_at"] == [NOON]
        erased = company.people.erase_person(VICTIM)["erased_rows"]
        assert erased["mail_recipients"] == 1
        assert company.people.export_person(VICTIM)["mails_sent_at"] == []
        assert company.people.erase_person(VICTIM)["erased_rows"]["mail_recipients"] == 0

    def test_nobody_counts_for_a_person_while_they_are_erased(
        self, shared_storage: Storage
    ) -> None:
        company = Company(shared_storage)
        outbox = shared_storage.repositories.outbox
        recipient = TOMBSTONES.of_mailbox(VICTIM)[0]
        for _ in range(10):
            message_id = MessageId(f"{company.submit('newsletter')}:submission.unconfirmed")
            barrier = Barrier(2)

            def count(message_id: MessageId = message_id, barrier: Barrier = barrier) -> None:
                barrier.wait()
                outbox.note_mail(message_id, "person", recipient, company.now, limit=5)

            def erase(barrier: Barrier = barrier) -> None:
                barrier.wait()
                company.people.erase_person(VICTIM)

            with ThreadPoolExecutor(2) as pool:
                for each in (pool.submit(count), pool.submit(erase)):
                    each.result()
            assert outbox.get_mails([recipient]) == []
            company.now += minutes(1)


class TestCounting:
    def test_notes_are_counted_up_to_the_limit(self, outbox: OutboxRepository) -> None:
        notes = [note(outbox, n) for n in range(4)]
        assert notes == [MailNote.NOTED, MailNote.NOTED, MailNote.LIMITED, MailNote.LIMITED]
        assert [note(outbox, n) for n in range(4)] == [MailNote.KNOWN] * 4
        assert note(outbox, 5, recipient="another") is MailNote.NOTED
        assert outbox.note_delivery([MessageId("m2")], "person") == set()

    def test_nothing_is_counted_for_a_message_that_is_gone(self, outbox: OutboxRepository) -> None:
        assert note(outbox, 99) is MailNote.KNOWN
        assert outbox.get_mails(["someone"]) == []

    def test_the_window_ends_with_each_mail(self, outbox: OutboxRepository) -> None:
        hour = timedelta(hours=1)
        assert note(outbox, 0) is MailNote.NOTED
        assert note(outbox, 1, NOON + hour) is MailNote.NOTED
        assert note(outbox, 2, NOON + MAIL_WINDOW - hour) is MailNote.LIMITED
        assert note(outbox, 3, NOON + MAIL_WINDOW) is MailNote.NOTED
        assert note(outbox, 4, NOON + MAIL_WINDOW) is MailNote.LIMITED
        assert outbox.get_mails(["someone"]) == [NOON + hour, NOON + MAIL_WINDOW]

    def test_what_is_taken_back_counts_no_longer_and_the_message_can_be_noted_again(
        self, outbox: OutboxRepository
    ) -> None:
        assert [note(outbox, n) for n in range(2)] == [MailNote.NOTED] * 2
        outbox.withdraw_mail(MessageId("m1"), "person", "someone", NOON)
        assert outbox.get_mails(["someone"]) == [NOON]
        outbox.withdraw_mail(MessageId("m1"), "person", "someone", NOON + minutes(1))
        assert outbox.get_mails(["someone"]) == [NOON]
        assert note(outbox, 1) is MailNote.NOTED
        outbox.withdraw_mail(MessageId("m0"), "person", "someone", NOON)
        outbox.withdraw_mail(MessageId("m1"), "person", "someone", NOON)
        assert outbox.get_mails(["someone"]) == []
        assert note(outbox, 1) is MailNote.NOTED

    def test_recipients_without_a_mail_in_the_window_are_forgotten(
        self, outbox: OutboxRepository
    ) -> None:
        note(outbox, 0, recipient="early")
        note(outbox, 1, NOON + minutes(1), recipient="late")
        assert outbox.forget_mails(NOON + MAIL_WINDOW) == 1
        assert outbox.forget_mails(NOON + MAIL_WINDOW) == 0
        assert outbox.get_mails(["early", "late"]) == [NOON + minutes(1)]

    def test_recipients_can_be_forgotten_by_name(self, outbox: OutboxRepository) -> None:
        note(outbox, 0, recipient="one")
        note(outbox, 1, recipient="two")
        assert outbox.forget_recipients(["one", "none"]) == 1
        assert outbox.get_mails(["one", "two"]) == [NOON]

    def test_of_many_at_once_no_more_than_the_limit_are_counted(
        self, shared_storage: Storage
    ) -> None:
        outbox = shared_storage.repositories.outbox
        outbox.append([a_message(f"m{n}") for n in range(20)])
        barrier = Barrier(20)

        def at_once(number: int) -> MailNote:
            barrier.wait()
            return note(outbox, number, NOON + timedelta(seconds=number), limit=5)

        with ThreadPoolExecutor(20) as pool:
            notes = list(pool.map(at_once, range(20)))
        assert (notes.count(MailNote.NOTED), notes.count(MailNote.LIMITED)) == (5, 15)
        assert len(outbox.get_mails(["someone"])) == 5


SECONDS = st.lists(st.integers(0, 3 * 86_400), min_size=1, max_size=60).map(sorted)


@given(seconds=SECONDS, limit=st.integers(1, 6))
def test_no_window_ever_holds_more_than_the_limit(seconds: list[int], limit: int) -> None:
    kept: list[datetime] = []
    sent: list[datetime] = []
    for second in seconds:
        at = NOON + timedelta(seconds=second)
        counted = with_mail(kept, at, limit)
        if counted is not None:
            kept = counted
            sent.append(at)
    assert len(kept) <= limit
    for at in sent:
        assert sum(at - MAIL_WINDOW < each <= at for each in sent) <= limit
    unlimited = [NOON + timedelta(seconds=each) for each in seconds]
    if all(sum(at - MAIL_WINDOW < each <= at for each in unlimited) <= limit for at in unlimited):
        assert sent == unlimited


MAILBOXES: Mapping[str, str] = {
    "victim@example.com": "victim@example.com",
    "Victim+news@Example.com": "victim@example.com",
    "v.ictim@example.com": "v.ictim@example.com",
    "v.ic.tim+1@googlemail.com": "victim@gmail.com",
    "victim@gmail.com": "victim@gmail.com",
    "+tag@example.com": "+tag@example.com",
}


@pytest.mark.parametrize("typed", MAILBOXES)
def test_a_mailbox_is_what_its_addresses_lead_to(typed: str) -> None:
    assert mailbox_of(canonical_email(typed)) == MAILBOXES[typed]
