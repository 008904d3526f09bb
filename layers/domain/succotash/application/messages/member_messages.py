"""Writes campaigns' messages when they leave, and keeps how far each member's came."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html import escape

from succotash.application.campaigns.rules import CampaignRules
from succotash.domain.campaigns.campaigns import CampaignStatus, RetentionCampaign
from succotash.domain.campaigns.definition import CampaignChannel
from succotash.domain.campaigns.members import MemberMark, MemberState, Release, ReleaseTerms
from succotash.domain.campaigns.messages import WrittenMessage
from succotash.domain.campaigns.templates import MessageField, MessageTemplate
from succotash.domain.messages.delivery import (
    DeliveryJob,
    DeliveryOutcome,
    DeliveryResult,
)
from succotash.domain.messages.events import webhook_body
from succotash.domain.messages.jobs import event_job, mail_job, webhook_job
from succotash.domain.messages.mails import Links
from succotash.domain.messages.outbox import (
    AnsweredMessage,
    Channel,
    MessageKind,
    OutboxMessage,
    TakenMessage,
)
from succotash.domain.people.erasures import SUPPRESSION
from succotash.domain.repositories.storage import Repositories
from succotash.domain.values import CampaignId, MessageId
from succotash.errors import StorageUnavailableError

PAUSE = timedelta(hours=1)
"""After which a message of a paused campaign is looked at again."""
KEY_PAUSE = timedelta(minutes=5)

STATES: Mapping[DeliveryResult, MemberState] = {
    DeliveryResult.DELIVERED: MemberState.SENT,
    DeliveryResult.REFUSED: MemberState.REFUSED,
    DeliveryResult.UNCERTAIN: MemberState.UNCERTAIN,
}
NO_WAY: Mapping[CampaignChannel, str] = {
    CampaignChannel.EMAIL: "this deployment sends no e-mails",
    CampaignChannel.WEBHOOK: "this deployment calls no webhooks",
    CampaignChannel.BUS: "this deployment has no bus",
}
ALL_CHANNELS = frozenset(CampaignChannel)


@dataclass(slots=True)
class Released:
    """The decisions about a batch of campaigns' messages."""

    jobs: dict[MessageId, DeliveryJob] = field(default_factory=dict)
    """The jobs to do now; an e-mail only once it is marked as sent."""
    waiting: dict[MessageId, tuple[str, datetime]] = field(default_factory=dict)
    """Why it does not leave yet, and until when."""
    stuck: dict[MessageId, str] = field(default_factory=dict)
    """Why it cannot leave."""


def is_members(message: OutboxMessage) -> bool:
    """Whether a message goes to a campaign's member, by the campaign's channel alone."""
    return message.kind == MessageKind.CAMPAIGN_MESSAGE


@dataclass(frozen=True, slots=True)
class MemberMessages:
    """Releases campaigns' messages, each by its campaign's channel."""

    rules: CampaignRules
    links: Links
    token: Callable[[str, CampaignId], str]
    """The token of a link by which a canonical address unsubscribes."""
    channels: Collection[CampaignChannel] = ALL_CHANNELS
    """The channels that this deployment can send by."""
    inbox: str | None = None
    """The inbox where people may answer, and unsubscribe by an e-mail of their own."""

    def release(
        self, repositories: Repositories, batch: Sequence[TakenMessage], at: datetime
    ) -> Released:
        """Write what may leave now. Nothing of it is noted yet.

        Who does not agree any more is written to no more, nor is anybody by a campaign that is
        over. What was noted before and never answered for may have been sent. Webhooks and events
        are noted once they were taken: until then they are repeated under one id.
        """
        own = [each for each in batch if is_members(each.message)]
        noted = [each.message for each in own if Channel.MEMBER in each.delivered_to]
        new = [each for each in own if Channel.MEMBER not in each.delivered_to]
        marks = [_mark(each, MemberState.UNCERTAIN) for each in noted]
        released = Released()
        if new:
            marks += self._judge(repositories, new, at, released)
        if marks:
            repositories.retention.mark_members(marks)
        return released

    def _judge(
        self,
        repositories: Repositories,
        batch: Sequence[TakenMessage],
        at: datetime,
        released: Released,
    ) -> list[MemberMark]:
        """Put jobs and what has to wait into `released`; marks of what is withheld."""
        messages = [each.message for each in batch]
        try:
            terms = ReleaseTerms(self.rules.tombstones.blocks(SUPPRESSION), self.rules.consent)
        except StorageUnavailableError:
            for each in messages:
                released.waiting[each.message_id] = ("a key is out of reach", at + KEY_PAUSE)
            return []
        retention = repositories.retention
        campaigns = {
            each: retention.get_retention_campaign(each)
            for each in sorted({_campaign_id(message) for message in messages})
        }
        found = {
            each.recipient.message_id: each
            for each in retention.find_releases(
                {each.message_id: _campaign_id(each) for each in messages}, terms
            )
        }
        withheld = []
        for taken in batch:
            message_id = taken.message.message_id
            campaign = campaigns[_campaign_id(taken.message)]
            release = found.get(message_id)
            template, channel = campaign.definition.message, campaign.definition.channel
            wait = self._wait(campaign, at)
            if release is None or release.reason or template is None or _is_over(campaign, at):
                withheld.append(_mark(taken.message, MemberState.WITHHELD))
            elif wait is not None:
                released.waiting[message_id] = wait
            elif channel not in self.channels:
                released.stuck[message_id] = NO_WAY[channel]
            else:
                written = self._write(release, template)
                released.jobs[message_id] = self._job(taken, campaign, written, at)
        return withheld

    def _wait(self, campaign: RetentionCampaign, at: datetime) -> tuple[str, datetime] | None:
        if campaign.status is CampaignStatus.PAUSED:
            return "the campaign is paused", at + PAUSE
        due_at = self.rules.release(campaign, at)
        return ("quiet hours", due_at) if due_at > at else None

    def _write(self, release: Release, template: MessageTemplate) -> WrittenMessage:
        """The message to a member. A link to unsubscribe is added to a text that has none."""
        recipient = release.recipient
        link = self.links.of_unsubscription(
            self.token(release.canonical_email, release.campaign_id)
        )
        rendered = template.render(
            {
                MessageField.FIRST_NAME: recipient.first_name,
                MessageField.LAST_NAME: recipient.last_name,
                MessageField.COMPANY: recipient.company,
                MessageField.UNSUBSCRIBE_URL: link,
            }
        )
        text, html = rendered.text, rendered.html or ""
        if link not in text:
            text = f"{text}\n\nUnsubscribe: {link}\n"
        if html and escape(link) not in html:
            html = f'{html}<p><a href="{escape(link)}">Unsubscribe</a></p>'
        return WrittenMessage(release, rendered.subject, text, html, link)

    def _job(
        self,
        taken: TakenMessage,
        campaign: RetentionCampaign,
        written: WrittenMessage,
        at: datetime,
    ) -> DeliveryJob:
        match campaign.definition.channel:
            case CampaignChannel.EMAIL:
                return mail_job(taken, Channel.MEMBER, written.mail(self.inbox), at)
            case CampaignChannel.BUS:
                return event_job(taken, Channel.MEMBER, written.document())
            case CampaignChannel.WEBHOOK:
                url = campaign.definition.webhook_url or ""
                body = webhook_body(replace(taken.message, payload=written.document()))
                return webhook_job(taken, Channel.MEMBER, url, body)


def mark_answered(
    repositories: Repositories,
    answered: Sequence[AnsweredMessage],
    outcomes: Sequence[DeliveryOutcome],
    at: datetime,
) -> None:
    """Keep how far members' messages came; within the transaction that notes the outcomes.

    A campaign whose webhook wants no more calls is paused.
    """
    results = {each.message_id: each for each in outcomes}
    marks, gone = [], {}
    for each in answered:
        message = each.taken.message
        if is_members(message):
            outcome = results[message.message_id]
            result = DeliveryResult.REFUSED if each.refused else outcome.result
            marks.append(_mark(message, STATES[result]))
            if each.refused and outcome.is_gone:
                gone[_campaign_id(message)] = each.refused[-1].pending.handed_over_at
    if marks:
        repositories.retention.mark_members(marks)
    for campaign_id, called_at in sorted(gone.items()):
        repositories.retention.pause_for_gone_webhook(campaign_id, called_at, at)


def _is_over(campaign: RetentionCampaign, at: datetime) -> bool:
    has_ended = campaign.ends_at is not None and campaign.ends_at <= at
    return has_ended or campaign.status not in {CampaignStatus.ACTIVE, CampaignStatus.PAUSED}


def _mark(message: OutboxMessage, state: MemberState) -> MemberMark:
    return MemberMark(_campaign_id(message), message.message_id, state)


def _campaign_id(message: OutboxMessage) -> CampaignId:
    return CampaignId(str(message.payload["campaign_id"]))
