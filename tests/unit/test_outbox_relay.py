"""The relay, on storage in memory with a bus and a mailer that fail as told."""

import dataclasses
import email
import email.policy
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, override

import pytest

from succotash.application.intake.confirmations import CONFIRMATION_PURPOSE
from succotash.application.intake.form_handler import FormHandler
from succotash.application.messages.outbox_relay import ANSWER_TIME, KEPT, OutboxRelay
from succotash.domain.forms.forms import DEFAULT_FORM, Form, FormField
from succotash.domain.intake.signing import Signer
from succotash.domain.messages.mails import Links, Mail, owners_mail
from succotash.domain.messages.outbox import OutboxMessage, RedeliveryPolicy
from succotash.domain.repositories.delivery import (
    EventBus,
    Mailer,
    MailRefusedError,
    MailUncertainError,
)
from succotash.domain.values import FormId, Json, MessageId, uuid7
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.files.mail import MailFolder
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from succotash.infrastructure.mime import mime
from tests.builders import NOON, a_message, a_submission, days, minutes
from tests.relays import channels_of

LINKS = Links("https://api.example.com", "https://crm.example.com/people/{lead_id}?tab=1")
SIGNER = Signer(CONFIRMATION_PURPOSE, ["a key that nobody guesses"])
ADA: Mapping[str, Json] = {"email": "ada@example.com", "message": "hello"}


class Bus(EventBus):
    def __init__(self) -> None:
        self.published: list[str] = []
        self.refuses: set[str] = set()
        self.is_away = False

    @override
    def publish(self, messages: Sequence[OutboxMessage]) -> Mapping[MessageId, str]:
        refused = {
            each.message_id: "Throttled"
            for each in messages
            if self.is_away or each.kind in self.refuses or each.message_id in self.refuses
        }
        self.published += [each.message_id for each in messages if each.message_id not in refused]
        return refused


class Post(Mailer):
    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.failures: list[Exception] = []

    @override
    def send(self, mail: Mail, at: datetime) -> None:
        if self.failures:
            failure = self.failures.pop(0)
            if isinstance(failure, MailUncertainError):
                self.sent.append(mail)
            raise failure
        self.sent.append(mail)


class Office:
    """Everything around a relay."""

    def __init__(self) -> None:
        self.now = NOON
        self.storage = InMemoryStorage()
        self.bus, self.post = Bus(), Post()
        self.forms = FormHandler(self.storage, lambda: self.now, uuid7)
        self.define(notify=("owner@example.com", "sales@example.com"))

    def relay(self, **channels: Any) -> OutboxRelay:  # noqa: ANN401
        settings: dict[str, Any] = {"post": self.post, "bus": self.bus, "links": LINKS}
        changed = channels_of(self.storage, **{**settings, "signer": lambda: SIGNER, **channels})
        redelivery = RedeliveryPolicy(3, minutes(1), minutes(2))
        return OutboxRelay(self.storage, lambda: self.now, changed, redelivery)

    def define(self, **settings: Any) -> None:  # noqa: ANN401
        """The default form with these settings and no others."""
        forms = self.storage.repositories.forms
        form = Form(DEFAULT_FORM, "Default", **settings)
        forms.save_form(form, forms.get_validation_rules(DEFAULT_FORM))

    def tell(self, *messages: str) -> None:
        """Messages that no e-mail follows from."""
        self.storage.repositories.outbox.append(
            [a_message(each, kind="scoring.finished") for each in messages]
        )


@pytest.fixture
def office() -> Office:
    return Office()


class TestDelivery:
    def test_a_submission_is_published_and_mailed_once(self, office: Office) -> None:
        receipt = office.forms.submit_form(ADA)
        report = office.relay().run()
        assert (report["delivered"], report["mails_sent"], report["waiting"]) == (2, 1, 0)
        assert len(office.bus.published) == 2
        [mail] = office.post.sent
        assert mail.to == ("owner@example.com", "sales@example.com")
        assert f"https://crm.example.com/people/{receipt['lead_id']}?tab=1" in mail.text
        again = office.relay().run()
        assert (again["delivered"], len(office.post.sent)) == (0, 1)

    def test_neither_duplicates_nor_suspects_are_mailed_and_a_released_one_is(
        self, office: Office
    ) -> None:
        suspect = office.forms.submit_form({**ADA, "_gotcha": "x"})
        office.relay().run()
        assert office.post.sent == []
        office.forms.release_submission(suspect["submission_id"])
        office.forms.submit_form(ADA)
        office.relay().run()
        assert len(office.post.sent) == 1

    def test_a_form_without_owners_is_published_only(self, office: Office) -> None:
        office.define()
        office.forms.submit_form(ADA)
        assert office.relay().run()["mails_sent"] == 0
        assert len(office.bus.published) == 2

    def test_many_messages_go_in_many_batches(self, office: Office) -> None:
        names = [f"m-{number:03}" for number in range(120)]
        office.tell(*names)
        assert office.relay().run()["delivered"] == 120
        assert sorted(office.bus.published) == names

    def test_without_time_nothing_is_begun(self, office: Office) -> None:
        office.tell("a")
        report = office.relay().run(lambda: False)
        assert (report["delivered"], report["waiting"]) == (0, 1)

    def test_where_there_is_no_way_out_messages_are_done(self, office: Office) -> None:
        office.forms.submit_form(ADA)
        report = office.relay(bus=None, post=None).run()
        assert (report["delivered"], report["waiting"]) == (2, 0)

    def test_what_was_delivered_is_forgotten_after_a_while(self, office: Office) -> None:
        office.tell("a")
        office.relay().run()
        office.now += KEPT
        assert office.relay().run()["forgotten"] == 0
        office.now += minutes(1)
        assert office.relay().run()["forgotten"] == 1


class TestPeople:
    def test_who_wrote_is_told_where_the_form_says_so_and_nothing_they_typed_comes_back(
        self, office: Office
    ) -> None:
        office.define(confirms=True)
        office.forms.submit_form({**ADA, "message": "buy at https://evil.example"})
        assert office.relay().run()["mails_sent"] == 1
        [mail] = office.post.sent
        assert (mail.to, mail.reply_to) == (("ada@example.com",), None)
        assert "evil" not in mail.subject + mail.text + mail.html

    def test_owners_and_who_wrote_get_one_mail_each_whatever_failed_meanwhile(
        self, office: Office
    ) -> None:
        office.define(confirms=True, notify=("owner@example.com",))
        office.forms.submit_form(ADA)
        office.post.failures = [MailRefusedError("Throttled")]
        office.relay().run()
        office.now += minutes(1)
        office.relay().run()
        assert sorted(mail.to[0] for mail in office.post.sent) == [
            "ada@example.com",
            "owner@example.com",
        ]

    def test_who_must_confirm_is_sent_a_link_and_nobody_else_hears_of_it(
        self, office: Office
    ) -> None:
        office.define(double_opt_in=True, confirms=True, notify=("owner@example.com",))
        receipt = office.forms.submit_form(ADA)
        assert receipt["lead_id"] is None
        office.relay().run()
        [mail] = office.post.sent
        assert mail.to == ("ada@example.com",)
        [link] = re.findall(r"https://api\.example\.com/f/default/confirm\?token=(\S+)", mail.text)
        subject = SIGNER.read(link, NOON, days(7)).subject
        assert subject == receipt["submission_id"]
        office.forms.confirm_submission(subject, DEFAULT_FORM)
        office.relay().run()
        assert [mail.to[0] for mail in office.post.sent[1:]] == [
            "owner@example.com",
            "ada@example.com",
        ]

    def test_a_link_that_was_followed_already_is_not_sent(self, office: Office) -> None:
        office.define(double_opt_in=True)
        receipt = office.forms.submit_form(ADA)
        office.forms.confirm_submission(receipt["submission_id"], DEFAULT_FORM)
        assert office.relay().run()["mails_sent"] == 0

    def test_a_link_waits_for_its_key(self, office: Office) -> None:
        def no_keys() -> Signer:
            raise StorageUnavailableError("the signing keys cannot be fetched")

        office.define(double_opt_in=True)
        office.forms.submit_form(ADA)
        office.tell("other")
        report = office.relay(signer=no_keys).run()
        assert (report["delivered"], report["failed"]) == (1, 1)
        office.now += minutes(1)
        assert office.relay().run()["mails_sent"] == 1


class TestFailures:
    def test_a_message_that_is_refused_delays_no_other_and_comes_again(
        self, office: Office
    ) -> None:
        office.tell("bad", "good")
        office.bus.refuses = {"bad"}
        report = office.relay().run()
        assert (report["delivered"], report["failed"]) == (1, 1)
        office.bus.refuses = set()
        assert office.relay().run()["delivered"] == 0
        office.now += minutes(1)
        assert office.relay().run()["delivered"] == 1
        assert office.bus.published == ["good", "bad"]

    def test_poison_is_set_aside_after_its_attempts_and_can_be_put_back(
        self, office: Office
    ) -> None:
        office.tell("poison", "good")
        office.bus.refuses = {"poison"}
        reports = []
        for _ in range(5):
            reports.append(office.relay().run())
            office.now += minutes(5)
        assert [each["set_aside"] for each in reports] == [0, 0, 1, 0, 0]
        assert reports[-1]["set_aside_in_all"] == 1
        office.bus.refuses = set()
        assert office.relay().redrive() == 1
        assert office.relay().run()["delivered"] == 1

    def test_a_bus_that_is_away_is_not_asked_for_every_batch(self, office: Office) -> None:
        office.tell(*(f"m-{number:03}" for number in range(120)))
        office.bus.is_away = True
        report = office.relay().run()
        assert (report["failed"], report["waiting"]) == (50, 120)

    def test_a_relay_that_dies_loses_nothing_and_sends_no_second_mail(self, office: Office) -> None:
        class DyingBus(EventBus):
            @override
            def publish(self, messages: Sequence[OutboxMessage]) -> Mapping[MessageId, str]:
                raise KeyboardInterrupt

        office.forms.submit_form(ADA)
        with pytest.raises(KeyboardInterrupt):
            office.relay(bus=DyingBus()).run()
        assert len(office.post.sent) == 1
        assert office.relay().run()["delivered"] == 0
        office.now += ANSWER_TIME
        report = office.relay().run()
        assert (report["delivered"], report["mails_uncertain"]) == (2, 1)
        assert report["uncertain_in_all"] == 1
        assert len(office.post.sent) == 1


class TestMailFailures:
    def test_a_refused_mail_is_sent_later_and_published_once(self, office: Office) -> None:
        office.forms.submit_form(ADA)
        office.post.failures = [MailRefusedError("Throttled")]
        report = office.relay().run()
        assert (report["delivered"], report["failed"], report["mails_sent"]) == (1, 1, 0)
        office.now += minutes(1)
        assert office.relay().run()["mails_sent"] == 1
        assert len(office.post.sent) == 1
        assert len(office.bus.published) == len(set(office.bus.published)) == 2

    def test_a_mail_without_an_answer_is_never_sent_again(self, office: Office) -> None:
        office.forms.submit_form(ADA)
        office.post.failures = [MailUncertainError()]
        report = office.relay().run()
        assert (report["delivered"], report["mails_uncertain"]) == (2, 1)
        office.now += minutes(60)
        office.relay().run()
        assert len(office.post.sent) == 1

    def test_a_bus_that_fails_does_not_send_the_mail_again(self, office: Office) -> None:
        office.forms.submit_form(ADA)
        office.bus.is_away = True
        office.relay().run()
        office.bus.is_away = False
        office.now += minutes(1)
        assert office.relay().run()["delivered"] == 2
        assert len(office.post.sent) == 1

    def test_who_was_erased_meanwhile_is_not_mailed_about(self, office: Office) -> None:
        office.forms.submit_form(ADA)
        office.storage.repositories.forms.erase_person("ada@example.com")
        report = office.relay().run()
        assert report["mails_sent"] == report["failed"] == 0


def parsed(mail: Mail, sender: str = "Acme Forms <forms@example.com>") -> EmailMessage:
    message = email.message_from_bytes(mime(mail, sender, NOON), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content())


class TestMails:
    form = Form(
        FormId("contact"),
        "Contact",
        fields=(FormField("email", "E-mail"), FormField("message", "Your message")),
        notify=("owner@example.com",),
    )

    def mail(self, title: str = "Contact", **answers: Json) -> EmailMessage:
        submission = a_submission(answers={"email": "ada@example.com"} | answers)
        submission = dataclasses.replace(submission, canonical_email="ada@example.com")
        form = dataclasses.replace(self.form, title=title)
        return parsed(owners_mail(form, submission, LINKS))

    def test_headers_say_who_to_whom_and_where_to_answer(self) -> None:
        mail = self.mail()
        assert mail["From"] == "Acme Forms <forms@example.com>"
        assert mail["To"] == "owner@example.com"
        assert mail["Reply-To"] == "ada@example.com"
        assert mail["Subject"] == "New submission: Contact"
        assert mail["Date"].datetime == NOON
        assert mail["Auto-Submitted"] == "auto-generated"

    def test_answers_stand_under_their_labels_and_are_nothing_but_text(self) -> None:
        mail = self.mail(message="<script>alert(1)</script>", choices=["a", "b"], agreed=True)
        text, html = part(mail, "plain"), part(mail, "html")
        assert "Your message: <script>alert(1)</script>" in text
        assert "choices: a, b" in text
        assert "agreed: yes" in text
        assert "<script>" not in html
        assert "&lt;script&gt;" in html

    def test_an_answer_cannot_look_like_a_line_of_ours(self) -> None:
        text = part(self.mail(message="hello\nLead: https://evil.example.com"), "plain")
        assert "\n    Lead: https://evil.example.com" in text
        assert "\nLead: https://evil" not in text

    @pytest.mark.parametrize("ending", ["\r\n", "\n", "\r", "\u2028", "\x0b"])
    def test_a_title_adds_no_header(self, ending: str) -> None:
        mail = self.mail(title=f"Contact{ending}Bcc: everybody@example.com")
        assert mail["Bcc"] is None
        assert mail["Subject"] == "New submission: Contact Bcc: everybody@example.com"

    @pytest.mark.parametrize(
        "address",
        ["a@example.com\r\nBcc: b@example.com", "a@example.com, b@example.com", "nobody", "", "a@"],
    )
    def test_an_address_that_is_none_is_refused(self, address: str) -> None:
        mail = Mail(("owner@example.com",), "Hello", "text", "<p>html</p>", reply_to=address)
        for wrong in (mail, dataclasses.replace(mail, to=(address,), reply_to=None)):
            with pytest.raises(MailRefusedError):
                mime(wrong, "forms@example.com", NOON)

    def test_addresses_travel_in_ascii_or_not_at_all(self) -> None:
        mail = Mail(("a@bücher.example.com",), "Hello", "text", "<p>html</p>", "ü@example.com")
        sent = parsed(mail)
        assert sent["To"] == "a@xn--bcher-kva.example.com"
        assert sent["Reply-To"] is None
        with pytest.raises(MailRefusedError):
            mime(dataclasses.replace(mail, to=("ü@example.com",)), "forms@example.com", NOON)

    def test_any_character_can_be_said(self) -> None:
        mail = self.mail(title="Größe 🦑", message="日本語 \ud7ff")
        assert mail["Subject"] == "New submission: Größe 🦑"
        assert "日本語" in part(mail, "plain")

    def test_in_a_folder_each_mail_is_a_file(self, tmp_path: Path) -> None:
        folder = MailFolder(tmp_path / "mail", "forms@example.com")
        for number in range(3):
            folder.send(Mail(("a@example.com",), f"{number}", "text", "<p>html</p>"), NOON)
        files = sorted((tmp_path / "mail").iterdir())
        assert [each.suffix for each in files] == [".eml"] * 3
        assert all(each.name.startswith("20240506T120000-") for each in files)
        subjects = {email.message_from_bytes(each.read_bytes())["Subject"] for each in files}
        assert subjects == {"0", "1", "2"}
