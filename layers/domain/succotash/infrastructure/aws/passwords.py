"""Database passwords from AWS: a secret that is rotated, or a token signed for each connection."""

import json
import math
import os
from collections.abc import Callable
from typing import Any

from succotash.domain.values import Clock, system_clock
from succotash.errors import SettingsError
from succotash.infrastructure.aws.credentials import Credentials, find_credentials
from succotash.infrastructure.aws.rds_tokens import rds_token
from succotash.infrastructure.aws.secrets import SecretReader, SecretsClient, secrets_manager


class SecretPassword:
    """The password in a secret of Secrets Manager, read again once it is refused.

    The secret is the JSON that RDS writes, with a `password`, or the bare password.
    """

    def __init__(
        self, secret_arn: str, client: Callable[[], SecretsClient] = secrets_manager
    ) -> None:
        self._secret_arn = secret_arn
        self._secrets = SecretReader(client, known_seconds=math.inf)

    def __call__(self, *, fresh: bool = False) -> str:
        """The password; StorageUnavailableError where the secret cannot be had."""
        return _password_in(self._secrets.value(self._secret_arn, fresh=fresh))

    def user(self) -> str:
        """Whose password it is; SettingsError where the secret is not the JSON of RDS."""
        try:
            return str(json.loads(self._secrets.value(self._secret_arn))["username"])
        except (ValueError, TypeError, KeyError):
            raise SettingsError("the administrator's secret names no username") from None


class IamToken:
    """A password that IAM signs; it opens connections for fifteen minutes, so each gets its own.

    It is signed without boto3, in microseconds, and nobody is asked.
    """

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        credentials: Callable[[], Credentials] = lambda: find_credentials(os.environ),
        clock: Clock = system_clock,
    ) -> None:
        self._host = host
        self._port = port
        self._user = user
        self._credentials = credentials
        self._clock = clock

    def __call__(self, *, fresh: bool = False) -> str:  # noqa: ARG002 - every token is fresh
        """A token; StorageUnavailableError where there are no credentials to sign it with."""
        return rds_token(self._host, self._port, self._user, self._credentials(), self._clock())


def _password_in(secret: str) -> str:
    try:
        content: Any = json.loads(secret)
    except ValueError:
        return secret
    if not isinstance(content, dict):
        return secret
    password = content.get("password")
    if not isinstance(password, str):
        raise SettingsError("the secret of DB_SECRET_ARN holds no password")
    return password
