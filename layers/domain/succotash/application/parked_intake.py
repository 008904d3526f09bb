"""Takes submissions from the queue in which they waited for the storage."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from succotash.domain.parking import Delivery, ParkedSubmission
from succotash.domain.repositories.parking import SubmissionQueue
from succotash.errors import (
    MalformedRequestError,
    NotFoundError,
    SettingsError,
    StorageError,
    StorageUnavailableError,
    SubmissionInProgressError,
)

RECEIVES_TRIED = 5
"""A submission that fails so often for a reason of its own is set aside."""

logger = logging.getLogger(__name__)


class TakesParked(Protocol):
    """What is needed of the handler of forms."""

    def take_parked(self, parked: ParkedSubmission) -> object:
        """Store a parked submission, once however often it is given."""

    def unless_erased(self, parked: ParkedSubmission, keep: Callable[[], None]) -> bool:
        """Do `keep` unless its person was erased since it was sent; whether it was done."""


@dataclass(frozen=True, slots=True)
class ParkedTaken:
    """What became of the messages that a queue gave."""

    taken: int
    set_aside: int
    again: tuple[str, ...]
    """Ids of the messages that the queue is to give again."""


class ParkedIntake:
    """Takes what a queue gives, in order within each group."""

    def __init__(self, forms: TakesParked, queue: SubmissionQueue | None) -> None:
        self._forms = forms
        self._queue = queue

    def take(
        self, deliveries: Sequence[Delivery], has_time: Callable[[], bool] = lambda: True
    ) -> ParkedTaken:
        """Take the deliveries as far as storage and time allow.

        While the storage is away, nothing is taken and nothing given up. What fails by itself
        holds up its group until it is taken or, at last, set aside. What can never be taken, such
        as a submission to a form that does not exist, is set aside at once.

        SettingsError where this deployment is set up wrongly, which no submission can help: it
        escapes, and all of them are given again.
        """
        again: list[str] = []
        held_up: set[str] = set()
        taken = set_aside = 0
        goes_on = True
        for delivery in deliveries:
            goes_on = goes_on and has_time()
            if not goes_on or delivery.group in held_up:
                again.append(delivery.message_id)
                continue
            try:
                if self._take(delivery) or not self._set_aside(delivery):
                    taken += 1
                else:
                    set_aside += 1
            except StorageUnavailableError:
                goes_on = False
                again.append(delivery.message_id)
            except _TryAgainError:
                held_up.add(delivery.group)
                again.append(delivery.message_id)
        return ParkedTaken(taken, set_aside, tuple(again))

    def _set_aside(self, delivery: Delivery) -> bool:
        """Whether it is set aside; it is gone where its person was erased since it was sent."""
        if self._queue is None:
            raise StorageUnavailableError("there is no queue to set anything aside in")
        keep = partial(self._queue.set_aside, delivery)
        try:
            parked = ParkedSubmission.of_text(delivery.text)
        except MalformedRequestError:  # nobody's, as far as can be told
            keep()
            return True
        try:
            return self._forms.unless_erased(parked, keep)
        except StorageError:  # whoever looks for the person later looks there
            keep()
            return True

    def _take(self, delivery: Delivery) -> bool:
        """Whether it is taken; it never will be where it is not, and nothing is raised."""
        try:
            self._forms.take_parked(ParkedSubmission.of_text(delivery.text))
        except (StorageUnavailableError, SettingsError):
            raise
        except (MalformedRequestError, NotFoundError):
            return False
        except SubmissionInProgressError as error:
            raise _TryAgainError from error
        except Exception as error:
            # The text of an error may quote what somebody sent.
            logger.error("a parked submission cannot be taken: %s", type(error).__name__)  # noqa: TRY400
            if delivery.receives < RECEIVES_TRIED:
                raise _TryAgainError from error
            return False
        return True


class _TryAgainError(Exception):
    """It may work the next time."""
