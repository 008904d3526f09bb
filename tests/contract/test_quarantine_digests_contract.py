"""What owners are told of submissions in quarantine: once a day, on every storage."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import override

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.application.intake.form_handler import FormHandler
from succotash.application.messages.outbox_relay import OutboxRelay, RelayReport
from succotash.application.messages.quarantine_digests import QuarantineDigests
from succotash.application.people.people_handler import PeopleHandler
from succotash.domain.forms.forms import Form
from succotash.domain.forms.submissions import SubmissionState
from succotash.domain.intake.queued_submissions import QueuedSubmission
from succotash.domain.messages.mails import Mail
from succotash.domain.messages.outbox import RedeliveryPolicy
from succotash.domain.messages.quarantine import LISTED, STORED_AFTER, QuarantineDigest
from succotash.domain.people.erasures import Tombstones
from succotash.domain.repositories.delivery import (
    Mailer,
    MailRefusedError,
    MailUncertainError,
)
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import FormId, SubmissionId, uuid7
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import NOON, a_submission, at, days, minutes
from tests.relays import channels_of

TOMBSTONES = Tombstones(lambda: ["a-key-of-tombstones-for-tests"])
OWNERS = ("owner@example.com", "sales@example.com")
ROBOT = {"_gotcha": "a robot"}
REASON = "filled in a field that people do not see"
MIDNIGHT = at("2024-05-07T00:00:00")
CONTACT = FormId("contact")


class Letters(Mailer):
    """A mailer that keeps what it sent and fails as it is told."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.failures: list[Exception] = []

    @override
    def send(self, mail: Mail, at: datetime) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(mail)


class Company:
    """A form with owners, and what is told to them."""

    def __init__(self, storage: Storage, time_zone: str = "UTC") -> None:
        self.storage = storage
        self.now = NOON
        self.letters = Letters()
        self.forms = FormHandler(storage, lambda: self.now, uuid7, tombstones=TOMBSTONES)
        self.digests = QuarantineDigests(storage, lambda: self.now, time_zone)
        self.people = PeopleHandler(storage, lambda: self.now, TOMBSTONES)
        self.define()

    def define(
        self, form_id: str = CONTACT, *, notify: Sequence[str] = OWNERS, digest: bool = True
    ) -> None:
        form = Form(FormId(form_id), "Contact", notify=tuple(notify), digest=digest)
        self.storage.repositories.forms.save_form(form, [])

    def suspect(self, form_id: str = CONTACT, **answers: str) -> str:
        fields = {"email": "ada@example.com", "message": uuid7(), **answers, **ROBOT}
        return self.forms.submit_form(fields, form_id)["submission_id"]

    def relay(self) -> RelayReport:
        channels = channels_of(self.storage, self.letters)
        redelivery = RedeliveryPolicy(99, minutes(1), minutes(1))
        return OutboxRelay(self.storage, lambda: self.now, channels, redelivery).run()

    def morning(self, moment: datetime = MIDNIGHT + STORED_AFTER) -> list[Mail]:
        """The mails of the first run on a day."""
        self.now, before = moment, len(self.letters.sent)
        self.digests.make()
        self.relay()
        return self.letters.sent[before:]


@pytest.fixture
def company(storage: Storage) -> Company:
    return Company(storage)


class TestDigest:
    def test_owners_get_one_mail_a_day_with_ids_and_reasons_and_no_answers(
        self, company: Company
    ) -> None:
        first = company.suspect(message="buy this")
        company.now += minutes(5)
        second = company.suspect()
        company.forms.submit_form({"email": "bob@example.com", "message": "hello"}, CONTACT)
        company.relay()
        assert len(company.letters.sent) == 1  # of the one that was accepted
        [mail] = company.morning()
        assert mail.to == OWNERS
        assert mail.subject == "2 in quarantine: Contact"
        assert mail.reply_to is None
        begins = "2 submissions were put into quarantine before 2024-05-07T00:00:00Z.\n"
        assert mail.text.startswith(begins)
        for text in (mail.text, mail.html):
            assert text.count(REASON) == 2
            assert text.index(second) < text.index(first)
            assert f"https://api.example.com/submissions/{first}" in text
            assert "https://api.example.com/forms/contact/submissions?state=quarantined" in text
            assert "ada@" not in text
            assert "buy this" not in text
        for later in (minutes(1), minutes(700), days(1), days(2)):
            assert company.morning(MIDNIGHT + STORED_AFTER + later) == []

    def test_each_day_tells_of_its_own(self, company: Company) -> None:
        company.suspect()
        company.morning()
        company.now = MIDNIGHT + minutes(1)
        told = company.suspect()
        [mail] = company.morning(MIDNIGHT + days(1) + STORED_AFTER)
        assert mail.text.startswith(
            "1 submission was put into quarantine between 2024-05-07T00:00:00Z and "
            "2024-05-08T00:00:00Z.\n"
        )
        assert told in mail.text

    def test_before_midnight_is_over_nothing_is_told(self, company: Company) -> None:
        company.suspect()
        assert company.morning(MIDNIGHT + STORED_AFTER - timedelta(microseconds=1)) == []
        assert len(company.morning(MIDNIGHT + STORED_AFTER)) == 1

    def test_days_are_those_of_the_company(self, storage: Storage) -> None:
        company = Company(storage, "America/New_York")
        company.suspect()
        assert company.morning(MIDNIGHT + STORED_AFTER) == []
        assert len(company.morning(at("2024-05-07T04:05:00"))) == 1

    def test_days_that_were_missed_are_told_of_together(self, company: Company) -> None:
        for day in range(3):
            company.now = NOON + days(day)
            company.suspect()
        [mail] = company.morning(MIDNIGHT + days(5))
        assert mail.subject.startswith("3 in")

    def test_every_form_has_its_own_and_those_that_want_none_have_none(
        self, company: Company
    ) -> None:
        company.define("silent", digest=False)
        company.define("nobody", notify=())
        company.define("another")
        for form_id in ("contact", "silent", "nobody", "another"):
            company.suspect(form_id)
        mails = company.morning()
        assert sorted("/forms/another/" in mail.text for mail in mails) == [False, True]
        assert not any("silent" in mail.text or "nobody" in mail.text for mail in mails)

    def test_who_turns_it_on_hears_what_they_missed(self, company: Company) -> None:
        company.define(digest=False)
        company.suspect()
        assert company.morning() == []
        company.define()
        assert len(company.morning(MIDNIGHT + minutes(10))) == 1

    def test_without_anything_there_is_no_mail(self, company: Company) -> None:
        company.forms.submit_form({"email": "bob@example.com", "message": "hello"}, CONTACT)
        company.relay()
        assert company.morning() == []
        assert company.storage.repositories.outbox.count_backlog().waiting == 0

    def test_what_was_released_or_erased_meanwhile_is_not_listed(self, company: Company) -> None:
        released, left = company.suspect(), company.suspect(email="left@example.com")
        erased = company.suspect(email="erased@example.com")
        company.now = MIDNIGHT + STORED_AFTER
        company.digests.make()
        company.forms.release_submission(released)
        company.people.erase_person("erased@example.com")
        company.relay()
        [mail] = [each for each in company.letters.sent if "quarantine" in each.subject]
        assert left in mail.text
        assert released not in mail.text
        assert erased not in mail.text
        assert "2 more are not listed, or no longer in quarantine." in mail.text

    def test_where_all_are_gone_meanwhile_there_is_no_mail(self, company: Company) -> None:
        company.suspect()
        company.now = MIDNIGHT + STORED_AFTER
        assert company.digests.make() == 1
        company.people.erase_person("ada@example.com")
        assert company.relay()["delivered"] == 1
        assert company.letters.sent == []

    def test_a_long_digest_names_the_latest_and_counts_the_rest(self, company: Company) -> None:
        forms = company.storage.repositories.forms
        for n in range(LISTED + 3):
            forms.save_form_submission(
                a_submission(
                    f"s{n:03}",
                    form_id=CONTACT,
                    submitted_at=NOON + minutes(n),
                    state=SubmissionState.QUARANTINED,
                    spam_reasons=("because\nhttps://evil.example",),
                )
            )
        [mail] = company.morning()
        assert mail.text.count("/submissions/s") == LISTED
        assert "s002" not in mail.text
        assert "s003" in mail.text
        assert "3 more are not listed" in mail.text
        assert mail.text.count("\n    because https://evil.example\n") == LISTED

    def test_what_waited_for_the_storage_is_told_of_when_it_was_stored(
        self, company: Company
    ) -> None:
        company.suspect()
        company.morning()
        sent = QueuedSubmission(
            SubmissionId("parked"), CONTACT, NOON, {"email": "eve@example.com", **ROBOT}
        )
        company.now = MIDNIGHT + minutes(600)
        company.forms.take_queued(sent)
        stored = company.storage.repositories.forms.get_form_submission(SubmissionId("parked"))
        assert (stored.submitted_at, stored.waited_until) == (NOON, company.now)
        [mail] = company.morning(MIDNIGHT + days(1) + STORED_AFTER)
        assert "/submissions/parked" in mail.text
        assert mail.subject.startswith("1 in")

    def test_a_refused_mail_is_sent_later_and_one_without_an_answer_never_again(
        self, company: Company
    ) -> None:
        company.suspect()
        company.letters.failures = [MailRefusedError("Throttled")]
        assert company.morning() == []
        assert len(company.morning(company.now + minutes(5))) == 1
        company.suspect()
        company.letters.failures = [MailUncertainError()]
        assert company.morning(MIDNIGHT + days(1) + STORED_AFTER) == []
        assert company.morning(company.now + minutes(5)) == []

    def test_many_at_once_send_one(self, shared_storage: Storage) -> None:
        company = Company(shared_storage)
        company.define("another")
        company.suspect()
        company.suspect("another")
        company.now = MIDNIGHT + STORED_AFTER
        barrier = Barrier(8)

        def run(_: int) -> int:
            barrier.wait()
            made = company.digests.make()
            company.relay()
            return made

        with ThreadPoolExecutor(8) as pool:
            made = sum(pool.map(run, range(8)))
        company.relay()
        assert (made, len(company.letters.sent)) == (2, 2)


class TestRepository:
    def test_digests_go_on_from_one_another(self, forms: FormRepository) -> None:
        forms.save_form(Form(CONTACT, "Contact", notify=OWNERS), [])
        for name, moment in (("a", NOON), ("b", NOON + minutes(1)), ("c", NOON + minutes(2))):
            forms.save_form_submission(
                a_submission(
                    name,
                    form_id=CONTACT,
                    submitted_at=moment,
                    state=SubmissionState.QUARANTINED,
                )
            )
        one, two, three = (NOON + minutes(n) for n in (1, 2, 3))
        first = QuarantineDigest(CONTACT, None, one, 1)
        second = QuarantineDigest(CONTACT, one, three, 2)
        assert forms.open_digests(one) == [first]
        assert forms.open_digests(one) == []
        assert forms.open_digests(NOON) == []
        assert forms.open_digests(three) == [second]
        assert [each.submission_id for each in forms.get_quarantined(first, limit=9)] == ["a"]
        found = forms.get_quarantined(second, limit=9)
        assert [each.submission_id for each in found] == ["c", "b"]
        assert [each.submission_id for each in forms.get_quarantined(second, limit=1)] == ["c"]
        assert forms.get_quarantined(replace(second, since=two, until=two), limit=9) == []

    def test_a_digest_is_begun_with_the_message_that_tells_of_it(self, storage: Storage) -> None:
        company = Company(storage)
        company.suspect()

        def fail() -> None:
            with storage.transaction() as repositories:
                assert len(repositories.forms.open_digests(MIDNIGHT)) == 1
                raise ValueError("midway")

        with pytest.raises(ValueError, match="midway"):
            fail()
        assert len(company.morning()) == 1


STEPS = st.lists(
    st.tuples(st.sampled_from(["suspect", "parked", "digest"]), st.integers(1, 2 * 86_400)),
    max_size=30,
)


@given(steps=STEPS)
def test_every_suspect_is_told_of_exactly_once(steps: list[tuple[str, int]]) -> None:
    company = Company(InMemoryStorage())
    suspects: set[str] = set()
    for kind, seconds in steps:
        company.now += timedelta(seconds=seconds)
        if kind == "digest":
            company.digests.make()
        elif kind == "suspect":
            suspects.add(company.suspect())
        else:
            sent_at = company.now - timedelta(seconds=seconds)
            sent = QueuedSubmission(
                SubmissionId(uuid7()), CONTACT, sent_at, {"email": "eve@example.com", **ROBOT}
            )
            suspects.add(company.forms.take_queued(sent)["submission_id"])
    company.now += days(2)
    company.digests.make()
    taken = company.storage.repositories.outbox.take(company.now, company.now, limit=1_000)
    digests = [
        QuarantineDigest.of_message(each.message)
        for each in taken
        if each.message.kind == "quarantine.digest"
    ]
    forms = company.storage.repositories.forms
    told = [
        each.submission_id for one in digests for each in forms.get_quarantined(one, limit=1_000)
    ]
    assert sorted(told) == sorted(suspects)
    assert sum(each.count for each in digests) == len(suspects)
    assert len({each.until for each in digests}) == len(digests)
