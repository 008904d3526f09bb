"""One connection to PostgreSQL: how it is opened, what it may be asked, when it is given up."""

import io
import select
import socket
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

from pg8000.core import Context
from pg8000.native import DATE, INET, TIMESTAMPTZ, DatabaseError, InterfaceError
from pg8000.native import Connection as Driver

from succotash.errors import StorageError, StorageUnavailableError
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings
from succotash.infrastructure.postgres.errors import (
    BusyError,
    ConnectionLostError,
    ConstraintError,
    OutcomeUnknownError,
    StaleStatementError,
    StatementError,
)
from succotash.infrastructure.postgres.result_row import PostgresRow
from succotash.infrastructure.postgres.statements import PARAMETERS, Statement, instant
from succotash.observation import current_invocation

type Row = PostgresRow

TERMINATE = b"X\x00\x00\x00\x04"
UNNAMED = b"\x00"
"""The name of a statement that is parsed, planned for its values and run at once."""
READ_ONLY = "25006"
STALE = {"0A000", "26000"}
SERIALIZATION_FAILURE = "40001"
LOCK_TIMEOUT = "55P03"
CONFLICTS = {SERIALIZATION_FAILURE, "40P01", LOCK_TIMEOUT}
STATEMENT_TIMEOUT = "57014"


class _SourceError(Exception):
    """Carries what a COPY source raised past the driver."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class Connection:
    """One session of the server, used by one thread at a time.

    It is `in_step` as long as every exchange ended in success or in the server's refusal. Any
    other end may leave an answer unread that the next question would get, so then its socket
    is closed, and nothing else is ever sent.
    """

    def __init__(
        self, driver: Driver, sock: socket.socket, settings: ConnectionSettings, now: float
    ) -> None:
        self.opened_at = now
        self.used_at = now
        self.in_step = True
        self._driver = driver
        self._socket = sock
        self._proxied = settings.proxied
        self._statements_kept = settings.statements_kept
        self._prepared: OrderedDict[str, tuple[bytes, Any, Any]] = OrderedDict()
        self._session_name = settings.application_name
        self._unsent = ""
        driver.py_types = PARAMETERS
        driver.register_in_adapter(INET, str)
        driver.register_in_adapter(TIMESTAMPTZ, instant)
        # The driver's own takes seventy times as long for a day.
        driver.register_in_adapter(DATE, date.fromisoformat)

    def run(
        self, text: str, parameters: Mapping[str, object], *, for_values: bool = False
    ) -> list[Row]:
        """The rows of one statement; StorageError where two of its columns share a name.

        After five executions a prepared statement may get a plan for any values. `for_values` has
        it planned for those it is given, each time.
        """
        statement = Statement.of(text)
        values = statement.values(parameters)
        if self._proxied or for_values:
            return self._run_unprepared(statement, values)
        warm = text in self._prepared
        try:
            with self._exchange():
                prepared = self._prepare(text, statement)
                context = self._execute(prepared, values, statement)
        except StatementError as error:
            if warm and error.sqlstate in STALE:
                self.in_step = False
                raise StaleStatementError from None
            raise
        return _rows(context)

    def name_session(self) -> None:
        """Call the session after the invocation it works for; a round trip where that changed.

        Behind a proxy it keeps its name: setting another would pin it.
        """
        name = self._wanted_name()
        if name != self._session_name:
            self._command(f"SET application_name = '{name}'")
            self._session_name = name

    def begin(self) -> None:
        """Open a transaction, under the invocation's name: one round trip."""
        self._command(self._begin_command())

    def begin_with_first(self) -> None:
        """Open a transaction with its first statement, which costs no round trip of its own."""
        self._unsent = self._begin_command()

    def commit(self) -> None:
        """Keep the transaction; OutcomeUnknownError where no answer came."""
        try:
            self._end("COMMIT")
        except ConnectionLostError:
            raise OutcomeUnknownError from None

    def rollback(self) -> None:
        """Undo the transaction."""
        self._end("ROLLBACK")

    def ping(self) -> None:
        """One round trip."""
        self._command("SELECT 1")

    def copy_in(self, statement: str, chunks: Iterable[bytes]) -> int:
        """COPY ... FROM STDIN; how many rows."""
        self._send_begin()
        try:
            with self._exchange():
                context = self._driver.execute_unnamed(statement, stream=_guarded(chunks))
        except _SourceError as failed:
            raise failed.error from None
        return int(context.row_count)

    def copy_out(self, statement: str) -> bytes:
        """All that COPY ... TO STDOUT gives."""
        self._send_begin()
        stream = io.BytesIO()
        with self._exchange():
            self._driver.execute_unnamed(statement, stream=stream)
        return stream.getvalue()

    def is_quiet(self) -> bool:
        """Whether nothing waits to be read: a server that went away left something behind.

        It costs no round trip.
        """
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """Say goodbye where that still makes sense, and close the socket."""
        if self.in_step:
            with suppress(OSError):
                self._socket.sendall(TERMINATE)
        self.in_step = False
        close_socket(self._socket, self._driver)

    def _wanted_name(self) -> str:
        invocation = current_invocation()
        if invocation is None or self._proxied:
            return self._session_name
        return invocation.session_name

    def _begin_command(self) -> str:
        name = self._wanted_name()
        if name == self._session_name:
            return "BEGIN"
        return f"BEGIN; SET LOCAL application_name = '{name}'"

    def _send_begin(self) -> None:
        """Open the transaction that waits for its first statement, by itself."""
        if self._unsent:
            command, self._unsent = self._unsent, ""
            self._command(command)

    def _end(self, command: str) -> None:
        """End the transaction; one of which nothing was sent needs no word."""
        if self._unsent:
            self._unsent = ""
        else:
            self._command(command)

    def _execute(
        self, prepared: tuple[bytes, Any, Any], values: tuple[str | None, ...], statement: Statement
    ) -> Context:
        """Run a statement, sending the BEGIN that waits for it in the same breath."""
        name, columns, input_funcs = prepared
        command, self._unsent = self._unsent, ""
        if command:
            self._driver.send_QUERY(command)
        if name == UNNAMED:
            self._driver.send_PARSE(name, statement.text)
            self._driver.send_DESCRIBE_STATEMENT(name)
        if not command:
            return self._driver.execute_named(name, values, columns, input_funcs, statement.text)
        try:
            # It reads up to the end of the first answer, which is that of BEGIN.
            context = self._driver.execute_named(name, values, columns, input_funcs, statement.text)
        except DatabaseError:
            # Nothing refuses BEGIN but a session that ends, and the other answer was not read.
            raise ConnectionLostError from None
        self._driver.handle_messages(context)
        return context

    def _prepare(self, text: str, statement: Statement) -> tuple[bytes, Any, Any]:
        prepared = self._prepared.get(text)
        if prepared is None:
            prepared = self._driver.prepare_statement(statement.text, ())
            self._prepared[text] = prepared
            if len(self._prepared) > self._statements_kept:
                _, (name, _, _) = self._prepared.popitem(last=False)
                self._driver.close_prepared_statement(name)
        self._prepared.move_to_end(text)
        return prepared

    def _run_unprepared(self, statement: Statement, values: tuple[str | None, ...]) -> list[Row]:
        """One round trip, where the driver's own way takes three."""
        with self._exchange():
            context = self._execute((UNNAMED, None, None), values, statement)
        return _rows(context)

    def _command(self, command: str) -> None:
        with self._exchange():
            self._driver.execute_simple(command)

    @contextmanager
    def _exchange(self) -> Iterator[None]:
        """Out of step until proved otherwise, whatever interrupts it."""
        if not self.in_step:
            raise ConnectionLostError
        self.in_step = False
        try:
            yield
        except DatabaseError as error:
            raise self._refusal(error.args[0]) from None
        except (InterfaceError, OSError):
            raise ConnectionLostError from None
        except (ValueError, ArithmeticError, RecursionError):
            raise StorageError("a value of the answer cannot be read") from None
        self.in_step = True

    def _refusal(self, fields: dict[str, str]) -> StorageError | StorageUnavailableError:
        sqlstate = fields["C"]
        if _ends_the_session(fields):
            return ConnectionLostError(sqlstate)
        if sqlstate == READ_ONLY:  # a writer that became a reader: another may be the writer now
            return BusyError(sqlstate)
        self.in_step = True
        if sqlstate in CONFLICTS or sqlstate == STATEMENT_TIMEOUT or sqlstate.startswith("53"):
            return BusyError(sqlstate)
        if sqlstate.startswith("23"):
            return ConstraintError(fields.get("n", ""), sqlstate)
        return StatementError(sqlstate)


def _rows(context: Context) -> list[Row]:
    if context.rows is None:
        return []
    columns = {column["name"]: place for place, column in enumerate(context.columns)}
    if len(columns) != len(context.columns):
        names = ", ".join(column["name"] for column in context.columns)
        raise StorageError(f"two columns of a statement share a name: {names}")
    return [PostgresRow(columns, values) for values in context.rows]


def _ends_the_session(fields: dict[str, str]) -> bool:
    severity = fields.get("V", fields["S"])
    return severity in {"FATAL", "PANIC"} or fields["C"].startswith(("08", "57P"))


def _guarded(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks; what their source raises must not look like the driver's."""
    try:
        yield from chunks
    except Exception as error:
        raise _SourceError(error) from error


def close_socket(sock: socket.socket, driver: Driver | None = None) -> None:
    """Close the socket without sending what may still lie in the driver's buffer."""
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    if driver is not None:
        with suppress(OSError):
            driver._sock.close()  # noqa: SLF001 - the driver's close() would write, and may raise
    sock.close()
