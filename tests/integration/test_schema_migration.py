"""The custom resource that sets the database up: a real server, a real address to answer to."""

import json
import threading
import time
from typing import override

import boto3
import pytest

from schema_migration import migrating
from succotash.container import Container
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.postgres import migrations
from succotash.infrastructure.postgres.errors import ConnectError
from succotash.infrastructure.postgres.migrations import REVISION, REVISION_TABLE
from succotash.infrastructure.postgres.migrations.rights import Kind, quoted, role_of
from succotash.infrastructure.postgres.provisioning import SchemaMigration
from tests.contexts import Context
from tests.integration.stacks import HOLD_SET_UPS, LATER, LET_GO, Stack

pytestmark = pytest.mark.long

READ_REVISION = f"SELECT version_num FROM {REVISION_TABLE}"  # noqa: S608 - a constant
SET_REVISION = f"UPDATE {REVISION_TABLE} SET version_num = :revision"  # noqa: S608 - a constant
SLOW_GRANTS = """
CREATE FUNCTION wait_a_little() RETURNS event_trigger LANGUAGE plpgsql
AS $$ BEGIN PERFORM pg_sleep(0.3); END $$;
CREATE EVENT TRIGGER slow_grants ON ddl_command_end WHEN TAG IN ('GRANT')
EXECUTE FUNCTION wait_a_little()
"""


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


def test_the_limit_is_that_of_all_statements_together(stack: Stack) -> None:
    stack.ask()
    stack.run(SLOW_GRANTS)
    admin = stack.settings(stack.server.user, stack.server.password)
    users = {role_of(stack.user, Kind.EVENTS): [Kind.EVENTS]}

    def migrated_within(seconds: float) -> str:
        deadline = time.monotonic() + seconds
        return migrations.migrate(admin, users=users, deadline=deadline)

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
