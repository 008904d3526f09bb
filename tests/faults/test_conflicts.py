"""What the server gives up for, and what is done again."""

from threading import Barrier, Event, Thread

import pytest

from succotash.errors import StorageError, StorageUnavailableError
from succotash.infrastructure.postgres.database import Database
from succotash.infrastructure.postgres.errors import BusyError, ConstraintError, StatementError
from succotash.infrastructure.postgres.retry import RetryPolicy
from succotash.infrastructure.postgres.session import Session
from tests.faults.conftest import Opener
from tests.faults.rows import values

ADD_ONE = "UPDATE counters SET value = value + 1 WHERE name = :name"
VALUES = "SELECT value FROM counters ORDER BY name"


def test_a_lock_not_got_in_time_is_waited_for_again(
    counter: Database, open_database: Opener
) -> None:
    impatient = open_database(lock_timeout=0.05)
    attempts: list[None] = []
    held, given_up = Event(), Event()

    def hold() -> None:
        with counter.transaction() as session:
            session.run(ADD_ONE, name="a")
            held.set()
            given_up.wait(5)

    def work(session: Session) -> None:
        attempts.append(None)
        if len(attempts) > 1:
            given_up.set()
            holder.join()
        session.run(ADD_ONE, name="a")

    holder = Thread(target=hold)
    holder.start()
    held.wait(5)
    impatient.in_transaction(work)

    assert len(attempts) == 2
    assert values(counter.run(VALUES), "value") == [2, 0]


def test_a_lock_never_got_is_given_up_within_the_attempts(
    counter: Database, open_database: Opener
) -> None:
    impatient = open_database(policy=RetryPolicy(attempts=2, first_pause=0), lock_timeout=0.02)
    with counter.transaction() as session:
        session.run(ADD_ONE, name="a")
        with pytest.raises(StorageUnavailableError, match="55P03"):
            impatient.run(ADD_ONE, name="a")


def test_of_two_deadlocked_transactions_one_is_done_again(counter: Database) -> None:
    both_hold_one = Barrier(2)
    attempts: list[None] = []

    def add_in(first: str, second: str) -> None:
        waits = iter((both_hold_one.wait,))

        def work(session: Session) -> None:
            attempts.append(None)
            session.run(ADD_ONE, name=first)
            for wait in waits:
                wait(5)
            session.run(ADD_ONE, name=second)

        counter.in_transaction(work)

    threads = [Thread(target=add_in, args=order) for order in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(attempts) == 3
    assert values(counter.run(VALUES), "value") == [2, 2]


def test_a_serialization_failure_at_commit_is_done_again(counter: Database) -> None:
    attempts: list[None] = []

    def copy(source: str, target: str, between: list[tuple[str, str]]) -> None:
        def work(session: Session) -> None:
            attempts.append(None)
            session.run("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
            session.run("SELECT value FROM counters WHERE name = :name", name=source)
            session.run(ADD_ONE, name=target)
            while between:
                copy(*between.pop(), [])

        counter.in_transaction(work)

    copy("a", "b", [("b", "a")])

    assert len(attempts) == 3
    assert values(counter.run(VALUES), "value") == [1, 1]


def test_a_statement_that_takes_too_long_is_not_tried_again(
    database: Database, open_database: Opener
) -> None:
    limited = open_database(statement_timeout=0.1)
    attempts: list[None] = []

    def work(session: Session) -> None:
        attempts.append(None)
        session.run("SELECT pg_sleep(5)")

    with pytest.raises(BusyError, match="57014"):
        limited.in_transaction(work)

    assert len(attempts) == 1
    still = database.run("SELECT pid FROM pg_stat_activity WHERE query ~ 'pg_slee[p]'")
    assert values(still, "pid") == []


def test_a_transaction_left_open_is_ended_by_the_server(
    counter: Database, open_database: Opener
) -> None:
    forgetful = open_database(idle_in_transaction_timeout=0.05)

    def work() -> None:
        with forgetful.transaction() as session:
            session.run(ADD_ONE, name="a")
            Event().wait(0.3)
            session.run(ADD_ONE, name="b")

    with pytest.raises(StorageUnavailableError, match="connection was lost"):
        work()
    assert values(counter.run(VALUES), "value") == [0, 0]


def test_a_server_found_read_only_is_asked_again_once_on_a_new_connection(
    counter: Database,
) -> None:
    backends: list[int] = []

    def work(session: Session) -> None:
        backends.append(session.run("SELECT pg_backend_pid() AS pid")[0]["pid"])
        session.run("SET TRANSACTION READ ONLY")
        session.run(ADD_ONE, name="a")

    with pytest.raises(BusyError, match="25006"):
        counter.in_transaction(work)

    assert len(set(backends)) == 2


def test_a_broken_constraint_is_named_and_nothing_of_the_row_is_shown(counter: Database) -> None:
    with pytest.raises(ConstraintError) as raised:
        counter.run("INSERT INTO counters VALUES (:name, 1)", name="a")

    assert (raised.value.constraint, raised.value.sqlstate) == ("counters_pkey", "23505")
    assert str(raised.value) == "the database refused a statement (SQLSTATE 23505)"
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_a_refused_statement_is_not_tried_again(counter: Database) -> None:
    attempts: list[None] = []

    def work(session: Session) -> None:
        attempts.append(None)
        session.run("SELECT 1/0")

    with pytest.raises(StatementError, match="22012"):
        counter.in_transaction(work)

    assert len(attempts) == 1


def test_a_transaction_in_which_a_failure_was_passed_over_is_undone(counter: Database) -> None:
    def work(session: Session) -> None:
        session.run(ADD_ONE, name="a")
        with pytest.raises(StatementError):
            session.run("SELECT 1/0")

    with pytest.raises(StorageError, match="went on"):
        counter.in_transaction(work)

    assert values(counter.run(VALUES), "value") == [0, 0]


def test_what_the_work_raises_undoes_it_and_comes_out_as_it_is(counter: Database) -> None:
    def work(session: Session) -> None:
        session.run(ADD_ONE, name="a")
        raise LookupError

    with pytest.raises(LookupError):
        counter.in_transaction(work)

    assert values(counter.run(VALUES), "value") == [0, 0]


def test_a_session_is_of_no_use_after_its_transaction(counter: Database) -> None:
    with counter.transaction() as session:
        session.run(ADD_ONE, name="a")

    with pytest.raises(StorageError, match="is over"):
        session.run(ADD_ONE, name="a")
