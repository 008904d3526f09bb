"""Imports of files of orders, in every format."""

from typing import TYPE_CHECKING

from succotash.domain.values import Clock, Currency
from succotash.settings import Settings

if TYPE_CHECKING:
    from succotash.application.value.order_import import BulkImport
    from succotash.domain.people.erasures import Tombstones
    from succotash.domain.people.identities import Pseudonyms
    from succotash.domain.repositories.objects import ObjectStore
    from succotash.domain.repositories.storage import Storage


def bulk_import(
    settings: Settings,
    storage: "Storage",
    objects: "ObjectStore",
    clock: Clock,
    names: "Pseudonyms",
    tombstones: "Tombstones",
) -> "BulkImport":
    """Imports from this store; instants without an offset are in the deployment's zone."""
    from zoneinfo import ZoneInfo

    from succotash.application.shops.shop_files import KnownFiles
    from succotash.application.value.order_import import BulkImport
    from succotash.http.order_files import OrderFiles

    currency, zone = Currency(settings.currency), ZoneInfo(settings.time_zone)
    plain = OrderFiles(currency, names.name)
    files = KnownFiles(plain, currency, zone, names.name, names.name_of_email, clock)
    return BulkImport(storage, objects, files, clock, currency, tombstones)
