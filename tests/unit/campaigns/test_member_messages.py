"""E-mails of campaigns: what leaves, what does not any more, and what is kept of it."""

import email
import email.policy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from email.message import EmailMessage
from typing import override

import pytest

from succotash.application.campaigns.dispatch import CampaignDispatch
from succotash.application.campaigns.rules import CampaignRules
from succotash.application.intake.unsubscriptions import Unsubscriptions
from succotash.application.messages.outbox_relay import OutboxRelay, RelayReport
from succotash.domain.campaigns.campaigns import CampaignStatus
from succotash.domain.campaigns.definition import CampaignDefinition, QuietHours
from succotash.domain.campaigns.members import MemberState
from succotash.domain.campaigns.templates import MessageTemplate
from succotash.domain.consents.consents import ConsentState, campaign_purpose
from succotash.domain.intake.unsubscriptions import UnsubscribeFrom
from succotash.domain.messages.mails import Mail
from succotash.domain.messages.outbox import REDELIVERY, OutboxMessage
from succotash.domain.people.erasures import Tombstones
from succotash.domain.repositories.delivery import (
    EventBus,
    Mailer,
    MailRefusedError,
    MailUncertainError,
    RelayWaker,
)
from succotash.domain.values import CampaignId, MessageId, uuid7
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from succotash.infrastructure.mime import mime
from tests.builders import NOON, a_consent, a_lead, days, minutes
from tests.builders.campaigns import (
    CAMPAIGN_KEYS,
    EVERYBODY,
    a_running_campaign,
    add_people,
    email_of,
)
from tests.relays import UNSUBSCRIBE_SIGNER, channels_of

CAMPAIGN = CampaignId("campaign")
TEMPLATE = MessageTemplate(
    "Come back, {{ first_name | friend }}",
    "We kept your shelf, {{ first_name | friend }}.",
    "<p>We kept your shelf, {{ first_name | friend }}.</p>",
)


class Post(Mailer):
    """Sends mails, but for those it refuses or says nothing about."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.failure: Exception | None = None

    @override
    def send(self, mail: Mail, at: datetime) -> None:
        if not isinstance(self.failure, MailRefusedError):
            self.sent.append(mail)
        if self.failure is not None:
            raise self.failure


class Bus(EventBus):
    def __init__(self) -> None:
        self.kinds: list[str] = []

    @override
    def publish(self, messages: Sequence[OutboxMessage]) -> Mapping[MessageId, str]:
        self.kinds += [each.kind for each in messages]
        return {}


class Waker(RelayWaker):
    def __init__(self) -> None:
        self.times: list[datetime | None] = []

    @override
    def wake(self, at: datetime | None = None) -> None:
        self.times.append(at)


class Shop:
    """A campaign that was dispatched to some people, and what sends its mails."""

    def __init__(self) -> None:
        self.now = NOON
        self.storage = InMemoryStorage()
        self.post, self.bus, self.waker = Post(), Bus(), Waker()
        self.rules = CampaignRules(tombstones=CAMPAIGN_KEYS)
        self.inbox: str | None = None

    def dispatch(self, *ids: str, **definition: object) -> None:
        repositories = self.storage.repositories
        wanted = CampaignDefinition(audience=EVERYBODY, message=TEMPLATE, holdout_share=0)
        campaign = a_running_campaign(definition=replace(wanted, **definition))  # type: ignore[arg-type]
        repositories.retention.save_retention_campaign(campaign)
        add_people(repositories, ids)
        CampaignDispatch(self.storage, lambda: self.now, uuid7, self.rules).dispatch(CAMPAIGN)

    def relay(self, *, mailed: bool = True) -> RelayReport:
        channels = channels_of(
            self.storage,
            self.post if mailed else None,
            self.bus,
            tombstones=CAMPAIGN_KEYS,
            waker=self.waker,
            rules=self.rules,
            inbox=self.inbox,
        )
        return OutboxRelay(self.storage, lambda: self.now, channels).run()

    def become(self, status: CampaignStatus) -> None:
        retention = self.storage.repositories.retention
        campaign = retention.get_retention_campaign(CAMPAIGN)
        retention.save_retention_campaign(replace(campaign, status=status))

    @property
    def states(self) -> dict[MemberState, int]:
        counts = self.storage.repositories.retention.count_member_states(CAMPAIGN)
        return {state: count for state, count in counts.items() if count}

    @property
    def sent(self) -> list[str]:
        return sorted(to for mail in self.post.sent for to in mail.to)


@pytest.fixture
def shop() -> Shop:
    return Shop()


class TestMails:
    def test_each_member_gets_one_mail_and_counts_as_sent(self, shop: Shop) -> None:
        shop.dispatch("ada", "ben")
        shop.relay()
        shop.now += days(1)
        again = shop.relay()
        assert shop.sent == [email_of("ada"), email_of("ben")]
        assert (again["mails_sent"], again["waiting"]) == (0, 0)
        assert shop.states == {MemberState.SENT: 2}
        campaign = shop.storage.repositories.retention.get_retention_campaign(CAMPAIGN)
        assert campaign.metrics.sent == 2

    def test_a_mail_unsubscribes_by_one_post(self, shop: Shop) -> None:
        lead = replace(a_lead("lead", email=email_of("ada")), first_name="<Ada>")
        shop.storage.repositories.forms.save_lead(lead)
        shop.dispatch("ada")
        shop.relay()
        [mail] = shop.post.sent
        content = mime(mail, "Shop <news@shop.example.com>", NOON)
        read = email.message_from_bytes(content, _class=EmailMessage, policy=email.policy.default)
        link = str(read["List-Unsubscribe"]).strip("<>")
        assert link.startswith("https://api.example.com/u/")
        assert b"List-Unsubscribe: <https://api.example.com/u/" in content
        assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert read["Message-ID"] == f"<{mail.message_id}@shop.example.com>"
        assert read["Subject"] == "Come back, <Ada>"
        plain, rich = (part.get_content() for part in read.iter_parts())
        assert plain.splitlines() == [
            "We kept your shelf, <Ada>.",
            "",
            f"Unsubscribe: {link}",
        ]
        assert "<p>We kept your shelf, &lt;Ada&gt;.</p>" in rich
        assert f'<a href="{link}">' in rich

        links = Unsubscriptions(
            shop.storage, lambda: shop.now, uuid7, lambda: UNSUBSCRIBE_SIGNER, CAMPAIGN_KEYS
        )
        links.unsubscribe(link.rpartition("/")[2], UnsubscribeFrom.CAMPAIGN, "one click")
        keys = CAMPAIGN_KEYS.of_suppression(email_of("ada"))
        [suppression] = shop.storage.repositories.consents.find_suppressions(keys)
        assert suppression.purpose == campaign_purpose(CAMPAIGN)

    def test_an_inbox_takes_answers_and_mails_that_unsubscribe(self, shop: Shop) -> None:
        shop.inbox = "news+answers@shop.example.com"
        shop.dispatch("ada")
        shop.relay()
        [mail] = shop.post.sent
        content = mime(mail, "Shop <news@shop.example.com>", NOON)
        read = email.message_from_bytes(content, _class=EmailMessage, policy=email.policy.default)
        assert read["Reply-To"] == "news+answers@shop.example.com"
        ways = [each.strip(" <>") for each in str(read["List-Unsubscribe"]).split(",")]
        assert ways == [
            mail.unsubscribe_url,
            "mailto:news%2Banswers@shop.example.com?subject=unsubscribe",
        ]

    def test_a_link_that_the_text_has_is_not_added(self, shop: Shop) -> None:
        text = "No more: {{ unsubscribe_url }}"
        shop.dispatch("ada", message=MessageTemplate("Hello", text))
        shop.relay()
        [mail] = shop.post.sent
        assert mail.text == f"No more: {mail.unsubscribe_url}"
        assert mail.html == ""

    def test_messages_of_campaigns_are_not_told_on_the_bus(self, shop: Shop) -> None:
        shop.dispatch("ada")
        shop.relay()
        assert shop.bus.kinds == []


class TestRelease:
    def test_who_said_no_or_was_erased_meanwhile_is_not_written_to(self, shop: Shop) -> None:
        shop.dispatch("ada", "ben", "eve")
        repositories = shop.storage.repositories
        no = a_consent("no", email=email_of("ben"), state=ConsentState.DENIED)
        repositories.consents.record_consents([replace(no, occurred_at=NOON + minutes(1))])
        repositories.retention.forget_members(email_of("eve"))
        report = shop.relay()
        assert shop.sent == [email_of("ada")]
        assert shop.states == {
            MemberState.SENT: 1,
            MemberState.WITHHELD: 1,
            MemberState.QUEUED: 1,  # of nobody
        }
        assert report["waiting"] == 0

    @pytest.mark.parametrize("status", [CampaignStatus.CANCELLED, CampaignStatus.COMPLETED])
    def test_a_campaign_that_is_over_writes_to_nobody(
        self, shop: Shop, status: CampaignStatus
    ) -> None:
        shop.dispatch("ada")
        shop.become(status)
        shop.relay()
        assert (shop.sent, shop.states) == ([], {MemberState.WITHHELD: 1})

    def test_a_paused_campaign_goes_on_when_it_is_active_again(self, shop: Shop) -> None:
        shop.dispatch("ada")
        shop.become(CampaignStatus.PAUSED)
        shop.relay()
        assert (shop.sent, shop.states) == ([], {MemberState.QUEUED: 1})
        shop.become(CampaignStatus.ACTIVE)
        shop.now += minutes(61)
        shop.relay()
        assert shop.sent == [email_of("ada")]

    def test_what_fails_into_the_quiet_hours_waits_until_they_end(self, shop: Shop) -> None:
        shop.dispatch("ada", quiet_hours=QuietHours(time(12, 30), time(14)))
        shop.post.failure = MailRefusedError("throttled")
        shop.relay()
        assert shop.states == {MemberState.REFUSED: 1}
        shop.post.failure = None
        shop.now += minutes(45)
        shop.relay()
        assert shop.sent == []
        assert shop.waker.times[-1] == NOON + minutes(120)
        shop.now = NOON + minutes(120)
        shop.relay()
        assert (shop.sent, shop.states) == ([email_of("ada")], {MemberState.SENT: 1})

    def test_without_a_key_nothing_leaves_and_nothing_is_lost(self, shop: Shop) -> None:
        shop.dispatch("ada")
        reachable = shop.rules

        def away() -> list[str]:
            raise StorageUnavailableError("secrets")

        shop.rules = CampaignRules(tombstones=Tombstones(away))
        assert shop.relay()["waiting"] == 1
        shop.rules = reachable
        shop.now += minutes(6)
        shop.relay()
        assert shop.sent == [email_of("ada")]

    def test_where_no_mail_can_be_sent_messages_wait(self, shop: Shop) -> None:
        shop.dispatch("ada")
        report = shop.relay(mailed=False)
        assert (report["failed"], report["waiting"]) == (1, 1)
        assert shop.states == {MemberState.QUEUED: 1}

    def test_a_pause_uses_up_no_attempts(self, shop: Shop) -> None:
        shop.dispatch("ada")
        shop.become(CampaignStatus.PAUSED)
        for _ in range(REDELIVERY.attempts + 5):
            shop.relay()
            shop.now += minutes(61)
        shop.become(CampaignStatus.ACTIVE)
        shop.post.failure = MailRefusedError("throttled")
        report = shop.relay()
        assert (report["failed"], report["set_aside"]) == (1, 0)
        shop.post.failure = None
        shop.now += minutes(1)
        shop.relay()
        assert shop.states == {MemberState.SENT: 1}


class TestUncertainty:
    def test_a_mail_that_may_have_been_sent_is_not_sent_again(self, shop: Shop) -> None:
        shop.dispatch("ada")
        shop.post.failure = MailUncertainError()
        shop.relay()
        shop.post.failure = None
        shop.now += days(2)
        shop.relay()
        assert shop.sent == [email_of("ada")]
        assert shop.states == {MemberState.UNCERTAIN: 1}

    def test_a_message_that_was_noted_and_never_handed_over_is_uncertain(self, shop: Shop) -> None:
        shop.dispatch("ada")
        repositories = shop.storage.repositories
        [taken] = repositories.outbox.take(shop.now, shop.now + minutes(5), limit=1)
        repositories.outbox.note_delivery([taken.message.message_id], "member")
        shop.now += minutes(6)
        report = shop.relay()
        assert (shop.sent, shop.states) == ([], {MemberState.UNCERTAIN: 1})
        assert report["waiting"] == 0
