"""Secrets of Secrets Manager, fetched when first needed and again after a while.

boto3 takes a second to import, so it is imported where a secret is first read. Powertools' cache
keeps one value for each name, whatever the version, so it would give the current keys twice.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from succotash.errors import SettingsError, StorageUnavailableError

KNOWN_SECONDS = 300.0
"""How long a value is used before it is read again."""
CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"


class SecretsClient(Protocol):
    """What is needed of a client of Secrets Manager."""

    def get_secret_value(self, *, SecretId: str, VersionStage: str) -> Mapping[str, object]:  # noqa: N803 - AWS's names
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
        self._known: dict[tuple[str, Sequence[str]], tuple[float, Sequence[str]]] = {}

    def value(self, secret_arn: str, *, fresh: bool = False) -> str:
        """The current value; `fresh` where the one given before was refused.

        Raises StorageUnavailableError where it cannot be read, SettingsError where it is binary.
        """
        return self._read(secret_arn, (CURRENT,), fresh=fresh)[0]

    def values(self, secret_arn: str) -> Sequence[str]:
        """The current value and the one before the last rotation; raises as `value` does."""
        return self._read(secret_arn, (CURRENT, PREVIOUS))

    def _read(self, arn: str, stages: Sequence[str], *, fresh: bool = False) -> Sequence[str]:
        read_at, found = self._known.get((arn, stages), (0.0, ()))
        if fresh or not found or self._clock() - read_at > self._known_seconds:
            try:
                found = self._fetch(arn, stages)
            except StorageUnavailableError:
                if fresh or not found:
                    raise
            self._known[arn, stages] = (self._clock(), found)
        return found

    def _fetch(self, arn: str, stages: Sequence[str]) -> Sequence[str]:
        from botocore.exceptions import BotoCoreError, ClientError

        found: list[str] = []
        try:
            client = self._client()
            for stage in stages:
                answer = client.get_secret_value(SecretId=arn, VersionStage=stage)
                found.append(str(answer["SecretString"]))
        except KeyError:
            raise SettingsError("a secret is binary") from None
        except ClientError as error:
            is_missing = error.response["Error"]["Code"] == "ResourceNotFoundException"
            if not (found and is_missing):  # a secret that was never rotated has one version
                raise StorageUnavailableError("a secret cannot be fetched") from None
        except BotoCoreError:
            raise StorageUnavailableError("a secret cannot be fetched") from None
        return tuple(found)
