"""Takes delivery jobs from their queue, does them, and answers the outcome of each."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from succotash.application.messages.deliveries import Deliveries
from succotash.domain.messages.delivery import (
    AT_MOST_ONCE,
    DeliveryJob,
    DeliveryKind,
    DeliveryOutcome,
)
from succotash.domain.repositories.delivery import DeliveryInbox
from succotash.errors import MalformedRequestError, StorageUnavailableError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReceivedJob:
    """A message that a queue gave, which ought to be a delivery job."""

    message_id: str
    receipt: str
    """The receipt by which it is deleted from the queue."""
    text: str


@dataclass(frozen=True, slots=True)
class WorkReport:
    """The results of the jobs that a queue gave."""

    outcomes: tuple[DeliveryOutcome, ...]
    again: tuple[str, ...]
    """Ids of the messages that the queue is to give again."""


class DeliveryWorker:
    """Does what must not happen twice at most once, and the rest at least once."""

    def __init__(self, deliveries: Deliveries, inbox: DeliveryInbox) -> None:
        self._deliveries = deliveries
        self._inbox = inbox

    def work(
        self, received: Sequence[ReceivedJob], has_time: Callable[[], bool] = lambda: True
    ) -> WorkReport:
        """Do the jobs while there is time.

        A mail's job is taken from the queue before its mail is sent: a crash between the two
        loses the mail, and no crash sends it twice. What can be repeated is given again unless
        its outcome was kept. A message that is no job is given again until the queue sets it
        aside: another release may have written it.
        """
        outcomes: list[DeliveryOutcome] = []
        again: list[str] = []
        events: list[tuple[ReceivedJob, DeliveryJob]] = []
        for each in received:
            job = _read(each)
            if job is None or not has_time():
                again.append(each.message_id)
            elif job.kind == DeliveryKind.BUS:
                events.append((each, job))
            elif (outcome := self._do(each, job)) is None:
                again.append(each.message_id)
            else:
                outcomes.append(outcome)
        published = {
            each.job_id: each for each in self._deliveries.publish([job for _, job in events])
        }
        for each, job in events:
            if self._answer(published[job.job_id]):
                outcomes.append(published[job.job_id])
            else:
                again.append(each.message_id)
        return WorkReport(tuple(outcomes), tuple(again))

    def _do(self, received: ReceivedJob, job: DeliveryJob) -> DeliveryOutcome | None:
        """The outcome; None where the job has to be given again."""
        is_claimed = job.kind in AT_MOST_ONCE
        if is_claimed:
            try:
                self._inbox.claim(received.receipt)
            except StorageUnavailableError:
                return None
        outcome = self._deliveries.deliver(job)
        if self._answer(outcome) or is_claimed:
            return outcome
        return None

    def _answer(self, outcome: DeliveryOutcome) -> bool:
        """Whether the outcome is kept; who handed the job over waits for it no longer than set."""
        try:
            self._inbox.answer(outcome)
        except StorageUnavailableError as error:
            logger.warning("an outcome cannot be answered: %s", error)
            return False
        return True


def _read(received: ReceivedJob) -> DeliveryJob | None:
    try:
        return DeliveryJob.of_text(received.text)
    except MalformedRequestError:
        logger.error("the message %s cannot be read", received.message_id)  # noqa: TRY400
        return None
