"""Delivery of messages by settings: by a queue to who reaches the internet, or by this process."""

from pathlib import Path
from typing import TYPE_CHECKING

from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.delivery import (
    NOBODY_TO_WAKE,
    DeliveryQueue,
    Mailer,
    NobodyWaits,
    RelayWaker,
    Webhooks,
)
from succotash.errors import SettingsError
from succotash.settings import FILE_SCHEME, Settings
from succotash.wiring.channels import lacking_settings, webhook_rules
from succotash.wiring.services import services_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from succotash.application.messages.deliveries import Deliveries
    from succotash.application.messages.delivery_worker import DeliveryWorker
    from succotash.application.messages.outbox_relay import OutboxRelay
    from succotash.domain.repositories.erasable import Erasable
    from succotash.domain.repositories.storage import Storage
    from succotash.domain.values import CampaignId, Clock
    from succotash.infrastructure.aws.secrets import SecretReader
    from succotash.infrastructure.files.mail import MailFolder
    from succotash.wiring.keys import KeyRing


def mail_folder(settings: Settings) -> "MailFolder | None":
    """The folder that e-mails are put into as files; None where they are really sent, or not."""
    if settings.mail_from is None or settings.mail_folder is None:
        return None
    from succotash.infrastructure.files.mail import MailFolder

    return MailFolder(Path(settings.mail_folder), settings.mail_from)


def mailer(settings: Settings, folder: "MailFolder | None") -> Mailer | None:
    """The mailer; None without a sender."""
    if folder is not None or settings.mail_from is None:
        return folder
    from succotash.application.messages.pacing import PacedMailer
    from succotash.infrastructure.aws.mail import SesMailer
    from succotash.infrastructure.aws.mail_rate import SesRate

    ses = SesMailer(settings.mail_from, configuration_set=settings.mail_configuration_set)
    return PacedMailer(ses, SesRate(settings.mails_per_second).per_second)


def deliveries(settings: Settings, mailer: Mailer | None) -> "Deliveries":
    """The jobs' use case in a process that reaches the internet."""
    from succotash.application.messages.deliveries import Deliveries
    from succotash.infrastructure.aws.secrets import SecretReader
    from succotash.infrastructure.turnstile import Turnstile

    secrets, address = SecretReader(), settings.event_bus
    bus = None if address is None else services_at(address).event_bus(address)
    return Deliveries(mailer, bus, Turnstile(secrets.value), _webhooks(settings, secrets))


def _webhooks(settings: Settings, secrets: "SecretReader") -> Webhooks | None:
    """The client of webhooks; None without a secret to sign with."""
    given, arn = settings.webhook_secrets, settings.webhook_secret_arn
    if given is None and arn is None:
        return None
    from succotash.infrastructure.webhooks import HttpWebhooks

    return HttpWebhooks(lambda: given or secrets.value(str(arn)), webhook_rules(settings))


def delivery_queue(settings: Settings, here: "Callable[[], Deliveries]") -> DeliveryQueue:
    """The queue to who reaches the internet; without one, the jobs are done `here`."""
    if settings.deliveries_queue_url is None:
        return here()
    from succotash.infrastructure.aws.deliveries import SqsDeliveryQueue

    return SqsDeliveryQueue(settings.deliveries_queue_url)


def event_file(settings: Settings) -> "Erasable | None":
    """The file that stands for the bus on one machine; None where there is another bus, or none."""
    address = settings.event_bus
    if address is None or not address.startswith(FILE_SCHEME):
        return None
    from succotash.wiring import files

    return files.event_bus(address)


def waiting_deliveries(settings: Settings) -> "Erasable | None":
    """The jobs that wait in queues; None where they are done at once."""
    # Nobody else takes jobs that failed, so they are searched first: it needs no waiting.
    known = (settings.delivery_failures_url, settings.deliveries_queue_url)
    urls = [each for each in known if each is not None]
    if not urls:
        return None
    from succotash.domain.messages.jobs import is_about
    from succotash.infrastructure.aws.waiting_deliveries import SqsWaitingMessages

    return SqsWaitingMessages(urls, is_about)


def waiting_shop_events(settings: Settings) -> "Erasable | None":
    """Events of shops that could not be recorded; those that wait ask for tombstones."""
    if settings.shop_event_failures_url is None:
        return None
    from succotash.infrastructure.aws.waiting_deliveries import SqsWaitingMessages

    return SqsWaitingMessages([settings.shop_event_failures_url], ErasedPerson.is_named_in)


def relay_waker(settings: Settings, clock: "Clock") -> RelayWaker:
    """Has the outbox relayed; nobody needs to where somebody looks again and again."""
    if settings.relay_queue_url is None:
        return NOBODY_TO_WAKE
    from succotash.infrastructure.aws.deliveries import SqsRelayWaker
    from succotash.infrastructure.aws.queue_messages import QueueMessages

    messages = QueueMessages(settings.relay_queue_url, settings.queues_endpoint)
    return SqsRelayWaker(messages.send, clock)


def delivery_worker(settings: Settings, here: "Deliveries") -> "DeliveryWorker":
    """The worker of the queue of jobs; SettingsError where one of its queues is not set."""
    from succotash.application.messages.delivery_worker import DeliveryWorker

    jobs, relay = settings.deliveries_queue_url, settings.relay_queue_url
    submissions = settings.parking_queue_url
    if jobs is None:
        return DeliveryWorker(here, NobodyWaits())
    if relay is None or submissions is None:
        raise SettingsError("DELIVERIES_QUEUE_URL needs RELAY_QUEUE_URL and PARKING_QUEUE_URL too")
    from succotash.infrastructure.aws.deliveries import SqsDeliveryInbox

    return DeliveryWorker(here, SqsDeliveryInbox(jobs, relay, submissions))


def outbox_relay(
    settings: Settings,
    storage: "Storage",
    clock: "Clock",
    queue: DeliveryQueue,
    waker: RelayWaker,
    *,
    keys: "KeyRing",
    token: "Callable[[str, CampaignId], str]",
) -> "OutboxRelay":
    """The relay to the bus, by e-mail and to members, as far as these are set.

    `token` makes tokens of links by which people unsubscribe.
    """
    from succotash.application.intake.confirmations import CONFIRMATION_PURPOSE
    from succotash.application.messages.mail_composition import MailComposition
    from succotash.application.messages.member_messages import MemberMessages
    from succotash.application.messages.outbox_relay import Channels, OutboxRelay
    from succotash.domain.campaigns.definition import CampaignChannel
    from succotash.domain.messages.mails import Links
    from succotash.wiring.campaigns import campaign_rules

    links = Links(settings.public_url, settings.lead_url)
    sends_mails = settings.mail_from is not None
    mails = MailComposition(
        storage.repositories.forms, links, lambda: keys.signer(CONFIRMATION_PURPOSE)
    )
    lacking = lacking_settings(settings)
    members = MemberMessages(
        campaign_rules(settings, keys),
        links,
        token,
        frozenset(CampaignChannel) - lacking.keys(),
        settings.mail_inbox,
    )
    channels = Channels(
        queue,
        publishes=settings.event_bus is not None,
        mails=mails if sends_mails else None,
        tombstones=keys.tombstones,
        mails_per_recipient=settings.mails_per_recipient,
        waker=waker,
        members=members,
    )
    return OutboxRelay(storage, clock, channels)
