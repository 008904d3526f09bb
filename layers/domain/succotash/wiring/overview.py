"""How the business does, by settings."""

from succotash.application.overview import Overview
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import Clock, Currency
from succotash.settings import Settings


def overview(settings: Settings, storage: Storage, clock: Clock) -> Overview:
    """What happened lately, in the company's zone and currency."""
    return Overview(storage, clock, Currency(settings.currency), settings.time_zone)
