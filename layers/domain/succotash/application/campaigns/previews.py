"""Previews: whom a campaign would reach now, and what they would read."""

from collections.abc import Mapping
from typing import TypedDict

from succotash.application.campaigns.rules import CampaignRules
from succotash.domain.campaigns.campaigns import CampaignNotRunningError
from succotash.domain.campaigns.members import Recipient
from succotash.domain.campaigns.templates import MessageField, MessageTemplate
from succotash.domain.messages.outbox import MessageKind, OutboxMessage
from succotash.domain.repositories.delivery import NOBODY_TO_WAKE, RelayWaker
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import CampaignId, Clock, IdFactory, MessageId

SAMPLES = 3
SAMPLE_LINK = "https://example.com/unsubscribe"
"""In place of a link that would work: samples are for those who make the campaign."""


class SampleView(TypedDict):
    """A message as one of those reached would get it."""

    subject: str
    text: str
    html: str | None


class PreviewView(TypedDict):
    """The result that a dispatch would have now."""

    campaign_id: str
    reached: int
    """People who would be written to."""
    held_out: int
    """People who would be held out, to compare with."""
    not_reached: Mapping[str, int]
    """People of the audience by the first reason that keeps them out."""
    samples: list[SampleView]
    """Messages of up to three of those reached."""


class DispatchRequested(TypedDict):
    """The receipt for a dispatch that follows."""

    campaign_id: str
    status: str
    """Always `requested`."""


class CampaignPreviews:
    """Previews, and dispatches on request."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        new_id: IdFactory,
        rules: CampaignRules,
        waker: RelayWaker = NOBODY_TO_WAKE,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._new_id = new_id
        self._rules = rules
        self._waker = waker

    def preview_campaign(self, campaign_id: str) -> PreviewView:
        """The people whom a dispatch would reach now, whatever the campaign's status.

        NotFoundError; InvalidInputError where it has no audience.
        """
        retention = self._storage.repositories.retention
        campaign = retention.get_retention_campaign(CampaignId(campaign_id))
        terms = self._rules.terms(campaign, self._clock())
        reach = retention.count_reach(terms)
        message, recipients = campaign.definition.message, []
        if message is not None and reach.treatment:
            recipients = retention.find_recipients(terms, limit=SAMPLES)
        return {
            "campaign_id": campaign_id,
            "reached": reach.treatment,
            "held_out": reach.holdout,
            "not_reached": {reason.value: people for reason, people in reach.unreached.items()},
            "samples": [_sample(message, each) for each in recipients if message is not None],
        }

    def request_dispatch(self, campaign_id: str) -> DispatchRequested:
        """Ask for a dispatch, which follows soon.

        NotFoundError; CampaignNotRunningError where there would be nothing to do.
        """
        now, message_id = self._clock(), self._new_id()

        def work(repositories: Repositories) -> None:
            campaign = repositories.retention.get_retention_campaign(CampaignId(campaign_id))
            if not campaign.is_running(now):
                raise CampaignNotRunningError
            message = OutboxMessage(
                MessageId(message_id),
                MessageKind.CAMPAIGN_DISPATCH_REQUESTED,
                now,
                campaign_id,
                payload={"campaign_id": campaign_id},
            )
            repositories.outbox.append([message])

        self._storage.in_transaction(work)
        self._waker.wake()
        return {"campaign_id": campaign_id, "status": "requested"}


def _sample(message: MessageTemplate, recipient: Recipient) -> SampleView:
    rendered = message.render(
        {
            MessageField.FIRST_NAME: recipient.first_name,
            MessageField.LAST_NAME: recipient.last_name,
            MessageField.COMPANY: recipient.company,
            MessageField.UNSUBSCRIBE_URL: SAMPLE_LINK,
        }
    )
    return {"subject": rendered.subject, "text": rendered.text, "html": rendered.html}
