"""The ports to where messages go: the queues of deliveries, a bus of events, and a mailer."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import override

from succotash.domain.messages.delivery import DeliveryJob, DeliveryOutcome
from succotash.domain.messages.mails import Mail
from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.messages.webhooks import Webhook
from succotash.domain.values import MessageId
from succotash.errors import SuccotashError, Violation


class MailRefusedError(SuccotashError):
    """An e-mail was surely not sent; `reason` names the kind of refusal and nobody's data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"an e-mail was refused: {reason}")
        self.reason = reason


class MailUncertainError(SuccotashError):
    """An e-mail may have been sent: the mailer took it, and did not answer."""

    def __init__(self) -> None:
        super().__init__("no answer came to an e-mail that may have been sent")


class WebhookFailedError(SuccotashError):
    """A webhook was not taken, or nobody knows; it may be called again under the same id."""

    def __init__(
        self, reason: str, *, retry_at: datetime | None = None, is_gone: bool = False
    ) -> None:
        """`reason` holds nobody's data; `retry_at` is when the receiver wants to be called again.

        `is_gone` where the receiver wants to be called no more.
        """
        super().__init__(f"a webhook failed: {reason}")
        self.reason = reason
        self.retry_at = retry_at
        self.is_gone = is_gone


class DeliveryQueue(ABC):
    """Takes jobs to the function that does them, outside of the network of the database."""

    @abstractmethod
    def hand_over(self, jobs: Sequence[DeliveryJob]) -> list[DeliveryOutcome]:
        """Hand the jobs over; the outcomes that are known at once.

        Those are the jobs that were surely not taken, and all of them where the jobs are done
        here. The others answer later. One that was taken under the same id minutes ago is not
        taken twice.
        """


class DeliveryInbox(ABC):
    """The other end of that queue, and the way back for outcomes."""

    @abstractmethod
    def claim(self, receipt: str) -> None:
        """Take a received job from the queue for good, so that nobody is given it again.

        StorageUnavailableError where that is not certain; the job must not be done then.
        """

    @abstractmethod
    def answer(self, outcome: DeliveryOutcome) -> None:
        """Keep the outcome until it is taken, at least once; StorageUnavailableError."""


class NobodyWaits(DeliveryInbox):
    """Discards outcomes, where jobs come from no queue."""

    @override
    def claim(self, receipt: str) -> None:
        pass

    @override
    def answer(self, outcome: DeliveryOutcome) -> None:
        pass


class RelayWaker(ABC):
    """Has the outbox relayed."""

    @abstractmethod
    def wake(self, at: datetime | None = None) -> None:
        """Have it relayed within seconds, or at an instant.

        Called after the COMMIT of what was written to the outbox. It never raises: what is
        lost is found by the next run that somebody else asks for.
        """


class NobodyToWake(RelayWaker):
    """Wakes nobody, where the outbox is looked at again and again."""

    @override
    def wake(self, at: datetime | None = None) -> None:
        pass


NOBODY_TO_WAKE = NobodyToWake()


class EventBus(ABC):
    """A bus on which other programs listen."""

    @abstractmethod
    def publish(self, messages: Sequence[OutboxMessage]) -> Mapping[MessageId, str]:
        """Put the messages on the bus; the kind of failure for those that did not get there.

        One that failed for lack of an answer may be on the bus all the same.
        """


class Mailer(ABC):
    """Sends e-mails from the company's address."""

    @abstractmethod
    def send(self, mail: Mail, at: datetime) -> str | None:
        """Send it, dated `at`; MailRefusedError, MailUncertainError.

        What the service that takes it calls it is returned, where it calls it anything.
        """


class Webhooks(ABC):
    """Calls webhooks, signed by the Standard Webhooks scheme."""

    @abstractmethod
    def call(self, webhook: Webhook) -> None:
        """Call it once; WebhookFailedError unless it was taken."""


class WebhookAddresses(ABC):
    """Judges where webhooks may go."""

    @abstractmethod
    def violation(self, url: str) -> Violation | None:
        """The violation of an address, as of now; None where it may be called."""


class AnyAddress(WebhookAddresses):
    """Allows every address, where nothing is called."""

    @override
    def violation(self, url: str) -> Violation | None:
        return None


ANY_ADDRESS = AnyAddress()
