"""Asks at which rate Amazon SES takes the account's e-mails."""

import logging
import time
from collections.abc import Callable

from succotash.infrastructure.aws.mail import Ses, sesv2

KNOWN_SECONDS = 300.0
"""The time for which the account's rate is used before it is asked for again."""
SANDBOX = 1.0
"""E-mails a second of an account that SES has not let out of its sandbox: any account's least."""

logger = logging.getLogger(__name__)


class SesRate:
    """The account's sending rate, asked for and cached; a known one serves on.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
    """

    def __init__(
        self,
        most: float | None = None,
        client: Callable[[], Ses] = sesv2,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`most` is the most that is to be used of it."""
        self._most = most
        self._new_client = client
        self._client: Ses | None = None
        self._clock = clock
        self._asked_at = float("-inf")
        self._known = SANDBOX

    def per_second(self) -> float:
        """E-mails a second of all processes together."""
        if self._clock() - self._asked_at >= KNOWN_SECONDS:
            self._asked_at = self._clock()
            self._known = self._ask() or self._known
        return self._known if self._most is None else min(self._known, self._most)

    def _ask(self) -> float | None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if self._client is None:
                self._client = self._new_client()
            rate = float(self._client.get_account()["SendQuota"]["MaxSendRate"])
        except (BotoCoreError, ClientError, LookupError, ValueError) as error:
            logger.warning("the account's sending rate is not known: %s", type(error).__name__)
            return None
        return rate if rate > 0 else None
