"""Round trips, prepared statements, COPY, and values that go through untouched."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.errors import StorageError
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from succotash.infrastructure.postgres.connector import Connector
from succotash.infrastructure.postgres.database import Database
from succotash.infrastructure.postgres.errors import ConstraintError, StatementError
from succotash.infrastructure.postgres.pool import PoolLimits
from succotash.infrastructure.postgres.retry import RetryPolicy
from succotash.infrastructure.postgres.session import Jsonb, Session
from tests.faults.conftest import Opener
from tests.faults.proxy import Proxy
from tests.faults.rows import values

ECHO = "SELECT :value::text AS value"
COUNT = "SELECT count(*) AS counted FROM counters"
PREPARED = "SELECT :value::text AS prepared"
BACKEND = "SELECT pg_backend_pid() AS pid"
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@pytest.fixture
def through_proxy(open_database: Opener, proxy: Proxy) -> Database:
    return open_database(host="127.0.0.1", port=proxy.port)


def test_a_warm_read_is_one_round_trip(through_proxy: Database, proxy: Proxy) -> None:
    through_proxy.run(ECHO, value="cold")
    before = proxy.round_trips

    through_proxy.run(ECHO, value="warm")

    assert proxy.round_trips - before == 1


def test_a_warm_transaction_of_one_statement_is_three_round_trips(
    through_proxy: Database, proxy: Proxy
) -> None:
    through_proxy.run(ECHO, value="cold")
    before = proxy.round_trips

    with through_proxy.transaction() as session:
        session.run(ECHO, value="warm")

    assert proxy.round_trips - before == 3


def test_a_transaction_that_can_be_repeated_opens_with_its_first_statement(
    through_proxy: Database, proxy: Proxy
) -> None:
    through_proxy.run(ECHO, value="cold")
    before = proxy.round_trips

    rows = through_proxy.in_transaction(lambda session: session.run(ECHO, value="warm"))

    assert values(rows, "value") == ["warm"]
    assert proxy.round_trips - before == 2


def test_a_statement_for_its_values_is_one_round_trip_and_has_no_plan_for_others(
    through_proxy: Database, proxy: Proxy
) -> None:
    plans = "SELECT statement, generic_plans FROM pg_prepared_statements"
    for number in range(7):
        assert values(through_proxy.run_for_values(ECHO, value=number), "value") == [f"{number}"]
        through_proxy.run(PREPARED, value=number)
    before = proxy.round_trips

    rows = through_proxy.in_transaction(lambda session: session.run_for_values(ECHO, value="one"))

    assert values(rows, "value") == ["one"]
    assert proxy.round_trips - before == 2
    assert through_proxy.run_for_values(ECHO, value="two")
    assert proxy.round_trips - before == 3
    generic = {row["statement"]: row["generic_plans"] for row in through_proxy.run(plans)}
    assert not [each for each in generic if "AS value" in each]
    assert [each > 0 for text, each in generic.items() if "AS prepared" in text] == [True]


def test_behind_a_proxy_a_statement_is_one_round_trip_and_opens_its_transaction(
    open_database: Opener, proxy: Proxy
) -> None:
    database = open_database(host="127.0.0.1", port=proxy.port, proxied=True)
    database.run(ECHO, value="cold")
    before = proxy.round_trips

    assert values(database.run(ECHO, value="warm"), "value") == ["warm"]
    assert values(database.run(BACKEND), "pid") == values(database.run(BACKEND), "pid")
    assert proxy.round_trips - before == 3
    rows = database.in_transaction(lambda session: session.run(ECHO, value="warm"))
    assert values(rows, "value") == ["warm"]
    assert proxy.round_trips - before == 5


def test_a_transaction_in_which_nothing_is_asked_costs_nothing(
    through_proxy: Database, proxy: Proxy
) -> None:
    through_proxy.run(ECHO, value="cold")
    before = proxy.round_trips
    assert through_proxy.in_transaction(lambda _: "done") == "done"
    with pytest.raises(LookupError):
        through_proxy.in_transaction(_look_in_vain)
    assert proxy.round_trips == before


def _look_in_vain(_: Session) -> None:
    raise LookupError


@pytest.mark.parametrize("proxied", [False, True])
def test_what_opens_with_its_first_statement_is_undone_as_a_whole(
    open_database: Opener, counter: Database, *, proxied: bool
) -> None:
    database = open_database(proxied=proxied)

    def add_and_stop(session: Session) -> None:
        session.run("UPDATE counters SET value = value + 1 WHERE name = :name", name="a")
        session.run("UPDATE counters SET value = value + 1 WHERE name = :name", name="b")
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            database.in_transaction(add_and_stop)
    assert values(counter.run("SELECT value FROM counters"), "value") == [0, 0]


@pytest.mark.parametrize("proxied", [False, True])
def test_a_first_statement_that_is_refused_leaves_the_connection_of_use(
    open_database: Opener, *, proxied: bool
) -> None:
    database = open_database(PoolLimits(maximum=1), proxied=proxied)
    divide = "SELECT 1 / CAST(:by AS integer) AS quotient"
    for _ in range(2):
        with pytest.raises(StatementError):
            database.in_transaction(lambda session: session.run(divide, by=0))
        backend = values(database.run(BACKEND), "pid")
        rows = database.in_transaction(lambda session: session.run(divide, by=1))
        assert values(rows, "quotient") == [1]
        assert values(database.run(BACKEND), "pid") == backend


def test_copying_may_be_the_first_thing_in_a_transaction(
    open_database: Opener, counter: Database
) -> None:
    database = open_database()

    def copy_and_stop(session: Session) -> None:
        assert session.copy_in("COPY counters FROM STDIN", [b"c\t1\n"]) == 1
        assert session.copy_out("COPY (SELECT count(*) FROM counters) TO STDOUT") == b"3\n"
        raise LookupError

    with pytest.raises(LookupError):
        database.in_transaction(copy_and_stop)
    copied = database.in_transaction(
        lambda session: session.copy_out("COPY (SELECT count(*) FROM counters) TO STDOUT")
    )
    assert copied == b"2\n"
    assert values(counter.run(COUNT), "counted") == [2]


def test_the_limits_of_a_session_cost_no_round_trip(settings: ConnectionSettings) -> None:
    connection = Connector(replace(settings, statement_timeout=7, lock_timeout=2)).connect()
    rows = connection.run(
        "SELECT current_setting(name) AS value FROM unnest(:names::text[]) AS name",
        {
            "names": [
                "statement_timeout",
                "lock_timeout",
                "idle_in_transaction_session_timeout",
                "TimeZone",
                "application_name",
            ]
        },
    )
    connection.close()

    assert values(rows, "value") == ["7s", "2s", "30s", "UTC", "succotash"]


def test_behind_a_proxy_nothing_is_left_in_the_session(open_database: Opener) -> None:
    database = open_database(proxied=True)
    database.run(ECHO, value="x")

    assert database.run("SELECT name FROM pg_prepared_statements") == []
    settings = "SELECT name FROM pg_settings WHERE source = 'client' AND name ~ 'timeout|TimeZone'"
    assert database.run(settings) == []


def test_a_migration_under_prepared_statements_costs_one_attempt(
    counter: Database, open_database: Opener
) -> None:
    read = "SELECT * FROM counters ORDER BY name"
    database = open_database(policy=RetryPolicy(attempts=2))
    with database.transaction() as one, database.transaction() as two:
        for session in (one, two):
            assert values(session.run(read), "name") == ["a", "b"]
    counter.run("ALTER TABLE counters ADD COLUMN added text DEFAULT 'new'")

    assert database.in_transaction(lambda session: session.run(read)[0])["added"] == "new"
    rows = database.run(read)
    assert values(rows, "name") == ["a", "b"]
    assert values(rows, "value") == [0, 0]
    assert values(rows, "added") == ["new", "new"]


def test_a_statement_forgotten_by_the_server_is_prepared_anew(database: Database) -> None:
    database.run(ECHO, value="cold")
    database.run("DEALLOCATE ALL")

    assert values(database.run(ECHO, value="warm"), "value") == ["warm"]


def test_what_the_server_does_not_support_is_not_asked_for_again(database: Database) -> None:
    with pytest.raises(StatementError, match="0A000"):
        database.run("SELECT * FROM succotash_nowhere.public.counters")


def test_the_statement_longest_unused_gives_way(open_database: Opener) -> None:
    database = open_database(statements_kept=2)
    for _ in range(2):
        for number in range(4):
            rows = database.run(f"SELECT {number} AS number")
            assert values(rows, "number") == [number]

    assert len(database.run("SELECT name FROM pg_prepared_statements")) == 2


def test_several_statements_in_one_are_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="42601"):
        database.run("SELECT 1; SELECT 2")


def test_a_statement_without_one_of_its_parameters_is_refused(database: Database) -> None:
    with pytest.raises(StorageError, match="'value'"):
        database.run(ECHO, other="x")


@pytest.mark.parametrize("proxied", [False, True])
@pytest.mark.parametrize("found", ["a", "nobody"])
def test_two_columns_of_one_name_are_refused_and_the_connection_is_kept(
    open_database: Opener, counter: Database, found: str, *, proxied: bool
) -> None:
    database = open_database(PoolLimits(maximum=1), proxied=proxied)
    joined = "SELECT * FROM counters JOIN counters AS other USING (name) WHERE name = :found"
    before = values(database.run(BACKEND), "pid")

    with pytest.raises(StorageError, match="share a name: name, value, value"):
        database.run(joined, found=found)

    assert values(database.run(BACKEND), "pid") == before
    assert values(counter.run(COUNT), "counted") == [2]


def test_a_change_whose_answer_has_two_columns_of_one_name_is_undone(counter: Database) -> None:
    change = "UPDATE counters SET value = 1 RETURNING name, value, value"

    with pytest.raises(StorageError, match="share a name"), counter.transaction() as session:
        session.run(change)

    assert values(counter.run("SELECT value FROM counters"), "value") == [0, 0]


def test_a_row_is_read_by_the_names_of_its_columns_alone(counter: Database) -> None:
    row: Any = counter.run("SELECT name, value FROM counters ORDER BY name")[0]

    assert (row["name"], row["value"]) == ("a", 0)
    with pytest.raises(KeyError, match="amount"):
        row["amount"]
    with pytest.raises(KeyError):
        row[0]


def test_values_come_back_as_they_went_in(database: Database) -> None:
    moment = datetime(2024, 3, 31, 2, 30, 0, 123456, timezone(timedelta(hours=5, minutes=30)))
    document: dict[str, Any] = {
        "name": "Žoë \u2028 \\ \" ' 🌽",
        "list": [1, 2.5, None, True, {"deep": []}],
    }

    sent: dict[str, Any] = {
        "moment": moment,
        "amount": Decimal("12345678901234.5678"),
        "document": document,
        "list": [document, "null", 10**30],
        "v4": "10.0.0.5",
        "v6": "2001:db8::1",
        "nothing": None,
        "empty": "",
        "no_address": None,
        "flag": True,
    }

    row = database.run(
        """
        SELECT
            :moment::timestamptz AS moment, :amount::numeric(19, 4) AS amount,
            :document::jsonb AS document, :list::jsonb AS list, :v4::inet AS v4, :v6::inet AS v6,
            :nothing::text AS nothing, :empty::text AS empty, :no_address::inet AS no_address,
            :flag::boolean AS flag
        """,
        **sent | {"list": Jsonb(sent["list"])},
    )[0]

    assert {name: row[name] for name in sent} == sent
    assert row["moment"].tzinfo is UTC


def test_instants_come_back_in_utc_whatever_the_session_speaks(database: Database) -> None:
    def work(zone: str) -> object:
        with database.transaction() as session:
            session.run("SELECT set_config('TimeZone', :zone, true)", zone=zone)
            rows = session.run("SELECT '1883-11-18 12:00:00.5+00'::timestamptz AS instant")
            return rows[0]["instant"]

    expected = datetime(1883, 11, 18, 12, 0, 0, 500000, UTC)
    assert work("Asia/Kolkata") == work("America/New_York") == work("UTC") == expected


@given(st.lists(st.none() | TEXT | st.sampled_from(["null", "NULL", "", "{}", '"', "\\", ","])))
def test_an_array_of_any_texts_comes_back_as_it_went_in(
    shared_database: Database, texts: list[str | None]
) -> None:
    sent = shared_database.run("SELECT to_jsonb(:texts::text[]) AS texts", texts=texts)

    assert values(sent, "texts") == [texts]


def test_rows_are_copied_in_and_out(counter: Database) -> None:
    def chunks() -> Iterator[bytes]:
        for start in range(0, 5000, 1000):
            yield b"".join(b"n%d\t%d\n" % (number, number) for number in range(start, start + 1000))

    with counter.transaction() as session:
        rows = session.copy_in("COPY counters FROM STDIN", chunks())
        session.run("SELECT set_config('succotash.least', :least, true)", least="4998")
        copied = session.copy_out(
            "COPY (SELECT name, value FROM counters WHERE value >= "
            "current_setting('succotash.least')::integer ORDER BY value) TO STDOUT"
        )

    assert rows == 5000
    assert copied == b"n4998\t4998\nn4999\t4999\n"


@pytest.mark.parametrize("error", [LookupError(), ValueError(), OSError()])
def test_a_copy_source_that_raises_undoes_all_and_ends_the_connection(
    counter: Database, error: Exception
) -> None:
    before = values(counter.run(BACKEND), "pid")

    def chunks() -> Iterator[bytes]:
        yield b"c\t1\n"
        raise error

    with pytest.raises(type(error)) as raised, counter.transaction() as session:
        session.copy_in("COPY counters FROM STDIN", chunks())

    assert raised.value is error
    assert values(counter.run(COUNT), "counted") == [2]
    assert values(counter.run(BACKEND), "pid") != before


def test_a_copy_that_breaks_a_constraint_keeps_the_connection(counter: Database) -> None:
    before = values(counter.run(BACKEND), "pid")

    with pytest.raises(ConstraintError), counter.transaction() as session:
        session.copy_in("COPY counters FROM STDIN", [b"c\t1\n", b"a\t1\n", b"d\t1\n"] * 1000)

    assert values(counter.run(COUNT), "counted") == [2]
    assert values(counter.run(BACKEND), "pid") == before
