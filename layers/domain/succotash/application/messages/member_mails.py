"""Writes the e-mails of campaigns when they leave, and keeps how far each member's came."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape

from succotash.application.campaigns.rules import CampaignRules
from succotash.domain.campaigns.campaigns import CampaignStatus, RetentionCampaign
from succotash.domain.campaigns.members import MemberMark, MemberState, Release, ReleaseTerms
from succotash.domain.campaigns.templates import MessageField, MessageTemplate
from succotash.domain.messages.delivery import DeliveryOutcome, DeliveryResult
from succotash.domain.messages.mails import Links, Mail
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


@dataclass(slots=True)
class Released:
    """What becomes of the campaigns' messages of a batch."""

    mails: dict[MessageId, Mail] = field(default_factory=dict)
    """Noted as sent, and to be sent."""
    later: dict[MessageId, tuple[str, datetime | None]] = field(default_factory=dict)
    """Why it does not leave, and until when; for good without an instant."""


def is_members(message: OutboxMessage) -> bool:
    """Whether a message goes to a campaign's member, by the campaign's channel alone."""
    return message.kind == MessageKind.CAMPAIGN_MESSAGE


@dataclass(frozen=True, slots=True)
class MemberMails:
    """Releases campaigns' messages as e-mails."""

    rules: CampaignRules
    links: Links
    token: Callable[[str, CampaignId], str]
    """Of a link by which a canonical address unsubscribes."""

    def release(
        self, repositories: Repositories, batch: Sequence[TakenMessage], at: datetime
    ) -> Released:
        """Write what may leave now, and note it before it can be sent.

        Who does not agree any more is written to no more, nor is anybody by a campaign that is
        over. What was noted before and never answered for may have been sent.
        """
        own = [each for each in batch if is_members(each.message)]
        noted = [each.message for each in own if Channel.MEMBER in each.delivered_to]
        new = [each.message for each in own if Channel.MEMBER not in each.delivered_to]
        marks = [_mark(each, MemberState.UNCERTAIN) for each in noted]
        released = Released()
        if new:
            marks += self._judge(repositories, new, at, released)
        if marks:
            repositories.retention.mark_members(marks)
        if released.mails:
            own_notes = repositories.outbox.note_delivery([*released.mails], Channel.MEMBER)
            released.mails = {
                message_id: mail
                for message_id, mail in released.mails.items()
                if message_id in own_notes
            }
        return released

    def _judge(
        self,
        repositories: Repositories,
        messages: Sequence[OutboxMessage],
        at: datetime,
        released: Released,
    ) -> list[MemberMark]:
        """Put mails and what has to wait into `released`; marks of what is withheld."""
        try:
            terms = ReleaseTerms(self.rules.tombstones.blocks(SUPPRESSION), self.rules.consent)
        except StorageUnavailableError:
            for each in messages:
                released.later[each.message_id] = ("a key is out of reach", at + KEY_PAUSE)
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
        for message in messages:
            campaign = campaigns[_campaign_id(message)]
            release = found.get(message.message_id)
            template = campaign.definition.message
            late = self._later(campaign, at)
            if release is None or release.reason or template is None or _is_over(campaign, at):
                withheld.append(_mark(message, MemberState.WITHHELD))
            elif late is not None:
                released.later[message.message_id] = late
            else:
                released.mails[message.message_id] = self._mail(release, template)
        return withheld

    def _later(self, campaign: RetentionCampaign, at: datetime) -> tuple[str, datetime] | None:
        if campaign.status is CampaignStatus.PAUSED:
            return "the campaign is paused", at + PAUSE
        due_at = self.rules.release(campaign, at)
        return ("quiet hours", due_at) if due_at > at else None

    def _mail(self, release: Release, template: MessageTemplate) -> Mail:
        """The e-mail to a member. A link to unsubscribe is added to a text that has none."""
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
        return Mail(
            to=(release.canonical_email,),
            subject=rendered.subject,
            text=text,
            html=html,
            unsubscribe_url=link,
            message_id=recipient.message_id,
            tags={"campaign": release.campaign_id, "message": recipient.message_id},
        )


def mark_answered(
    repositories: Repositories,
    answered: Sequence[AnsweredMessage],
    outcomes: Sequence[DeliveryOutcome],
) -> None:
    """Keep how far members' messages came; within the transaction that notes the outcomes."""
    results = {each.message_id: each.result for each in outcomes}
    marks = []
    for each in answered:
        message = each.taken.message
        if is_members(message):
            result = DeliveryResult.REFUSED if each.refused else results[message.message_id]
            marks.append(_mark(message, STATES[result]))
    if marks:
        repositories.retention.mark_members(marks)


def _is_over(campaign: RetentionCampaign, at: datetime) -> bool:
    has_ended = campaign.ends_at is not None and campaign.ends_at <= at
    return has_ended or campaign.status not in {CampaignStatus.ACTIVE, CampaignStatus.PAUSED}


def _mark(message: OutboxMessage, state: MemberState) -> MemberMark:
    return MemberMark(_campaign_id(message), message.message_id, state)


def _campaign_id(message: OutboxMessage) -> CampaignId:
    return CampaignId(str(message.payload["campaign_id"]))
