"""The manual check on a database set up as the documentation says, and what its plans read."""

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, get_type_hints

import pytest

from local.setup_postgres_db import Plan, set_up
from local.test_postgres_adapters import go_through, methods
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.sqlite.storage import SQLiteStorage
from tests.servers import PostgresServer

MOMENT = """
SET succotash.as_of = '2024-06-01T00:00:00Z'; SET succotash.until = '2024-06-01T00:00:00Z';
SET succotash.time_zone = 'Europe/Berlin'; SET random_page_cost = 1.1
"""


@pytest.fixture(scope="module")
def settings(postgres_server: PostgresServer) -> Iterator[ConnectionSettings]:
    mark = secrets.token_hex(4)
    plan = Plan(f"shop_{mark}", f"functions_{mark}", f"secret {mark}", f"migrator_{mark}")
    yield set_up(postgres_server.admin_url, plan)
    with postgres_server.connect() as connection:
        connection.run(f"DROP DATABASE {plan.database} WITH (FORCE)")
        connection.run(f"DROP ROLE {plan.user}")
        connection.run(f"DROP ROLE {plan.migrator}")


def check(settings: ConnectionSettings, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "COLUMNS": "200",
        "DB_HOST": settings.host,
        "DB_PORT": str(settings.port),
        "DB_NAME": settings.database,
        "DB_USER": settings.user,
        "DB_PASSWORD": settings.password(),
        **changes,
    }
    command = [sys.executable, "-m", "local.test_postgres_adapters"]
    return subprocess.run(  # noqa: S603
        command, env=environment, capture_output=True, text=True, check=False
    )


def rows_by_table(server: PostgresServer, database: str) -> dict[str, int]:
    with server.connect(database) as connection:
        names = connection.run(
            "SELECT relname FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
        counts = {
            name: connection.run(f"SELECT count(*) FROM {name}")  # noqa: S608 - our own names
            for [name] in names
        }
    return {name: rows for name, [[rows]] in counts.items()}


def test_every_port_method_works_and_nothing_stays(
    postgres_server: PostgresServer, settings: ConnectionSettings
) -> None:
    before = rows_by_table(postgres_server, settings.database)
    ended = check(settings)
    count = sum(
        not name.startswith("_")
        for port in get_type_hints(Repositories).values()
        for name in dir(port)
    )
    assert f"{count} of {count} methods worked." in ended.stdout
    assert "nothing stayed" in ended.stdout
    assert (ended.returncode, ended.stderr) == (0, "")
    assert rows_by_table(postgres_server, settings.database) == before


@pytest.mark.parametrize("storage", [InMemoryStorage, partial(SQLiteStorage, ":memory:")])
def test_the_round_trips_call_every_method_of_every_port(storage: Callable[[], Storage]) -> None:
    worked: dict[str, float] = {}
    with storage().transaction() as repositories:
        problems = list(go_through(repositories, "check-1-", worked))

    assert problems == []
    assert sorted(worked) == sorted(methods())


def test_what_does_not_work_ends_the_check_with_1(
    postgres_server: PostgresServer, settings: ConnectionSettings
) -> None:
    with postgres_server.connect(settings.database) as connection:
        connection.run(f"REVOKE INSERT ON retention_campaigns FROM {settings.user}")
        try:
            ended = check(settings)
        finally:
            connection.run(f"GRANT INSERT ON retention_campaigns TO {settings.user}")
    assert ended.returncode == 1
    assert "42501" in ended.stdout
    assert "The role lacks a right: INSERT on retention_campaigns." in ended.stdout
    assert "nothing stayed" in ended.stdout


def test_a_database_that_does_not_answer_is_one_sentence(settings: ConnectionSettings) -> None:
    ended = check(settings, DB_PORT="1")
    assert ended.returncode == 1
    assert ended.stdout.startswith("The adapters could not be checked: ")
    assert "Traceback" not in ended.stderr


def test_the_aggregate_of_a_shard_reads_one_partition_and_of_its_orders_the_index_only(
    postgres_server: PostgresServer, settings: ConnectionSettings
) -> None:
    with postgres_server.connect(settings.database) as connection:
        connection.run(
            """
            INSERT INTO orders
            SELECT
                'customer ' || n % 5000, 'order ' || n,
                timestamptz '2024-01-01' + n * interval '1 second', n, 'USD',
                CASE WHEN n % 50 = 0 THEN 'order ' || n - 5000 END
            FROM generate_series(1, 500000) AS n
            WHERE satisfies_hash_partition('orders'::regclass, 16, 3, 'customer ' || n % 5000)
            """
        )
        # A commit that is not on disk yet, as throwaway servers leave it, is not visible to all.
        connection.run("CHECKPOINT")
        connection.run("VACUUM ANALYZE orders_p03")
        connection.run(MOMENT)
        statement = statements("purchases").of_shard("copy_purchase_histories", 3)
        query = statement.removeprefix("COPY (").removesuffix(") TO STDOUT")
        [[[explained]]] = connection.run(f"EXPLAIN (FORMAT JSON) {query}")
        connection.run("TRUNCATE orders")
    scans = list(scans_of(explained["Plan"]))
    assert {table for table, _, _ in scans} == {"orders_p03"}
    assert [way for _, alias, way in scans if alias == "original"] == ["Index Only Scan"]


def scans_of(node: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Every table that the plan reads, under which name, and how."""
    if "Relation Name" in node:
        yield node["Relation Name"], node["Alias"], node["Node Type"]
    for part in node.get("Plans", ()):
        yield from scans_of(part)
