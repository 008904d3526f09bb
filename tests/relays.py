"""A relay's channels for tests: jobs are done where they are made, unless a queue is given."""

from collections.abc import Callable

from succotash.application.campaigns.rules import CampaignRules
from succotash.application.intake.unsubscriptions import Unsubscriptions
from succotash.application.messages.deliveries import Deliveries
from succotash.application.messages.mail_composition import MailComposition
from succotash.application.messages.member_messages import MemberMessages
from succotash.application.messages.outbox_relay import Channels
from succotash.domain.campaigns.definition import CampaignChannel
from succotash.domain.intake.signing import Signer
from succotash.domain.messages.mails import Links
from succotash.domain.people.erasures import Tombstones
from succotash.domain.repositories.delivery import (
    NOBODY_TO_WAKE,
    DeliveryQueue,
    EventBus,
    Mailer,
    RelayWaker,
    Webhooks,
)
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import uuid7
from tests.builders import NOON

LINKS = Links("https://api.example.com")
SIGNER = Signer("confirmation", ["a-key-that-nobody-guesses"])
UNSUBSCRIBE_SIGNER = Signer("unsubscribe", ["a-key-that-nobody-guesses"])
TOMBSTONES = Tombstones(lambda: ["a-key-of-tombstones-for-tests"])


def channels_of(
    storage: Storage,
    post: Mailer | None = None,
    bus: EventBus | None = None,
    *,
    queue: DeliveryQueue | None = None,
    links: Links = LINKS,
    signer: Callable[[], Signer] = lambda: SIGNER,
    tombstones: Tombstones = TOMBSTONES,
    limit: int = 5,
    waker: RelayWaker = NOBODY_TO_WAKE,
    rules: CampaignRules | None = None,
    webhooks: Webhooks | None = None,
    inbox: str | None = None,
) -> Channels:
    unsubscriptions = Unsubscriptions(
        storage, lambda: NOON, uuid7, lambda: UNSUBSCRIBE_SIGNER, tombstones
    )
    ways = {
        CampaignChannel.EMAIL: post,
        CampaignChannel.BUS: bus,
        CampaignChannel.WEBHOOK: webhooks,
    }
    members = MemberMessages(
        rules or CampaignRules(tombstones=tombstones),
        links,
        unsubscriptions.token,
        {channel for channel, way in ways.items() if way or queue},
        inbox,
    )
    return Channels(
        queue or Deliveries(post, bus, webhooks=webhooks),
        publishes=bus is not None,
        mails=MailComposition(storage.repositories.forms, links, signer) if post else None,
        tombstones=tombstones,
        mails_per_recipient=limit,
        waker=waker,
        members=members,
    )
