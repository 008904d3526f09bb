"""A person's rights by settings: every place outside the storage that holds what people sent."""

from collections.abc import Mapping

from succotash.application.people.erased_elsewhere import Elsewhere
from succotash.application.people.people_handler import PeopleHandler
from succotash.domain.repositories.erasable import Erasable
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import Clock
from succotash.settings import Settings
from succotash.wiring.keys import KeyRing
from succotash.wiring.messages import event_file, waiting_deliveries, waiting_shop_events


def people_handler(
    settings: Settings,
    storage: Storage,
    clock: Clock,
    keys: KeyRing,
    places: Mapping[str, Erasable | None],
) -> PeopleHandler:
    """Export and erasure; `places` are gone through in their order, and queues after them."""
    # Queues may take all the time that there is.
    queues = {
        "deliveries": waiting_deliveries(settings),
        "shop_events": waiting_shop_events(settings),
    }
    own = {"events": event_file(settings)}
    found = {name: each for name, each in {**places, **own, **queues}.items() if each is not None}
    return PeopleHandler(storage, clock, keys.tombstones, keys.pseudonyms, Elsewhere(found))
