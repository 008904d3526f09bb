"""Keys that sign tokens, from a secret of Secrets Manager."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from succotash.errors import StorageUnavailableError
from succotash.infrastructure.aws.passwords import secrets_manager

KNOWN_SECONDS = 300.0
"""How long keys are used before they are asked for again."""
STAGES = ("AWSCURRENT", "AWSPREVIOUS")


class SecretKeys:
    """The secret's value and the one before it: rotating the secret rotates the keys.

    A value may be several keys with commas between them, newest first. What was fetched serves on
    while the secret cannot be had.
    """

    def __init__(
        self,
        secret_arn: str,
        client: Callable[[], Any] = secrets_manager,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._secret_arn = secret_arn
        self._client = client
        self._clock = clock
        self._known: tuple[str, ...] = ()
        self._fetched_at = 0.0

    def __call__(self) -> Sequence[str]:
        """The keys, newest first; StorageUnavailableError where none were ever had."""
        if not self._known or self._clock() - self._fetched_at > KNOWN_SECONDS:
            try:
                self._known = self._fetch()
            except StorageUnavailableError:
                if not self._known:
                    raise
            self._fetched_at = self._clock()
        return self._known

    def _fetch(self) -> tuple[str, ...]:
        from botocore.exceptions import BotoCoreError, ClientError

        client = self._client()
        keys: list[str] = []
        for stage in STAGES:
            try:
                answer = client.get_secret_value(SecretId=self._secret_arn, VersionStage=stage)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == "ResourceNotFoundException" and (
                    stage != STAGES[0]
                ):
                    continue  # it was never rotated
                raise StorageUnavailableError("the signing keys cannot be fetched") from None
            except BotoCoreError:
                raise StorageUnavailableError("the signing keys cannot be fetched") from None
            keys += str(answer["SecretString"]).split(",")
        return tuple(dict.fromkeys(keys))
