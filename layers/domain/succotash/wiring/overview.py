"""The overview, by settings."""

from succotash.application.retention.overview import Overview
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import Clock, Currency
from succotash.settings import Settings


def overview(settings: Settings, storage: Storage, clock: Clock) -> Overview:
    """Make the overview, in the company's zone and currency."""
    return Overview(storage, clock, Currency(settings.currency), settings.time_zone)
