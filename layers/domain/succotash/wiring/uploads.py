"""Files that are sent past the API, by settings."""

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from succotash.application.shops.files.uploads import Uploads
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import Clock, Currency, IdFactory
from succotash.settings import Settings
from succotash.wiring.services import services_at

if TYPE_CHECKING:
    from succotash.domain.repositories.objects import ObjectStore
    from succotash.domain.repositories.uploads import UploadStore


def uploads(settings: Settings, storage: Storage, clock: Clock, new_id: IdFactory) -> Uploads:
    """Permits to send files of orders, and reports of their imports."""
    zone, currency = ZoneInfo(settings.time_zone), Currency(settings.currency)
    store: UploadStore | None = None
    objects: ObjectStore | None = None
    if (place := settings.order_files) is not None:
        services = services_at(place)
        store = services.upload_store(place, settings.public_url)
        objects = services.objects(place)
    return Uploads(storage, store, objects, clock, new_id, zone, currency)
