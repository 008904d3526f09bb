"""Keeps to the rate at which a mail service takes e-mails."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import override

from succotash.domain.messages.mails import Mail
from succotash.domain.repositories.delivery import Mailer

SENDERS = 5
"""Processes that send at once at most: the concurrency of `delivery`, each with its share."""


class PacedMailer(Mailer):
    """Sends no e-mail sooner after the one before than this process's share of the rate allows."""

    def __init__(
        self,
        mailer: Mailer,
        per_second: Callable[[], float],
        seconds: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`per_second` is what all processes together may send."""
        self._mailer = mailer
        self._per_second = per_second
        self._seconds = seconds
        self._sleep = sleep
        self._next = float("-inf")

    @override
    def send(self, mail: Mail, at: datetime) -> str | None:
        wait = self._next - self._seconds()
        if wait > 0:
            self._sleep(wait)
        self._next = self._seconds() + SENDERS / self._per_second()
        return self._mailer.send(mail, at)
