"""Retention and campaigns, by settings."""

from succotash.application.campaigns.dispatch import CampaignDispatch
from succotash.application.campaigns.rules import CampaignRules
from succotash.application.retention.retention_handler import RetentionHandler
from succotash.domain.repositories.delivery import RelayWaker
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import Clock, Currency, IdFactory
from succotash.settings import Settings
from succotash.wiring.channels import lacking_settings, webhook_rules
from succotash.wiring.keys import KeyRing


def retention_handler(
    settings: Settings,
    storage: Storage,
    clock: Clock,
    new_id: IdFactory,
    keys: KeyRing,
    waker: RelayWaker,
) -> RetentionHandler:
    """Use cases around retention."""
    from succotash.infrastructure.webhooks import CheckedAddresses

    rules, currency = campaign_rules(settings, keys), Currency(settings.currency)
    addresses = CheckedAddresses(webhook_rules(settings))
    return RetentionHandler(
        storage, clock, new_id, currency, keys.tombstones, rules, waker, addresses
    )


def campaign_dispatch(
    settings: Settings,
    storage: Storage,
    clock: Clock,
    new_id: IdFactory,
    keys: KeyRing,
    waker: RelayWaker,
) -> CampaignDispatch:
    """The use case that assigns people to campaigns and hands their messages over."""
    return CampaignDispatch(storage, clock, new_id, campaign_rules(settings, keys), waker)


def campaign_rules(settings: Settings, keys: KeyRing) -> CampaignRules:
    """The rules of a deployment for all campaigns."""
    return CampaignRules(
        settings.consent,
        settings.time_zone,
        keys.tombstones,
        Currency(settings.currency),
        lacking_settings(settings),
    )
