"""Channels of campaigns, by settings."""

from collections.abc import Mapping

from succotash.domain.campaigns.definition import CampaignChannel
from succotash.domain.messages.webhooks import WebhookRules
from succotash.settings import Settings


def lacking_settings(settings: Settings) -> Mapping[CampaignChannel, str]:
    """The channels by which this deployment cannot send, and the setting that each lacks."""
    signs = settings.webhook_secrets is not None or settings.webhook_secret_arn is not None
    there = {
        CampaignChannel.EMAIL: ("MAIL_FROM", settings.mail_from is not None),
        CampaignChannel.BUS: ("EVENT_BUS", settings.event_bus is not None),
        CampaignChannel.WEBHOOK: ("WEBHOOK_SECRET_ARN", signs),
    }
    return {channel: name for channel, (name, is_there) in there.items() if not is_there}


def webhook_rules(settings: Settings) -> WebhookRules:
    """The rules about addresses of webhooks."""
    ports = frozenset(map(int, settings.webhook_ports.split(",")))
    return WebhookRules(ports, settings.webhook_loopback)
