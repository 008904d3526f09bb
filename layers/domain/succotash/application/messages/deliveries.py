"""Does what delivery jobs ask for: e-mails, webhooks, events on the bus, challenges."""

import logging
from collections.abc import Callable, Sequence
from typing import override

from succotash.domain.intake.spam import ChallengeVerifier
from succotash.domain.messages.delivery import (
    REPEATABLE,
    DeliveryJob,
    DeliveryKind,
    DeliveryOutcome,
    DeliveryResult,
)
from succotash.domain.messages.jobs import challenge_of, event_of, mail_of, uuid_of, webhook_of
from succotash.domain.repositories.delivery import (
    DeliveryQueue,
    EventBus,
    Mailer,
    MailRefusedError,
    MailUncertainError,
    WebhookFailedError,
    Webhooks,
)
from succotash.errors import MalformedRequestError

NO_WAY = "this deployment has no way to deliver it"

logger = logging.getLogger(__name__)


class Deliveries(DeliveryQueue):
    """Does jobs. Where the internet can be reached, it takes the place of the queue to it."""

    def __init__(
        self,
        mailer: Mailer | None = None,
        bus: EventBus | None = None,
        challenges: ChallengeVerifier | None = None,
        webhooks: Webhooks | None = None,
    ) -> None:
        """Without one of them, its jobs are refused."""
        self._mailer = mailer
        self._bus = bus
        self._challenges = challenges
        self._webhooks = webhooks

    @override
    def hand_over(self, jobs: Sequence[DeliveryJob]) -> list[DeliveryOutcome]:
        """Do them; the outcome of each, those for the bus last."""
        events = [each for each in jobs if each.kind == DeliveryKind.BUS]
        others = [each for each in jobs if each.kind != DeliveryKind.BUS]
        return [*map(self.deliver, others), *self.publish(events)]

    def deliver(self, job: DeliveryJob) -> DeliveryOutcome:
        """Do one; its outcome. It never raises."""
        try:
            return self._way(job)(job)
        except MalformedRequestError as error:
            return DeliveryOutcome.of(job, DeliveryResult.REFUSED, str(error))
        except Exception as error:  # noqa: BLE001 - nobody else knows that it was tried
            # It may have happened or not; the text of an error may quote what somebody sent.
            logger.error("a delivery failed unexpectedly: %s", type(error).__name__)  # noqa: TRY400
            is_tried_again = job.kind in REPEATABLE
            result = DeliveryResult.REFUSED if is_tried_again else DeliveryResult.UNCERTAIN
            return DeliveryOutcome.of(job, result, type(error).__name__)

    def publish(self, jobs: Sequence[DeliveryJob]) -> list[DeliveryOutcome]:
        """Put the events of jobs on the bus, in as few requests as it takes."""
        if self._bus is None:
            return [DeliveryOutcome.of(job, DeliveryResult.REFUSED, NO_WAY) for job in jobs]
        failures = {}
        messages = []
        for job in jobs:
            try:
                messages.append(event_of(job))
            except MalformedRequestError as error:
                failures[job.message_id] = str(error)
        failures.update(self._bus.publish(messages) if messages else {})
        return [_told(job, failures.get(job.message_id)) for job in jobs]

    def _way(self, job: DeliveryJob) -> Callable[[DeliveryJob], DeliveryOutcome]:
        """The function that does jobs of this kind."""
        match job.kind:
            case DeliveryKind.MAIL:
                return self._mail
            case DeliveryKind.BUS:
                return lambda event: self.publish([event])[0]
            case DeliveryKind.WEBHOOK:
                return self._webhook
            case DeliveryKind.CHALLENGE:
                return self._challenge
            case _:
                raise MalformedRequestError(
                    f"this release does not support jobs of the kind {job.kind}"
                )

    def _mail(self, job: DeliveryJob) -> DeliveryOutcome:
        mail, at = mail_of(job)
        if self._mailer is None:
            return DeliveryOutcome.of(job, DeliveryResult.REFUSED, NO_WAY)
        try:
            reference = self._mailer.send(mail, at)
        except MailRefusedError as error:
            return DeliveryOutcome.of(job, DeliveryResult.REFUSED, error.reason)
        except MailUncertainError:
            return DeliveryOutcome.of(job, DeliveryResult.UNCERTAIN)
        return DeliveryOutcome.of(job, DeliveryResult.DELIVERED, reference=reference)

    def _webhook(self, job: DeliveryJob) -> DeliveryOutcome:
        webhook = webhook_of(job)
        if self._webhooks is None:
            return DeliveryOutcome.of(job, DeliveryResult.REFUSED, NO_WAY)
        try:
            self._webhooks.call(webhook)
        except WebhookFailedError as error:
            return DeliveryOutcome.refused(
                job, error.reason, retry_at=error.retry_at, is_gone=error.is_gone
            )
        return DeliveryOutcome.of(job, DeliveryResult.DELIVERED)

    def _challenge(self, job: DeliveryJob) -> DeliveryOutcome:
        asked = challenge_of(job)
        if self._challenges is None:
            return DeliveryOutcome.of(job, DeliveryResult.REFUSED, NO_WAY)
        state = self._challenges.verify(
            asked.secret_arn, asked.response, asked.ip_address, uuid_of(job)
        )
        return DeliveryOutcome.of(job, DeliveryResult.DELIVERED, reference=state)


def _told(job: DeliveryJob, failure: str | None) -> DeliveryOutcome:
    result = DeliveryResult.DELIVERED if failure is None else DeliveryResult.REFUSED
    return DeliveryOutcome.of(job, result, failure)
