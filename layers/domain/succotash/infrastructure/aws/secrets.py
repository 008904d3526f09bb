"""Secrets of Secrets Manager, fetched when first needed and again after a while.

boto3 takes a second to import, so it is imported where a secret is first read.
"""

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from succotash.errors import SettingsError, StorageUnavailableError

KNOWN_SECONDS = 300.0
"""The time for which a value is used before it is read again."""


class SecretsClient(Protocol):
    """The part of a client of Secrets Manager that is needed."""

    def get_secret_value(self, *, SecretId: str) -> Mapping[str, object]:  # noqa: N803 - AWS's name
        """The answer, with the secret as `SecretString` unless it is binary."""


def secrets_manager() -> SecretsClient:
    """A client that gives up within seconds where its network leads nowhere."""
    import boto3
    from botocore.config import Config

    limits = Config(connect_timeout=3, read_timeout=3, retries={"total_max_attempts": 2})
    return boto3.client("secretsmanager", config=limits)


class SecretReader:
    """Reads secrets and caches them; a known value serves on while it cannot be read again."""

    def __init__(
        self,
        client: Callable[[], SecretsClient] = secrets_manager,
        *,
        clock: Callable[[], float] = time.monotonic,
        known_seconds: float = KNOWN_SECONDS,
    ) -> None:
        self._client = client
        self._clock = clock
        self._known_seconds = known_seconds
        self._known: dict[str, tuple[float, str]] = {}

    def value(self, secret_arn: str, *, fresh: bool = False) -> str:
        """The current value; `fresh` where the one given before was refused.

        Raises StorageUnavailableError where it cannot be read, SettingsError where it is binary.
        """
        read_at, found = self._known.get(secret_arn, (0.0, None))
        if fresh or found is None or self._clock() - read_at > self._known_seconds:
            try:
                found = self._fetch(secret_arn)
            except StorageUnavailableError:
                if fresh or found is None:
                    raise
            self._known[secret_arn] = (self._clock(), found)
        return found

    def _fetch(self, arn: str) -> str:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return str(self._client().get_secret_value(SecretId=arn)["SecretString"])
        except KeyError:
            raise SettingsError("a secret is binary") from None
        except (BotoCoreError, ClientError):
            raise StorageUnavailableError("a secret cannot be fetched") from None
