"""The custom resource that sets the database up: a real server, a real address to answer to."""

import json
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, override

import boto3
import pytest
from moto import mock_aws

import cloudformation
from schema_migration import migrating
from succotash.container import Container
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.postgres import migrations
from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    SslMode,
    fixed_password,
)
from succotash.infrastructure.postgres.connector import Connector
from succotash.infrastructure.postgres.errors import ConnectError
from succotash.infrastructure.postgres.migrations import REVISION, REVISION_TABLE
from succotash.infrastructure.postgres.migrations.rights import Kind, quoted, role_of
from succotash.infrastructure.postgres.provisioning import SchemaMigration, SetUpError
from tests.contexts import Context
from tests.servers import PostgresServer

LATER = "9999"
READ_REVISION = f"SELECT version_num FROM {REVISION_TABLE}"  # noqa: S608 - a constant
SET_REVISION = f"UPDATE {REVISION_TABLE} SET version_num = :revision"  # noqa: S608 - a constant

HOLD_SET_UPS = "SELECT pg_advisory_lock(hashtextextended('succotash set-up', 0))"
LET_GO = "SELECT pg_advisory_unlock_all()"

SETTINGS = {
    "RequestType": "Update",
    "ResourceType": "Custom::Settings",
    "StackId": "s",
    "RequestId": "r",
    "LogicalResourceId": "Settings",
}


@dataclass
class CloudFormation:
    """Takes answers at an address of its own; of the first `failing` it says that it failed."""

    url: str = ""
    failing: int = 0
    answers: list[dict[str, Any]] = field(default_factory=list)
    content_types: list[str | None] = field(default_factory=list)


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


@pytest.fixture
def stack(
    postgres_server: PostgresServer, cloud: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stack]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setattr(cloudformation, "PAUSE", 0.01)
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


def test_a_stack_gets_database_roles_and_schema_and_keeps_them_through_updates(
    stack: Stack,
) -> None:
    for kind in ("Create", "Update", "Delete"):
        answer = stack.ask(kind)
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "Schema")
    assert stack.run(READ_REVISION) == [[REVISION]]
    assert stack.cloud.content_types == [""] * 3
    for each, password in stack.passwords.items():
        stack.log_in(each, password)
        with pytest.raises(ConnectError, match="28P01"):
            stack.log_in(each, "another")


def test_a_rotated_password_is_that_of_the_role_once_it_is_run_by_hand(stack: Stack) -> None:
    stack.ask()
    arn = json.loads(stack.environment["DB_ROLE_SECRET_ARNS"])[Kind.QUERIES]
    changed = json.dumps({"password": "a new one"})
    boto3.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=changed)

    report = migrating(Container(stack.environment))({}, Context())

    assert report == {"status": "SUCCESS", "reason": "", "Revision": REVISION}
    stack.log_in(Kind.QUERIES, "a new one")


def test_roles_log_in_by_iam_where_they_have_no_secrets(stack: Stack) -> None:
    with stack.server.connect() as connection:
        connection.run("CREATE ROLE rds_iam")
    try:
        assert stack.ask(DB_ROLE_SECRET_ARNS="")["Status"] == "SUCCESS"
        members = stack.run(
            "SELECT member.rolname, member.rolpassword FROM pg_auth_members"
            " JOIN pg_authid AS member ON member.oid = pg_auth_members.member"
            " WHERE roleid = 'rds_iam'::regrole ORDER BY 1"
        )
        assert members == [[role_of(stack.user, kind), None] for kind in sorted(Kind)]
    finally:
        with stack.server.connect() as connection:
            connection.run("DROP ROLE rds_iam")


def test_no_log_of_the_server_holds_a_password(stack: Stack) -> None:
    stack.ask()
    role = role_of(stack.user, Kind.INTAKE)
    [[kept]] = stack.run("SELECT rolpassword FROM pg_authid WHERE rolname = :role", role=role)
    assert kept.startswith("SCRAM-SHA-256$")
    assert stack.passwords[Kind.INTAKE] not in kept


def test_a_release_that_is_rolled_back_to_works_on_the_later_schema(stack: Stack) -> None:
    stack.ask()
    role = role_of(stack.user, Kind.INTAKE)
    stack.run(SET_REVISION, revision=LATER)
    stack.run("CREATE TABLE later (a int)")
    stack.run(f"GRANT SELECT ON later TO {role}")
    stack.run(f"REVOKE INSERT ON outbox FROM {role}")
    stack.run("DROP TABLE cohort_parts")
    arn = json.loads(stack.environment["DB_ROLE_SECRET_ARNS"])[Kind.INTAKE]
    changed = json.dumps({"password": "a new one"})
    boto3.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=changed)

    answer = stack.ask("Update")

    assert (answer["Status"], answer["Data"]) == ("SUCCESS", {"Revision": LATER})
    assert stack.run(READ_REVISION) == [[LATER]]
    stack.log_in(Kind.INTAKE, "a new one")
    may = "SELECT has_table_privilege(:role, :name, :right)"
    assert stack.run(may, role=role, name="outbox", right="INSERT") == [[True]]
    assert stack.run(may, role=role, name="later", right="SELECT") == [[True]]


def test_roles_are_made_on_a_later_schema_too(stack: Stack) -> None:
    stack.ask()
    stack.run(SET_REVISION, revision=LATER)
    another = f"{stack.user}_b"
    try:
        assert stack.ask("Update", DB_USER=another)["Status"] == "SUCCESS"
        may = "SELECT has_table_privilege(:role, 'orders', 'INSERT')"
        assert stack.run(may, role=role_of(another, Kind.EVENTS)) == [[True]]
    finally:
        for kind in Kind:
            stack.run(f"DROP OWNED BY {quoted(role_of(another, kind))}")
            stack.run(f"DROP ROLE {quoted(role_of(another, kind))}")


def test_the_limit_is_that_of_all_statements_together(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.ask()
    monkeypatch.setattr(migrations, "grants", lambda *_, **__: 4 * ["SELECT pg_sleep(0.5)"])
    admin = stack.settings(stack.server.user, stack.server.password)

    def migrated_within(seconds: float) -> str:
        deadline = time.monotonic() + seconds
        return migrations.migrate(admin, users={"any": [Kind.INTAKE]}, deadline=deadline)

    assert migrated_within(30) == REVISION
    with pytest.raises(StorageUnavailableError, match="longer than it may"):
        migrated_within(1)


@pytest.mark.parametrize("seconds", [0, -5])
def test_where_no_time_is_left_no_statement_begins(seconds: float, stack: Stack) -> None:
    stack.ask()
    admin = stack.settings(stack.server.user, stack.server.password)
    with pytest.raises(StorageUnavailableError, match="longer than it may"):
        migrations.migrate(admin, deadline=time.monotonic() + seconds)


def test_time_passes_while_another_set_up_is_waited_for_and_then_nothing_is_changed(
    stack: Stack,
) -> None:
    migration = Container(stack.environment).get_schema_migration()
    with stack.server.connect() as connection:
        connection.run(HOLD_SET_UPS)
        timer = threading.Timer(2, connection.run, (LET_GO,))
        timer.start()
        with pytest.raises(StorageUnavailableError, match="longer than it may"):
            migration.run(None, time.monotonic() + 1)
        timer.join()
        names = {"database": stack.database, "role": role_of(stack.user, Kind.INTAKE)}
        made = connection.run(
            "SELECT FROM pg_database WHERE datname = :database"
            " UNION ALL SELECT FROM pg_roles WHERE rolname = :role",
            **names,
        )
    assert made == []


def test_time_passes_while_the_administrators_password_is_fetched(stack: Stack) -> None:
    class Slow(Container):
        @override
        def get_schema_migration(self) -> SchemaMigration:
            time.sleep(1.5)
            return super().get_schema_migration()

    with pytest.raises(StorageUnavailableError, match="longer than it may"):
        migrating(Slow(stack.environment))({}, Context(16_000))


def test_a_rollback_that_asks_the_later_release_changes_nothing(stack: Stack) -> None:
    answer = stack.ask("Update", revision="0001")
    assert (answer["Status"], answer["Data"]) == ("SUCCESS", {"Revision": "0001"})
    with stack.server.connect() as connection:
        there = connection.run(
            "SELECT 1 FROM pg_database WHERE datname = :name", name=stack.database
        )
    assert there == []


def test_a_schema_that_this_release_cannot_make_fails_the_deploy(stack: Stack) -> None:
    answer = stack.ask(revision=LATER)
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == f"this release knows the schema up to {REVISION}, not {LATER}"


def test_a_migration_that_fails_leaves_the_schema_as_it_was(stack: Stack) -> None:
    with stack.server.connect() as connection:
        connection.run(f"CREATE DATABASE {stack.database}")
    stack.run("CREATE TABLE somebody_elses (a int)")
    answer = stack.ask()
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", "Schema")
    assert "tables of something else" in answer["Reason"]
    tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    assert stack.run(tables) == [[1]]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"DB_PORT": "1", "DB_CONNECT_TIMEOUT": "1"}, "cannot be reached"),
        ({"DB_ROLE_SECRET_ARNS": '{"intake": "arn:unknown"}'}, "cannot be fetched"),
        ({"DB_ROLE_SECRET_ARNS": "{"}, "DB_ROLE_SECRET_ARNS"),
        ({"DB_ROLE_SECRET_ARNS": ""}, "IAM"),
        ({"DB_ADMIN_SECRET_ARN": ""}, "DB_ADMIN_SECRET_ARN"),
    ],
)
def test_whatever_is_wrong_is_said_in_a_sentence(
    changes: Mapping[str, str], said: str, stack: Stack
) -> None:
    answer = stack.ask(**changes)
    assert answer["Status"] == "FAILED"
    assert said in answer["Reason"]
    assert not any(password in answer["Reason"] for password in stack.passwords.values())


def test_an_answer_that_does_not_arrive_is_sent_again(stack: Stack) -> None:
    stack.cloud.failing = 2
    assert stack.ask("Delete")["Status"] == "SUCCESS"


def test_cloudformation_that_never_hears_is_an_error(stack: Stack) -> None:
    stack.cloud.failing = cloudformation.ATTEMPTS
    with pytest.raises(OSError, match="503"):
        stack.ask("Delete")


def test_an_answer_is_sent_before_time_is_over_and_only_once(stack: Stack) -> None:
    stack.ask()
    with stack.server.connect() as connection:
        connection.run(HOLD_SET_UPS)

        event = {
            "RequestType": "Update",
            "ResponseURL": stack.cloud.url,
            "StackId": "s",
            "RequestId": "r",
            "LogicalResourceId": "l",
        }
        timer = threading.Timer(3, connection.run, (LET_GO,))
        timer.start()
        report = migrating(Container(stack.environment))(event, Context(6_000))
        timer.join()
    assert report["status"] == "FAILED"
    assert "longer than it may" in report["reason"]
    assert [each["Status"] for each in stack.cloud.answers] == ["SUCCESS", "FAILED"]
    assert "had not ended" in stack.cloud.answers[-1]["Reason"]


def test_by_hand_an_error_escapes(stack: Stack) -> None:
    nobody = Container({**stack.environment, "DB_PORT": "1", "DB_CONNECT_TIMEOUT": "1"})
    with pytest.raises(StorageUnavailableError):
        migrating(nobody)({}, Context())
    with pytest.raises(SetUpError):
        migrating(Container(stack.environment))(
            {"ResourceProperties": {"Revision": LATER}}, Context()
        )


@pytest.mark.parametrize("storage", ["sqlite", "memory"])
def test_other_storages_have_no_schema_to_look_after(storage: str, stack: Stack) -> None:
    assert stack.ask(SUCCOTASH_STORAGE=storage)["Data"] == {}


def test_a_resource_that_was_made_keeps_its_name(cloud: CloudFormation) -> None:
    asked = SETTINGS | {"ResponseURL": cloud.url, "PhysicalResourceId": "of a release before"}
    migrating(Container({}))(asked, Context())
    assert cloud.answers[-1]["PhysicalResourceId"] == "of a release before"


def test_every_change_of_a_setting_is_seen_in_their_digest_without_any_database() -> None:
    nobody = Container({"DB_PORT": "1"})

    def digest(*values: object) -> str:
        event = SETTINGS | {"ResourceProperties": {"ServiceToken": "arn", "Values": values}}
        return str(migrating(nobody)(event, Context())["Digest"])

    seen = [
        digest(),
        digest("a", "b"),
        digest("b", "a"),
        digest("a b"),
        digest("a", ["b"]),
        digest("a", ["b", "c"]),
    ]
    assert len(set(seen)) == len(seen)
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in seen)
    assert digest("a", "b") == seen[1]
