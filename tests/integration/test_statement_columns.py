"""Columns of every PostgreSQL statement, as its server describes them."""

from collections.abc import Iterator

import pytest
from pg8000.native import Connection

from local.statements import FOLDERS, statements_of
from succotash.infrastructure.postgres.statements import Statement
from tests.databases import migrated_database
from tests.servers import PostgresServer

STATEMENTS = {
    f"{path.stem}.{name}": Statement.of(text).text
    for folder in FOLDERS["postgres"]
    for path in sorted(folder.glob("*.sql"))
    for name, text in statements_of(path).items()
}
WITH_AN_EXTENSION = {"database_report.slowest_statements"}
"""Statements on what only a server with pg_stat_statements has."""


@pytest.fixture(scope="module")
def connection(postgres_server: PostgresServer) -> Iterator[Connection]:
    """A session with the schema, and the tables that imports stage orders in."""
    with (
        migrated_database(postgres_server) as settings,
        postgres_server.connect(settings.database) as connection,
    ):
        for maker in (
            "consents.make_stage",
            "demo_removal.make_items",
            "orders.make_stage",
            "shop_orders.make_stage",
            "shop_order_columns.make_stage_of_columns",
        ):
            connection.run(STATEMENTS[maker])
        yield connection


@pytest.mark.parametrize("name", sorted(STATEMENTS.keys() - WITH_AN_EXTENSION))
def test_each_column_of_a_statement_has_a_name_of_its_own(
    connection: Connection, name: str
) -> None:
    _, columns, _ = connection.prepare_statement(STATEMENTS[name], ())
    names = [column["name"] for column in columns or ()]

    assert sorted(names) == sorted(set(names))
    assert "?column?" not in names
