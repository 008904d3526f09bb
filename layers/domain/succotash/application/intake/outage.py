"""Keeps submissions while the storage is unavailable, with the forms that were seen last."""

import time
from collections import OrderedDict
from collections.abc import Callable

from succotash.domain.repositories.submission_queue import Queueable, SubmissionQueue
from succotash.errors import StorageUnavailableError

AWAY_SECONDS = 5.0
"""The time after a failure in which nobody waits for the storage again."""
FORMS_REMEMBERED = 200


class OutageGuard[F]:
    """One process's knowledge of an outage. `F` is a form's definition."""

    def __init__(
        self,
        queue: SubmissionQueue | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue = queue
        self._clock = clock
        self._away_until = -AWAY_SECONDS
        self._forms: OrderedDict[str, F] = OrderedDict()

    @property
    def storage_unavailable(self) -> bool:
        """Whether the storage failed moments ago, and there is a queue to go to at once."""
        return self._queue is not None and self._clock() < self._away_until

    def enqueue(self, sent: Queueable, reason: StorageUnavailableError | None) -> None:
        """Keep what was sent until the storage is back.

        Where there is no queue, or it does not answer either, `reason` is raised; without a
        reason, the queue's own error.
        """
        if self._queue is None:
            raise reason or StorageUnavailableError("no queue for submissions is set")
        try:
            self._queue.enqueue(sent)
        except StorageUnavailableError as error:
            raise reason or error from None
        if reason is not None:
            self._away_until = self._clock() + AWAY_SECONDS

    def remember(self, form_id: str, form: F) -> None:
        """Keep a form as it was just read."""
        self._forms[form_id] = form
        self._forms.move_to_end(form_id)
        if len(self._forms) > FORMS_REMEMBERED:
            self._forms.popitem(last=False)

    def recall(self, form_id: str) -> F | None:
        """The form as it was last read by this process; None where it never was."""
        return self._forms.get(form_id)
