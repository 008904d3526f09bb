"""Makes the daily digests of what forms put into quarantine; the relay sends them."""

from zoneinfo import ZoneInfo

from succotash.application.days import start_of_day
from succotash.domain.messages.quarantine import STORED_AFTER
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import Clock


class QuarantineDigests:
    """Digests by the company's days."""

    def __init__(self, storage: Storage, clock: Clock, time_zone: str) -> None:
        self._storage = storage
        self._clock = clock
        self._time_zone = time_zone

    def make(self) -> int:
        """Put a message for each form into the outbox that has anything to tell; how many.

        Each covers what was stored since the form's last digest, and before today. It is made
        once, soon after midnight or when this is next done, however often and by however many.
        """
        now = self._clock()
        latest = now - STORED_AFTER
        until = start_of_day(latest.astimezone(ZoneInfo(self._time_zone)).date(), self._time_zone)

        def work(repositories: Repositories) -> int:
            digests = repositories.forms.open_digests(until)
            repositories.outbox.append([each.message for each in digests])
            return len(digests)

        return self._storage.in_transaction(work)
