"""Values of secrets of Secrets Manager that forms name."""

import time
from collections.abc import Callable
from typing import Any

from succotash.errors import StorageUnavailableError
from succotash.infrastructure.aws.passwords import secrets_manager

KNOWN_SECONDS = 300.0
"""How long a value is used before it is asked for again."""


class SecretValues:
    """Fetches each secret when it is first asked for, and again after a while."""

    def __init__(
        self,
        client: Callable[[], Any] = secrets_manager,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[float, str]] = {}

    def __call__(self, secret_arn: str) -> str:
        """The value; StorageUnavailableError where it cannot be had, or is binary."""
        fetched_at, value = self._known.get(secret_arn, (0.0, ""))
        if not value or self._clock() - fetched_at > KNOWN_SECONDS:
            value = self._fetch(secret_arn)
            self._known[secret_arn] = (self._clock(), value)
        return value

    def _fetch(self, secret_arn: str) -> str:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return str(self._client().get_secret_value(SecretId=secret_arn)["SecretString"])
        except (BotoCoreError, ClientError, KeyError):
            raise StorageUnavailableError("a form's secret cannot be fetched") from None
