"""Takes from its queue what waited: submissions, unsubscriptions, and how challenges went."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Protocol

from succotash.domain.intake.queued_submissions import Delivery, QueuedSubmission
from succotash.domain.intake.unsubscriptions import Unsubscription
from succotash.domain.messages.delivery import DeliveryOutcome
from succotash.domain.people.erasures import ErasedError
from succotash.domain.repositories.submission_queue import SubmissionQueue
from succotash.errors import (
    MalformedRequestError,
    NotFoundError,
    SettingsError,
    StorageError,
    StorageUnavailableError,
    SubmissionInProgressError,
)
from succotash.observation import Metric, count

RECEIVES_TRIED = 5
"""A submission that fails so often for a reason of its own is dead-lettered."""

logger = logging.getLogger(__name__)


class TakesQueued(Protocol):
    """The part of the handler of forms that a queue needs."""

    def take_queued(self, queued: QueuedSubmission) -> object:
        """Store a queued submission, once however often it is given.

        NotFoundError, ErasedError where nothing can ever be stored.
        """

    def settle_challenge(self, outcome: DeliveryOutcome) -> object:
        """Let a submission go on as its challenge went, once however often that is told."""

    def unless_erased(self, queued: QueuedSubmission, keep: Callable[[], None]) -> bool:
        """Do `keep` unless its person was erased since it was sent; whether it was done."""


class TakesUnsubscriptions(Protocol):
    """The part of the use cases of links that a queue needs."""

    def take_queued(self, asked: Unsubscription) -> None:
        """Do what was asked for by a link, once however often it is given."""


@dataclass(frozen=True, slots=True)
class IntakeReport:
    """The results of a queue's messages."""

    taken: int
    discarded: int
    """For which nothing can ever be stored, so that nothing of them is kept anywhere."""
    dead_lettered: int
    again: tuple[str, ...]
    """Ids of the messages that the queue is to give again."""


class QueuedIntake:
    """Takes what a queue gives, in order within each group."""

    def __init__(
        self,
        forms: TakesQueued,
        queue: SubmissionQueue | None,
        unsubscriptions: TakesUnsubscriptions,
    ) -> None:
        self._forms = forms
        self._unsubscriptions = unsubscriptions
        self._queue = queue

    def take(
        self, deliveries: Sequence[Delivery], has_time: Callable[[], bool] = lambda: True
    ) -> IntakeReport:
        """Take the deliveries as far as storage and time allow.

        While the storage is away, nothing is taken and nothing given up. What fails by itself
        holds up its group until it is taken or, at last, dead-lettered. A submission to a form that
        does not exist, and one whose person was erased since, would have been refused: it is
        discarded, so that it does not outlive the outage. A message that cannot be read is set
        aside at once: a release other than this one may have written it.

        SettingsError where this deployment is set up wrongly, which no submission can help: it
        escapes, and all of them are given again.
        """
        again: list[str] = []
        held_up: set[str] = set()
        results: Counter[_Result] = Counter()
        goes_on = True
        for delivery in deliveries:
            goes_on = goes_on and has_time()
            if not goes_on or delivery.group in held_up:
                again.append(delivery.message_id)
                continue
            try:
                result = self._take(delivery)
                if result is _Result.DEAD_LETTERED and not self._dead_letter(delivery):
                    result = _Result.DISCARDED
                results[result] += 1
            except StorageUnavailableError:
                goes_on = False
                again.append(delivery.message_id)
            except _TryAgainError:
                held_up.add(delivery.group)
                again.append(delivery.message_id)
        count(Metric.SUBMISSIONS_DISCARDED, results[_Result.DISCARDED])
        return IntakeReport(
            results[_Result.TAKEN],
            results[_Result.DISCARDED],
            results[_Result.DEAD_LETTERED],
            tuple(again),
        )

    def _dead_letter(self, delivery: Delivery) -> bool:
        """Whether it is dead-lettered; it is gone where its person was erased since it was sent."""
        if self._queue is None:
            raise StorageUnavailableError("no queue for failed messages is set")
        keep = partial(self._queue.dead_letter, delivery)
        try:
            queued = QueuedSubmission.of_text(delivery.text)
        except MalformedRequestError:  # nobody's, as far as can be told
            keep()
            return True
        try:
            return self._forms.unless_erased(queued, keep)
        except StorageError:  # a later search for the person looks there
            keep()
            return True

    def _take(self, delivery: Delivery) -> "_Result":
        message = _read(delivery)
        if message is None:
            logger.error("the message %s cannot be read", delivery.message_id)
            return _Result.DEAD_LETTERED
        try:
            self._hand_on(message)
        except (StorageUnavailableError, SettingsError):
            raise
        except SubmissionInProgressError as error:
            raise _TryAgainError from error
        except Exception as error:
            if _can_never_be_stored(error):
                # Without the form's id: who sent it may have put anything there.
                logger.warning("the queued %s is discarded: %s", _name_of(message), error)
                return _Result.DISCARDED
            # The text of an error may quote what somebody sent.
            logger.error("a queued message cannot be taken: %s", type(error).__name__)  # noqa: TRY400
            if delivery.receives < RECEIVES_TRIED:
                raise _TryAgainError from error
            return _Result.DEAD_LETTERED
        return _Result.TAKEN

    def _hand_on(self, message: "_Message") -> None:
        match message:
            case DeliveryOutcome():
                self._forms.settle_challenge(message)
            case Unsubscription():
                self._unsubscriptions.take_queued(message)
            case QueuedSubmission():
                self._forms.take_queued(message)


type _Message = QueuedSubmission | Unsubscription | DeliveryOutcome


def _name_of(message: _Message) -> str:
    match message:
        case DeliveryOutcome():
            return f"submission {message.message_id}"
        case Unsubscription():
            return f"unsubscription {message.unsubscription_id}"
        case QueuedSubmission():
            return f"submission {message.submission_id}"


def _read(delivery: Delivery) -> _Message | None:
    """Read a message; None if it cannot be read."""
    for kind in (QueuedSubmission, Unsubscription, DeliveryOutcome):
        with suppress(MalformedRequestError):
            return kind.of_text(delivery.text)
    return None


def _can_never_be_stored(error: Exception) -> bool:
    """Whether what it is about would have been refused, had the storage been there."""
    is_formless = isinstance(error, NotFoundError) and error.kind == "form"
    return is_formless or isinstance(error, ErasedError)


class _Result(Enum):
    """The result of one message."""

    TAKEN = auto()
    DISCARDED = auto()
    DEAD_LETTERED = auto()


class _TryAgainError(Exception):
    """It may work the next time."""
