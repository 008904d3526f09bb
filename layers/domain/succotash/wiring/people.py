"""A person's rights, by settings."""

from typing import TYPE_CHECKING

from succotash.application.people.erased_elsewhere import Elsewhere
from succotash.application.people.people_handler import PeopleHandler
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import Clock
from succotash.settings import Settings
from succotash.wiring.keys import KeyRing
from succotash.wiring.messages import waiting_deliveries

if TYPE_CHECKING:
    from succotash.domain.repositories.erasable import Erasable


def people_handler(
    settings: Settings,
    storage: Storage,
    clock: Clock,
    keys: KeyRing,
    *,
    exports: "Erasable | None",
    mails: "Erasable | None",
    submissions: "Erasable | None",
) -> PeopleHandler:
    """Export and erasure, also in every place outside the storage that holds what people sent."""
    # In this order: queues may take all the time that there is.
    places = {
        "exports": exports,
        "mails": mails,
        "parked_submissions": submissions,
        "deliveries": waiting_deliveries(settings),
    }
    known = {name: place for name, place in places.items() if place is not None}
    return PeopleHandler(storage, clock, keys.tombstones, keys.pseudonyms, Elsewhere(known))
