"""A stack whose database is not set up yet, for each test."""

import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import override

import boto3
import pytest
from moto import mock_aws

from succotash.infrastructure.postgres.migrations.rights import Kind, quoted, role_of
from tests.integration.stacks import CloudFormation, Stack
from tests.servers import PostgresServer


@pytest.fixture
def cloud() -> Iterator[CloudFormation]:
    found = CloudFormation()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.content_types.append(self.headers["Content-Type"])
            if found.failing:
                found.failing -= 1
                self.send_error(503)
                return
            found.answers.append(json.loads(body))
            self.send_response(200)
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}/answer?signature=x"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture
def stack(
    postgres_server: PostgresServer, cloud: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stack]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    mark = secrets.token_hex(4)
    user, database = f"user_{mark}", f"shop_{mark}"
    with mock_aws():
        client = boto3.client("secretsmanager")

        def kept(name: str, value: Mapping[str, str]) -> str:
            return client.create_secret(Name=name, SecretString=json.dumps(value))["ARN"]

        passwords = {kind: secrets.token_urlsafe(16) for kind in Kind}
        admin = {"username": postgres_server.user, "password": postgres_server.password}
        environment = {
            "DB_HOST": postgres_server.host,
            "DB_PORT": str(postgres_server.port),
            "DB_NAME": database,
            "DB_USER": user,
            "DB_SSLMODE": "disable",
            "DB_ADMIN_SECRET_ARN": kept("admin", admin),
            "DB_ROLE_SECRET_ARNS": json.dumps(
                {
                    kind: kept(kind, {"username": role_of(user, kind), "password": password})
                    for kind, password in passwords.items()
                }
            ),
        }
        yield Stack(postgres_server, database, user, environment, passwords, cloud)
    with postgres_server.connect() as connection:
        connection.run(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        for kind in Kind:
            connection.run(f"DROP ROLE IF EXISTS {quoted(role_of(user, kind))}")
