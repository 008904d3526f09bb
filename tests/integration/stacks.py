"""A stack with its function, its server, and CloudFormation at an address of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schema_migration import migrating
from succotash.container import Container
from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    SslMode,
    fixed_password,
)
from succotash.infrastructure.postgres.connector import Connector
from succotash.infrastructure.postgres.migrations import REVISION
from succotash.infrastructure.postgres.migrations.rights import Kind, role_of
from tests.contexts import Context
from tests.servers import PostgresServer

LATER = "9999"

HOLD_SET_UPS = "SELECT pg_advisory_lock(hashtextextended('succotash set-up', 0))"
LET_GO = "SELECT pg_advisory_unlock_all()"


@dataclass
class CloudFormation:
    """Takes answers at an address of its own; of the first `failing` it says that it failed."""

    url: str = ""
    failing: int = 0
    answers: list[dict[str, Any]] = field(default_factory=list)
    content_types: list[str | None] = field(default_factory=list)


@dataclass(frozen=True)
class Stack:
    """What the function is given by its stack."""

    server: PostgresServer
    database: str
    user: str
    environment: Mapping[str, str]
    passwords: Mapping[Kind, str]
    cloud: CloudFormation

    def ask(self, kind: str = "Create", revision: str = REVISION, **changes: str) -> dict[str, Any]:
        """The function's answer to CloudFormation."""
        event = {
            "RequestType": kind,
            "ResponseURL": self.cloud.url,
            "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/s/1",
            "RequestId": "request-1",
            "LogicalResourceId": "Schema",
            "ResourceProperties": {"ServiceToken": "arn", "Revision": revision},
        }
        report = migrating(Container({**self.environment, **changes}))(event, Context())
        answer = self.cloud.answers[-1]
        assert answer["Status"] == report["status"]
        assert {name: answer[name] for name in ("StackId", "RequestId", "LogicalResourceId")} == {
            name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")
        }
        return answer

    def run(self, statement: str, **parameters: str) -> list[list[Any]]:
        with self.server.connect(self.database) as connection:
            return list(connection.run(statement, **parameters) or [])

    def log_in(self, kind: Kind, password: str) -> None:
        Connector(self.settings(role_of(self.user, kind), password)).connect().close()

    def settings(self, user: str, password: str) -> ConnectionSettings:
        return ConnectionSettings(
            host=self.server.host,
            port=self.server.port,
            database=self.database,
            user=user,
            password=fixed_password(password),
            sslmode=SslMode.DISABLE,
        )
