"""Digests that databases make are those that Python makes."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from succotash.domain.people.erasures import SUPPRESSION, Tombstones
from succotash.infrastructure.postgres.database import Database as PostgresDatabase
from succotash.infrastructure.postgres.pool import PoolLimits
from succotash.infrastructure.sqlite.connection import Database
from tests.databases import migrated_database
from tests.servers import PostgresServer

STATEMENT = "SELECT keyed_digest(:content, :inner_block, :outer_block) AS digest"
KEYS = st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=16, max_size=200)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)
SEVERAL = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def postgres(postgres_server: PostgresServer) -> Iterator[PostgresDatabase]:
    """A database as functions use it."""
    with migrated_database(postgres_server) as reached:
        database = PostgresDatabase(reached, PoolLimits())
        yield database
        database.close()


@SEVERAL
@given(key=KEYS, text=TEXTS)
def test_blocks_give_what_a_tombstone_is(key: str, text: str) -> None:
    tombstones = Tombstones(lambda: (key, "another key, as long"))
    made = [each.digest(text) for each in tombstones.blocks(SUPPRESSION)]
    assert tuple(made) == tombstones.of_suppression(text)


@SEVERAL
@given(key=KEYS, text=TEXTS)
def test_sqlite_makes_the_same(key: str, text: str) -> None:
    [blocks] = Tombstones(lambda: (key,)).blocks(SUPPRESSION)
    with Database(":memory:").reading() as session:
        [row] = session.run(
            STATEMENT, content=text, inner_block=blocks.inner, outer_block=blocks.outer
        )
    assert row["digest"] == blocks.digest(text)


@SEVERAL
@given(key=KEYS, text=TEXTS)
def test_postgres_makes_the_same(postgres: PostgresDatabase, key: str, text: str) -> None:
    [blocks] = Tombstones(lambda: (key,)).blocks(SUPPRESSION)
    [row] = postgres.run(
        STATEMENT, content=text, inner_block=blocks.inner, outer_block=blocks.outer
    )
    assert row["digest"] == blocks.digest(text)


def test_postgres_makes_it_in_line(postgres: PostgresDatabase) -> None:
    plan = postgres.run(
        """EXPLAIN (VERBOSE) SELECT keyed_digest(lead.email, :inner_block, :outer_block) AS digest
        FROM leads AS lead""",
        inner_block=b"inner",
        outer_block=b"outer",
    )
    text = " ".join(row["QUERY PLAN"] for row in plan)
    assert "sha256" in text
    assert "keyed_digest" not in text
