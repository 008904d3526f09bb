"""What can be said of connections without a server."""

from dataclasses import replace

import pytest

from succotash.errors import SettingsError
from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    SslMode,
    default_sslmode,
    fixed_password,
)
from succotash.infrastructure.postgres.statements import Statement

SETTINGS = ConnectionSettings("db", 5432, "leads", "app_user", fixed_password("secret"))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "/var/run/postgresql"])
def test_a_server_on_this_machine_is_not_asked_for_tls(host: str) -> None:
    assert default_sslmode(host) is SslMode.DISABLE


@pytest.mark.parametrize("host", ["db", "10.0.0.5", "localhost.example.com", "x.rds.amazonaws.com"])
def test_a_server_anywhere_else_must_prove_who_it_is(host: str) -> None:
    assert default_sslmode(host) is SslMode.VERIFY_FULL


def test_settings_do_not_show_how_the_password_is_had() -> None:
    assert "password" not in repr(SETTINGS)


def test_a_time_limit_of_nothing_is_refused() -> None:
    with pytest.raises(SettingsError):
        replace(SETTINGS, statement_timeout=0)


def test_the_client_waits_longer_than_the_server_may_take() -> None:
    assert SETTINGS.read_timeout > SETTINGS.statement_timeout


def test_named_parameters_become_numbered_ones() -> None:
    statement = Statement.of("SELECT :a::text, :b, :a, 'x:y'")

    assert statement.names == ("a", "b")
    assert statement.text.startswith("SELECT $1::text, $2, $1, 'x:y'")


def test_a_statement_without_parameters_has_no_names() -> None:
    assert Statement.of("SELECT now()::date").names == ()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "\n  -- newest first\n  select updated_at FROM leads",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "VALUES (1)",
    ],
)
def test_a_statement_that_only_reads_is_known(text: str) -> None:
    assert Statement.of(text).reads


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO leads VALUES (1)",
        "WITH x AS (DELETE FROM leads RETURNING *) SELECT * FROM x",
        "SELECT * INTO copy FROM leads",
        "SELECT nextval('numbers')",
        "UPDATE leads SET id = 1",
        "CALL something()",
        "-- SELECT\nUPDATE leads SET id = 1",
    ],
)
def test_a_statement_that_may_change_something_is_known(text: str) -> None:
    assert not Statement.of(text).reads
