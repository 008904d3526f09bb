"""A person's rights: to see what the storage holds about them, and to have it erased."""

import secrets
from collections.abc import Callable

from succotash.application.people.erased_elsewhere import NOWHERE_ELSE, Elsewhere
from succotash.application.people.erasure import PersonErasure
from succotash.application.people.exports import PersonExports
from succotash.application.people.traces import Traces
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
from succotash.domain.people.identities import NO_PSEUDONYMS, Pseudonyms
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import Clock


class PeopleHandler(PersonExports, PersonErasure):
    """Export and erasure by e-mail."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        tombstones: Tombstones = NO_TOMBSTONES,
        pseudonyms: Pseudonyms = NO_PSEUDONYMS,
        elsewhere: Elsewhere = NOWHERE_ELSE,
        random_text: Callable[[], str] = secrets.token_hex,
    ) -> None:
        """For `random_text` see PersonErasure."""
        traces = Traces(tombstones, pseudonyms)
        PersonExports.__init__(self, storage, tombstones, traces)
        PersonErasure.__init__(self, storage, clock, traces, elsewhere, random_text)
