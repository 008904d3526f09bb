"""Passwords that change while connections are warm."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import override
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto import mock_aws

from succotash.errors import SettingsError, StorageUnavailableError
from succotash.infrastructure.aws.passwords import IamToken, SecretPassword
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings, fixed_password
from succotash.infrastructure.postgres.connector import Connector
from succotash.infrastructure.postgres.database import Database
from succotash.infrastructure.postgres.errors import ConnectError
from tests.faults.conftest import Opener
from tests.faults.rows import values

ROLE = "succotash_rotating"
WHO = "SELECT current_user::text AS name, pg_backend_pid() AS pid"
KILL = "SELECT pg_terminate_backend(:pid, 5000)"


@dataclass
class Vault:
    """Keeps the current password, and counts how often it was asked for."""

    current: str
    known: str = ""
    asked: list[bool] = field(default_factory=list)

    def __call__(self, *, fresh: bool = False) -> str:
        self.asked.append(fresh)
        if fresh or not self.known:
            self.known = self.current
        return self.known


@pytest.fixture
def rotating(database: Database) -> Iterator[Database]:
    """An administrator, beside whom the role `succotash_rotating` has the password "first"."""
    database.run(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'first'")
    yield database
    database.run(f"DROP ROLE {ROLE}")


def test_a_password_changed_while_warm_is_fetched_again_once(
    rotating: Database, open_database: Opener
) -> None:
    vault = Vault("first")
    client = open_database(user=ROLE, password=vault)
    [pid] = values(client.run(WHO), "pid")

    rotating.run(f"ALTER ROLE {ROLE} PASSWORD 'second'")
    vault.current = "second"
    assert values(client.run(WHO), "pid") == [pid]
    rotating.run(KILL, pid=pid)

    assert values(client.run(WHO), "name") == [ROLE]
    assert vault.asked == [False, False, True]
    client.close()


@pytest.mark.usefixtures("rotating")
def test_a_password_that_stays_wrong_is_not_tried_over_and_over(open_database: Opener) -> None:
    vault = Vault("wrong")
    client = open_database(user=ROLE, password=vault)

    with pytest.raises(ConnectError, match="28P01"):
        client.run(WHO)

    assert vault.asked == [False, True]


@pytest.mark.usefixtures("rotating")
def test_a_missing_password_is_refused_like_a_wrong_one(settings: ConnectionSettings) -> None:
    with pytest.raises(ConnectError, match="28P01"):
        Connector(replace(settings, user=ROLE, password=fixed_password(""))).connect()


def test_a_rotated_secret_is_fetched_again() -> None:
    with mock_aws():
        client = boto3.client("secretsmanager", region_name="eu-central-1")
        arn = client.create_secret(Name="db", SecretString='{"password": "first"}')["ARN"]
        password = SecretPassword(arn, lambda: client)
        assert password() == "first"
        client.put_secret_value(SecretId=arn, SecretString=json.dumps({"password": "second"}))

        assert password() == "first"
        assert password(fresh=True) == "second"
        assert password() == "second"


def test_a_secret_may_be_the_bare_password() -> None:
    with mock_aws():
        client = boto3.client("secretsmanager", region_name="eu-central-1")
        arn = client.create_secret(Name="db", SecretString="12345")["ARN"]

        assert SecretPassword(arn, lambda: client)() == "12345"


def test_a_secret_that_cannot_be_had_makes_the_storage_unavailable() -> None:
    with mock_aws():
        client = boto3.client("secretsmanager", region_name="eu-central-1")
        empty = client.create_secret(Name="db", SecretString="{}")["ARN"]

        with pytest.raises(StorageUnavailableError, match="cannot be fetched"):
            SecretPassword("missing", lambda: client)()
        with pytest.raises(SettingsError, match="DB_SECRET_ARN"):
            SecretPassword(empty, lambda: client)()


@pytest.fixture
def rotated_credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where Lambda gives a function its credentials; others each time, since they end soon."""
    numbers = iter(range(1000))

    class Credentials(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            ends = datetime.now(UTC) + timedelta(minutes=1)
            answer = {
                "AccessKeyId": f"ASIA{next(numbers)}",
                "SecretAccessKey": "secret",
                "Token": "session",
                "Expiration": ends.isoformat(),
            }
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        @override
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with HTTPServer(("127.0.0.1", 0), Credentials) as server:
        address = f"http://127.0.0.1:{server.server_port}/credentials"
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", address)
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield
        server.shutdown()
        serving.join()


@pytest.mark.usefixtures("rotated_credentials")
def test_credentials_rotated_while_warm_sign_the_next_connections_token(
    rotating: Database, open_database: Opener
) -> None:
    sign = IamToken("db.example.com", 5432, ROLE)
    tokens: list[str] = []

    def accepted(*, fresh: bool = False) -> str:
        """A token, and no other, lets the role in: as RDS does with those that have not ended."""
        tokens.append(sign(fresh=fresh))
        rotating.run(f"ALTER ROLE {ROLE} PASSWORD '{tokens[-1]}'")
        return tokens[-1]

    client = open_database(user=ROLE, password=accepted)
    [pid] = values(client.run(WHO), "pid")
    assert values(client.run(WHO), "pid") == [pid]
    assert len(tokens) == 1
    rotating.run(KILL, pid=pid)

    assert values(client.run(WHO), "name") == [ROLE]
    first, second = (parse_qs(urlsplit(f"https://{token}").query) for token in tokens)
    assert first["X-Amz-Credential"] != second["X-Amz-Credential"]
    assert first["X-Amz-Signature"] != second["X-Amz-Signature"]
