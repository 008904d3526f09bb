"""Imports of files of orders, in every format, by settings."""

from zoneinfo import ZoneInfo

from succotash.application.shops.files.shop_files import KnownFiles
from succotash.application.value.order_import import BulkImport
from succotash.domain.repositories.objects import ObjectStore
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import Clock, Currency
from succotash.http.order_files import OrderFiles
from succotash.settings import Settings
from succotash.wiring.keys import KeyRing


def bulk_import(
    settings: Settings, storage: Storage, objects: ObjectStore, clock: Clock, keys: KeyRing
) -> BulkImport:
    """Imports of files of orders from this store.

    Instants without an offset are in the deployment's zone.
    """
    currency, zone, names = (
        Currency(settings.currency),
        ZoneInfo(settings.time_zone),
        keys.pseudonyms,
    )
    plain = OrderFiles(currency, names.name)
    files = KnownFiles(
        plain, currency, zone, names.name, names.name_of_email, clock, keys.tombstones
    )
    return BulkImport(storage, objects, files, clock, currency, keys.tombstones)
