"""Messages of campaigns by webhook and on the bus: repeated under one id, until they were taken."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import override

import pytest

from succotash.application.campaigns.definitions import Campaigns
from succotash.application.campaigns.dispatch import CampaignDispatch
from succotash.application.campaigns.rules import CampaignRules
from succotash.application.messages.outbox_relay import OutboxRelay, RelayReport
from succotash.domain.campaigns.campaigns import CampaignChange, CampaignStatus
from succotash.domain.campaigns.definition import CampaignChannel, CampaignDefinition
from succotash.domain.campaigns.members import MemberState
from succotash.domain.consents.consents import ConsentState
from succotash.domain.messages.events import detail_of
from succotash.domain.messages.outbox import REDELIVERY, OutboxMessage
from succotash.domain.messages.webhooks import Webhook
from succotash.domain.repositories.delivery import EventBus, WebhookFailedError, Webhooks
from succotash.domain.values import CampaignId, MessageId, uuid7
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import NOON, USD, a_consent, a_lead, days, minutes
from tests.builders.campaigns import (
    CAMPAIGN_KEYS,
    EVERYBODY,
    GREETING,
    a_running_campaign,
    add_people,
    email_of,
)
from tests.relays import channels_of
from tests.schemas import check_event, check_webhook

CAMPAIGN = CampaignId("campaign")
HOOK = "https://hooks.example.com/succotash"


class Hooks(Webhooks):
    """Takes calls, but for those that fail."""

    def __init__(self) -> None:
        self.calls: list[Webhook] = []
        self.failure: Exception | None = None

    @override
    def call(self, webhook: Webhook) -> None:
        self.calls.append(webhook)
        if self.failure is not None:
            raise self.failure


class Bus(EventBus):
    """Takes events, but for those of some people."""

    def __init__(self) -> None:
        self.published: list[OutboxMessage] = []
        self.refused_once: set[str] = set()

    @override
    def publish(self, messages: Sequence[OutboxMessage]) -> Mapping[MessageId, str]:
        self.published += messages
        refused = {
            each.message_id: "EventBridge answered ThrottlingException"
            for each in messages
            if each.payload["email"] in self.refused_once
        }
        self.refused_once.clear()
        return refused


class Shop:
    """A campaign that was dispatched to some people, and what takes its messages."""

    def __init__(self, channel: CampaignChannel) -> None:
        self.now = NOON
        self.channel = channel
        self.storage = InMemoryStorage()
        self.hooks, self.bus = Hooks(), Bus()
        self.rules = CampaignRules(tombstones=CAMPAIGN_KEYS)

    def dispatch(self, *ids: str) -> None:
        repositories = self.storage.repositories
        definition = CampaignDefinition(
            audience=EVERYBODY,
            message=GREETING,
            holdout_share=0,
            channel=self.channel,
            webhook_url=HOOK if self.channel is CampaignChannel.WEBHOOK else None,
        )
        repositories.retention.save_retention_campaign(a_running_campaign(definition=definition))
        add_people(repositories, ids)
        CampaignDispatch(self.storage, lambda: self.now, uuid7, self.rules).dispatch(CAMPAIGN)

    def relay(self) -> RelayReport:
        channels = channels_of(
            self.storage,
            None,
            self.bus if self.channel is CampaignChannel.BUS else None,
            webhooks=self.hooks,
            tombstones=CAMPAIGN_KEYS,
            rules=self.rules,
        )
        return OutboxRelay(self.storage, lambda: self.now, channels).run()

    def change(self, **values: object) -> None:
        campaigns = Campaigns(self.storage, lambda: self.now, uuid7, USD)
        campaigns.update_retention_campaign(CAMPAIGN, CampaignChange(values))

    @property
    def calls_by_email(self) -> dict[str, dict[str, object]]:
        bodies = [json.loads(each.body)["data"] for each in self.hooks.calls]
        return {each["email"]: each for each in bodies}

    @property
    def states(self) -> dict[MemberState, int]:
        counts = self.storage.repositories.retention.count_member_states(CAMPAIGN)
        return {state: count for state, count in counts.items() if count}


@pytest.fixture
def hooked() -> Shop:
    return Shop(CampaignChannel.WEBHOOK)


@pytest.fixture
def bused() -> Shop:
    return Shop(CampaignChannel.BUS)


class TestWebhook:
    def test_each_member_is_one_call_with_all_that_it_takes(self, hooked: Shop) -> None:
        lead = replace(a_lead("lead", email=email_of("ada")), first_name="<Ada>")
        hooked.storage.repositories.forms.save_lead(lead)
        hooked.dispatch("ada", "ben")
        hooked.relay()
        hooked.now += days(1)
        hooked.relay()
        assert hooked.states == {MemberState.SENT: 2}
        assert len(hooked.calls_by_email) == len(hooked.hooks.calls) == 2
        ada = hooked.calls_by_email[email_of("ada")]
        assert ada["subject"] == "Hello <Ada>"
        assert ada["customer_id"] == "ada"
        assert str(ada["unsubscribe_url"]) in str(ada["text"])
        for call in hooked.hooks.calls:
            assert call.url == HOOK
            check_webhook(json.loads(call.body))
            assert json.loads(call.body)["data"]["message_id"] == call.message_id

    def test_one_that_fails_is_repeated_under_one_id_until_it_is_taken(self, hooked: Shop) -> None:
        hooked.dispatch("ada")
        hooked.hooks.failure = WebhookFailedError("the receiver answered 500")
        for _ in range(3):
            hooked.relay()
            hooked.now += minutes(5)
        assert hooked.states == {MemberState.REFUSED: 1}
        hooked.hooks.failure = None
        hooked.relay()
        assert hooked.states == {MemberState.SENT: 1}
        assert (len(hooked.hooks.calls), len({each.message_id for each in hooked.hooks.calls})) == (
            4,
            1,
        )

    def test_a_failure_that_nobody_expected_is_repeated_too(self, hooked: Shop) -> None:
        hooked.dispatch("ada")
        hooked.hooks.failure = RuntimeError("a bug")
        hooked.relay()
        hooked.hooks.failure = None
        hooked.now += minutes(1)
        hooked.relay()
        assert hooked.states == {MemberState.SENT: 1}

    def test_the_next_call_is_not_sooner_than_the_receiver_wants_it(self, hooked: Shop) -> None:
        hooked.dispatch("ada")
        later = NOON + minutes(90)
        hooked.hooks.failure = WebhookFailedError("the receiver answered 429", retry_at=later)
        hooked.relay()
        hooked.hooks.failure = None
        hooked.now = later - minutes(1)
        hooked.relay()
        assert len(hooked.hooks.calls) == 1
        hooked.now = later
        hooked.relay()
        assert hooked.states == {MemberState.SENT: 1}

    def test_what_is_never_taken_is_dead_lettered_and_can_be_redriven(self, hooked: Shop) -> None:
        hooked.dispatch("ada")
        hooked.hooks.failure = WebhookFailedError("the receiver answered 500")
        reports = []
        for _ in range(REDELIVERY.attempts):
            reports.append(hooked.relay())
            hooked.now += minutes(121)
        assert [each["set_aside"] for each in reports] == [0] * (REDELIVERY.attempts - 1) + [1]
        hooked.hooks.failure = None
        hooked.relay()
        assert hooked.states == {MemberState.REFUSED: 1}
        hooked.storage.repositories.outbox.redrive(hooked.now)
        hooked.relay()
        assert hooked.states == {MemberState.SENT: 1}

    def test_a_receiver_that_is_gone_pauses_the_campaign_until_it_has_another(
        self, hooked: Shop
    ) -> None:
        hooked.dispatch("ada", "ben")
        hooked.now += minutes(1)
        hooked.hooks.failure = WebhookFailedError("the receiver answered 410", is_gone=True)
        hooked.relay()
        retention = hooked.storage.repositories.retention
        paused = retention.get_retention_campaign(CAMPAIGN)
        assert paused.status is CampaignStatus.PAUSED
        assert paused.definition.webhook_gone_at == hooked.now
        hooked.hooks.failure = None
        hooked.now += minutes(2)
        hooked.relay()
        assert hooked.states == {MemberState.REFUSED: 2}

        hooked.change(webhook_url=f"{HOOK}/other", status="active")
        again = retention.get_retention_campaign(CAMPAIGN)
        assert again.definition.webhook_gone_at is None
        hooked.now += minutes(61)
        hooked.relay()
        assert hooked.states == {MemberState.SENT: 2}
        assert [each.url for each in hooked.hooks.calls[-2:]] == [f"{HOOK}/other"] * 2

    def test_who_says_no_between_two_attempts_is_left_alone(self, hooked: Shop) -> None:
        hooked.dispatch("ada")
        hooked.hooks.failure = WebhookFailedError("the receiver answered 500")
        hooked.relay()
        no = a_consent("no", email=email_of("ada"), state=ConsentState.DENIED)
        later = replace(no, occurred_at=NOON + minutes(1))
        hooked.storage.repositories.consents.record_consents([later])
        hooked.now += minutes(5)
        hooked.relay()
        assert (len(hooked.hooks.calls), hooked.states) == (1, {MemberState.WITHHELD: 1})


class TestBus:
    def test_each_member_is_one_event(self, bused: Shop) -> None:
        bused.dispatch("ada", "ben")
        bused.relay()
        assert bused.states == {MemberState.SENT: 2}
        emails = sorted(str(each.payload["email"]) for each in bused.bus.published)
        assert emails == [email_of("ada"), email_of("ben")]
        for each in bused.bus.published:
            check_event(each.kind, detail_of(each))

    def test_only_those_that_failed_are_repeated(self, bused: Shop) -> None:
        bused.dispatch("ada", "ben")
        bused.bus.refused_once = {email_of("ben")}
        bused.relay()
        assert bused.states == {MemberState.SENT: 1, MemberState.REFUSED: 1}
        bused.now += minutes(1)
        bused.relay()
        assert bused.states == {MemberState.SENT: 2}
        first, *_, last = sorted(
            (each for each in bused.bus.published if each.payload["email"] == email_of("ben")),
            key=lambda each: each.message_id,
        )
        assert (len(bused.bus.published), first.message_id) == (3, last.message_id)
