"""Setting up a database on a real server, as an administrator and as the command does it."""

# ruff: noqa: S608 - statements about names that the test itself made up

import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from local.setup_postgres_db import Plan, set_up
from succotash.domain.forms.forms import DEFAULT_FORM
from succotash.domain.retention.retention import INITIAL_RUN
from succotash.domain.value.ltv import DEFAULT_SEGMENTS
from succotash.errors import StorageError
from succotash.infrastructure.postgres.connector import Connector
from succotash.infrastructure.postgres.errors import StatementError
from succotash.infrastructure.postgres.migrations import REVISION, REVISION_TABLE, migrate
from succotash.infrastructure.postgres.migrations.rights import EVERYTHING, quoted
from succotash.infrastructure.postgres.provisioning import SetUpError
from succotash.infrastructure.postgres.storage import PostgresStorage
from tests.servers import PostgresServer

PASSWORD = "p'\\:a\"$$%s ü"
NO_RIGHTS = "42501"


@dataclass(frozen=True)
class Place:
    """A server, and names on it that nobody uses yet and that need quoting."""

    server: PostgresServer
    plan: Plan
    administrator: str

    def run(self, statement: str, database: str = "postgres") -> list[list[object]]:
        with self.server.connect(database) as connection:
            return list(connection.run(statement) or [])

    def admin_url(self) -> str:
        """Of an administrator who is no superuser, as on a managed server."""
        return self.server.url("postgres", self.administrator, PASSWORD)


@pytest.fixture
def place(postgres_server: PostgresServer) -> Iterator[Place]:
    mark = secrets.token_hex(4)
    plan = Plan(f'shop "{mark} :x', f"o'neil {mark}", PASSWORD, f'mi"grator {mark}')
    found = Place(postgres_server, plan, f"boss_{mark}")
    with postgres_server.connect() as connection:
        literal = connection.run("SELECT quote_literal(:password)", password=PASSWORD)[0][0]
        connection.run(f"CREATE ROLE boss_{mark} LOGIN CREATEROLE CREATEDB PASSWORD {literal}")
    yield found
    with postgres_server.connect() as connection:
        connection.run(f"DROP DATABASE IF EXISTS {quoted(plan.database)} WITH (FORCE)")
        for role in (*plan.users, plan.migrator, f"boss_{mark}"):
            connection.run(f"DROP ROLE IF EXISTS {quoted(role)}")


@pytest.mark.parametrize("is_superuser", [True, False])
def test_it_can_be_run_twice_and_then_the_functions_role_works(
    place: Place, *, is_superuser: bool
) -> None:
    admin_url = place.server.admin_url if is_superuser else place.admin_url()
    set_up(admin_url, place.plan)
    storage = PostgresStorage(set_up(admin_url, place.plan))
    repositories = storage.repositories
    assert [form.form_id for form in repositories.forms.get_all_forms()] == [DEFAULT_FORM]
    assert repositories.ltv.get_all_ltv_segments() == list(DEFAULT_SEGMENTS)
    assert repositories.retention.get_current_scoring_run().run_id == INITIAL_RUN
    storage.close()


@pytest.mark.parametrize(
    "forbidden",
    [
        "CREATE TABLE mine (id integer)",
        "CREATE SCHEMA mine",
        "DROP TABLE leads",
        "ALTER TABLE leads ADD COLUMN mine integer",
        "TRUNCATE leads",
        "DELETE FROM order_imports",
        "UPDATE activity_events_p00 SET name = NULL",
        "DELETE FROM erasures",
        f"UPDATE {REVISION_TABLE} SET version_num = 'mine'",
        "CREATE ROLE mine",
    ],
)
def test_the_functions_role_may_not(place: Place, forbidden: str) -> None:
    settings = set_up(place.server.admin_url, place.plan)
    with (
        closing(Connector(settings).connect()) as connection,
        pytest.raises(StatementError) as refused,
    ):
        connection.run(forbidden, {})
    assert refused.value.sqlstate == NO_RIGHTS


def test_sessions_of_the_functions_role_have_limits_of_their_own(place: Place) -> None:
    set_up(place.server.admin_url, place.plan)
    [[limits]] = place.run(
        "SELECT array_to_string(setconfig, ' ') FROM pg_db_role_setting "
        f"JOIN pg_roles ON pg_roles.oid = setrole WHERE rolname = 'o''neil {place.plan.user[-8:]}'"
    )
    assert limits == (
        "statement_timeout=25s lock_timeout=5s idle_in_transaction_session_timeout=30s"
    )


def test_a_stranger_may_not_even_connect(place: Place) -> None:
    set_up(place.server.admin_url, place.plan)
    with place.server.new_user() as (user, _):
        [[may]] = place.run(
            f"SELECT has_database_privilege('{user}', datname, 'CONNECT') "
            f"FROM pg_database WHERE datname LIKE '%{place.plan.database[-11:]}'"
        )
    assert may is False


def test_a_database_of_something_else_is_refused_and_left_alone(place: Place) -> None:
    with place.server.new_database() as name:
        place.run("CREATE TABLE theirs (id integer)", name)
        with pytest.raises(SetUpError, match="tables of something else"):
            set_up(place.server.admin_url, Plan(name, place.plan.user, PASSWORD))
        [[access]] = place.run(f"SELECT datacl FROM pg_database WHERE datname = '{name}'")
        roles = place.run(f"SELECT 1 FROM pg_roles WHERE rolname LIKE '%{place.plan.user[-8:]}'")
    assert access is None
    assert len(roles) == 1


def test_a_schema_of_another_release_is_refused(place: Place) -> None:
    with place.server.new_database() as name:
        url = place.server.url(name)
        assert migrate(url) == migrate(url) == REVISION
        place.run(f"UPDATE {REVISION_TABLE} SET version_num = 'from the future'", name)
        with pytest.raises(StorageError, match="this release does not know"):
            migrate(url)


def test_a_migration_without_a_deadline_takes_longer_than_the_server_gives_a_statement(
    place: Place,
) -> None:
    with place.server.new_database() as name, place.server.connect(name) as another:
        url = place.server.url(name)
        migrate(url)  # which imports what would take the time of the other one below
        another.run("SELECT pg_advisory_lock(hashtextextended('succotash migration', 0))")
        place.run(f"ALTER DATABASE {quoted(name)} SET statement_timeout = '250ms'")
        timer = threading.Timer(1, another.run, ("SELECT pg_advisory_unlock_all()",))
        timer.start()
        assert migrate(url) == REVISION
        timer.join()


def test_a_migration_that_cannot_have_the_tables_gives_up_and_changes_nothing(
    place: Place,
) -> None:
    with place.server.new_database() as name, place.server.new_user() as (user, _):
        with pytest.raises(StorageError):
            migrate(place.server.url(name), users={f"{user}, nobody": EVERYTHING})
        [[tables]] = place.run(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace", name
        )
    assert tables == 0


def test_an_administrator_without_the_rights_is_refused(place: Place) -> None:
    with (
        place.server.new_user() as (user, password),
        pytest.raises(SetUpError, match="may not create roles"),
    ):
        set_up(place.server.url("postgres", user, password), place.plan)


def test_a_server_that_cannot_write_is_refused(place: Place) -> None:
    place.run(f"ALTER ROLE {place.administrator} SET default_transaction_read_only = on")
    with pytest.raises(SetUpError, match="read-only"):
        set_up(place.admin_url(), place.plan)


def test_a_role_that_administers_is_no_role_for_functions(place: Place) -> None:
    plan = Plan(place.plan.database, place.server.user, PASSWORD, place.plan.migrator)
    with pytest.raises(SetUpError, match="is an administrator"):
        set_up(place.server.admin_url, plan)


def test_another_machine_needs_a_password_of_its_own() -> None:
    with pytest.raises(SetUpError, match="DB_PASSWORD"):
        set_up("postgresql://postgres:secret@db.example.com/postgres")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://boss:hidden@127.0.0.1:1/postgres",
        "mysql://boss:hidden@127.0.0.1/x",
        "postgresql://boss:hidden@127.0.0.1:port/x",
        "hidden",
    ],
)
def test_what_is_no_server_is_refused_in_one_sentence_without_the_password(url: str) -> None:
    command = [sys.executable, "-m", "local.setup_postgres_db", "--admin-url", url]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert ended.returncode == 1
    assert ended.stderr.startswith("PostgreSQL was not set up: ")
    assert ended.stderr.count("\n") == 1
    assert "hidden" not in ended.stderr


def test_the_command_reads_names_from_the_settings_and_shows_no_password(place: Place) -> None:
    ended = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "local.setup_postgres_db", "--migrator", place.plan.migrator],
        env={
            **os.environ,
            "POSTGRES_ADMIN_URL": place.server.admin_url,
            "DB_NAME": place.plan.database,
            "DB_USER": place.plan.user,
            "DB_PASSWORD": PASSWORD,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert place.plan.database in ended.stdout
    for secret in (PASSWORD, quote(PASSWORD)):
        assert secret not in ended.stdout
