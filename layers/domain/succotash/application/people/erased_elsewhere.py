"""Erases a person outside the storage, and reports what it leaves, with the reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Erasable
from succotash.errors import NotFoundError, StorageError, StorageUnavailableError


class KeptView(TypedDict):
    """A place that an erasure leaves as it is."""

    what: str
    why: str
    """And until when, where it ends."""


class UnfinishedView(TypedDict):
    """A place that was not gone through; doing the erasure again goes through it."""

    place: str
    why: str


ALWAYS_KEPT: tuple[KeptView, ...] = (
    {
        "what": "Orders with their amounts and days, under ids made at random, without a person",
        "why": "Revenue, cohorts and models stay what they were.",
    },
    {
        "what": "Tombstones: keyed digests of the address, of the person's customer ids and of the "
        "keys of their requests",
        "why": "What is older and comes again is recognised by them. Nobody reads them without "
        "this deployment's key.",
    },
    {
        "what": "A suppression: a keyed digest of the address",
        "why": "No campaign writes to it, even if a later import names the person again. A yes of "
        "the person, given later, ends it.",
    },
    {
        "what": "Submissions that wait in a queue for the database",
        "why": "Its consumer asks for the tombstone first, and keeps nothing of it.",
    },
    {
        "what": "Files of orders that were not imported yet",
        "why": "A file goes once it is imported, and names nobody who was erased since; one that "
        "never is goes after 30 days.",
    },
    {
        "what": "Answers of others that name the person, and of forms that ask for no address; "
        "addresses that a form notifies",
        "why": "They are others', or nobody can tell whose. Change a form to notify somebody else.",
    },
    {
        "what": "Deliveries that wait: questions about challenges, and events that do not name the "
        "person",
        "why": "They hold ids, an IP address at most, and no address. What is not done within "
        "minutes goes after four days.",
    },
    {
        "what": "An e-mail that is handed over or sent at the same moment, or is to be tried again",
        "why": "It could not be taken back. `unfinished` names what still waits: ask again.",
    },
    {
        "what": "E-mails and events that were delivered, and exports that were fetched",
        "why": "They are their receivers'. Events hold ids and no address, except messages of "
        "campaigns that go by the bus.",
    },
    {
        "what": "A large export that somebody made at the same moment",
        "why": "It was not there to be removed, and goes within a day.",
    },
)
ON_DISK: KeptView = {
    "what": "Deleted rows and old statistics in the database's files, its log and its backups",
    "why": "They go with the server's next vacuum, and when the log and the backups expire; until "
    "then nothing that answers requests reads them.",
}


class ElsewhereView(TypedDict):
    """The result of an erasure outside the storage."""

    erased_elsewhere: dict[str, int]
    """Dead-lettered submissions, waiting deliveries, exports, e-mails and events of this machine
    removed, by place; exports of everybody."""
    unfinished: list[UnfinishedView]
    """Empty where every place was gone through."""
    kept: list[KeptView]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Every place outside the storage that holds what people sent, by name."""

    places: Mapping[str, Erasable] = field(default_factory=dict)

    def erase(
        self, person: ErasedPerson, purge: Callable[[], bool], has_time: Callable[[], bool]
    ) -> ElsewhereView:
        """Go through all places once the storage knows of the erasure, as far as time goes.

        `purge` overwrites what was deleted in the storage's files, as `Storage.purge_deleted`. A
        place that does not answer is left for the next time, and the others are gone through.
        """
        removed: dict[str, int] = {}
        unfinished: list[UnfinishedView] = []
        for name, place in self.places.items():
            try:
                forgotten = place.forget(person, has_time)
            except (StorageUnavailableError, StorageError, NotFoundError):
                unfinished.append({"place": name, "why": "It did not answer."})
                continue
            removed[name] = forgotten.removed
            if not forgotten.is_complete:
                unfinished.append({"place": name, "why": "Time ended before it did."})
        kept = [*ALWAYS_KEPT, *(() if _is_purged(purge) else (ON_DISK,))]
        return {"erased_elsewhere": removed, "unfinished": unfinished, "kept": kept}


NOWHERE_ELSE = Elsewhere()


def _is_purged(purge: Callable[[], bool]) -> bool:
    try:
        return purge()
    except (StorageUnavailableError, StorageError):
        return False
