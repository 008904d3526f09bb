"""Imports of files of orders, by settings."""

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
    """Imports of files of orders from this store."""
    currency = Currency(settings.currency)
    files = OrderFiles(currency, keys.pseudonyms.name)
    return BulkImport(storage, objects, files, clock, currency, keys.tombstones)
