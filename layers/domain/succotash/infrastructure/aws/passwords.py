"""Database passwords from AWS: a secret that is rotated, or a token signed for each connection.

boto3 takes a second to import, so it is imported where a password is first asked for.
"""

import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from succotash.errors import SettingsError, StorageUnavailableError
from succotash.infrastructure.aws.secrets import SecretReader, SecretsClient, secrets_manager

if TYPE_CHECKING:
    from botocore.client import BaseClient


def rds() -> "BaseClient":
    """A client that signs tokens; signing needs no network."""
    import boto3

    client: BaseClient = boto3.client("rds")
    return client


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
    """A password that IAM signs; it opens connections for fifteen minutes, so each gets its own."""

    def __init__(
        self, host: str, port: int, user: str, client: Callable[[], "BaseClient"] = rds
    ) -> None:
        self._host = host
        self._port = port
        self._user = user
        self._new_client = client
        self._client: BaseClient | None = None

    def __call__(self, *, fresh: bool = False) -> str:  # noqa: ARG002 - every token is fresh
        """A token; StorageUnavailableError where there are no credentials to sign it with."""
        from botocore.exceptions import BotoCoreError
        from botocore.signers import generate_db_auth_token

        try:
            if self._client is None:
                self._client = self._new_client()
            return str(generate_db_auth_token(self._client, self._host, self._port, self._user))
        except BotoCoreError:
            raise StorageUnavailableError("no token for it can be signed") from None


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
