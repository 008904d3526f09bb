"""Lists of leads are read from the index of what is asked, whatever else could be asked."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pg8000.native
import pytest

from succotash.infrastructure.postgres import lead_records as postgres
from succotash.infrastructure.postgres.statements import Statement
from succotash.infrastructure.sqlite import lead_records as sqlite
from succotash.infrastructure.sqlite.storage import SQLiteStorage
from tests.databases import migrated_database
from tests.servers import PostgresServer

INDEX_OF = {
    (False, False): {"leads_by_time", "leads_by_last_submission"},
    (True, False): {"leads_by_status"},
    (False, True): {"leads_by_source"},
    (True, True): {"leads_by_status", "leads_by_source"},
}
ASKED = {"status": "'new'", "source": "'ads'", "min_score": "NULL", "limit": "50"}


@pytest.fixture(scope="module")
def many_leads(postgres_server: PostgresServer) -> Iterator[pg8000.native.Connection]:
    """A database in which few leads are new, and few came from ads."""
    with (
        migrated_database(postgres_server) as settings,
        postgres_server.connect(settings.database) as connection,
    ):
        connection.run(
            """
            INSERT INTO leads (
                lead_id, email, canonical_email, first_submission_at, last_submission_at, status,
                source
            )
            SELECT
                n, n, n, '2024-01-01', timestamptz '2024-01-01' + n * interval '1 minute',
                CASE n % 500 WHEN 0 THEN 'new' ELSE 'contacted' END,
                CASE n % 500 WHEN 1 THEN 'ads' ELSE 'direct' END
            FROM generate_series(1, 20000) AS n
            """
        )
        connection.run("ANALYZE leads")
        connection.run("SET plan_cache_mode = force_generic_plan")
        yield connection


@pytest.mark.parametrize("given", INDEX_OF)
def test_postgres_reads_the_index_without_knowing_the_parameters(
    many_leads: pg8000.native.Connection, given: tuple[bool, bool]
) -> None:
    statement = Statement.of(postgres.FIND_LEADS[given])
    asked = {**ASKED, "moment": "'infinity'", "id": "''"}
    parameters = ", ".join(asked[name] for name in statement.names)
    many_leads.run(f"PREPARE listed AS {statement.text}")
    try:
        [[[plan]]] = many_leads.run(f"EXPLAIN (FORMAT JSON) EXECUTE listed ({parameters})")
    finally:
        many_leads.run("DEALLOCATE listed")
    used = {
        each for names in INDEX_OF.values() for each in names if f'"{each}"' in json.dumps(plan)
    }
    assert len(used) == 1
    assert used <= INDEX_OF[given]


@pytest.mark.parametrize("given", INDEX_OF)
def test_sqlite_reads_the_index(tmp_path: Path, given: tuple[bool, bool]) -> None:
    path = tmp_path / "succotash.sqlite"
    storage = SQLiteStorage(path)
    storage.ping()
    storage.close()
    parameters = dict.fromkeys((*ASKED, "after_at", "after_id"))
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {sqlite.FIND_LEADS[given]}", parameters)
        steps = [step for *_, step in rows]
    [reading] = [step.split() for step in steps if step.split()[1] == "lead"]
    assert set(reading) & INDEX_OF[given]
    assert not any("TEMP B-TREE" in step for step in steps)
