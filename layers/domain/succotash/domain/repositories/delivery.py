"""The ports to where messages go: a bus of events, and a mailer."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime

from succotash.domain.messages.mails import Mail
from succotash.domain.messages.outbox import OutboxMessage
from succotash.domain.values import MessageId
from succotash.errors import SuccotashError


class MailRefusedError(SuccotashError):
    """An e-mail was surely not sent; `reason` names the kind of refusal and nobody's data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"an e-mail was refused: {reason}")
        self.reason = reason


class MailUncertainError(SuccotashError):
    """An e-mail may have been sent: the mailer took it, and did not answer."""

    def __init__(self) -> None:
        super().__init__("no answer came to an e-mail that may have been sent")


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
    def send(self, mail: Mail, at: datetime) -> None:
        """Send it, dated `at`; MailRefusedError, MailUncertainError."""
