"""Opens connections: socket, TLS, password."""

import socket
import ssl
import struct
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, override

import scramp
from pg8000.native import Connection as Driver
from pg8000.native import DatabaseError, InterfaceError

from succotash.errors import SettingsError
from succotash.infrastructure.postgres.connection import Connection, close_socket
from succotash.infrastructure.postgres.connection_settings import ConnectionSettings, SslMode
from succotash.infrastructure.postgres.errors import PASSWORD_REFUSED, ConnectError

SSL_REQUEST = struct.pack("!ii", 8, 80877103)


class Connector:
    """Opens connections, with a new password once where the known one is refused."""

    def __init__(
        self, settings: ConnectionSettings, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.settings = settings
        self._clock = clock

    def connect(self) -> Connection:
        """A new connection; ConnectError where none can be had."""
        password = self.settings.password()
        try:
            return self._open(password)
        except _PasswordRefusedError as refused:
            renewed = self.settings.password(fresh=True)
            if renewed == password:
                raise ConnectError(str(refused), passing=False) from None
        try:
            return self._open(renewed)
        except _PasswordRefusedError as refused:
            raise ConnectError(str(refused), passing=False) from None

    def _open(self, password: str) -> Connection:
        try:
            sock = self._connected_socket()
        except ssl.SSLCertVerificationError:
            raise ConnectError("its certificate is not trusted", passing=False) from None
        except OSError:
            raise ConnectError("it cannot be reached", passing=True) from None
        try:
            driver = self._started(sock, password)
            sock.settimeout(self.settings.read_timeout)
        except BaseException:
            close_socket(sock)
            raise
        return Connection(driver, sock, self.settings, self._clock())

    def _started(self, sock: socket.socket, password: str) -> Driver:
        settings = self.settings
        try:
            return _Driver(
                settings.user,
                database=settings.database,
                password=password,
                application_name=settings.application_name,
                startup_params=settings.startup_parameters(),
                sock=sock,
                ssl_context=False,  # the socket speaks TLS already where it should
            )
        except (DatabaseError, InterfaceError, OSError) as error:
            raise _refused_connection(error) from None
        except (KeyError, ValueError, struct.error, scramp.ScramException):
            raise ConnectError("the server is not PostgreSQL", passing=False) from None

    def _connected_socket(self) -> socket.socket:
        settings = self.settings
        if settings.host.startswith("/"):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.settimeout(settings.connect_timeout)
            address: Any = f"{settings.host}/.s.PGSQL.{settings.port}"
            try:
                sock.connect(address)
            except BaseException:
                sock.close()
                raise
            return sock
        sock = socket.create_connection((settings.host, settings.port), settings.connect_timeout)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock if settings.sslmode is SslMode.DISABLE else self._encrypted(sock)
        except BaseException:
            sock.close()
            raise

    def _encrypted(self, sock: socket.socket) -> ssl.SSLSocket:
        context = self._tls
        sock.sendall(SSL_REQUEST)
        answer = sock.recv(1)
        if answer == b"N":
            raise ConnectError("it refuses to encrypt the connection", passing=False)
        if answer != b"S":
            raise ConnectError("it did not agree on encryption", passing=True)
        return context.wrap_socket(sock, server_hostname=self.settings.host)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        authorities = self.settings.sslrootcert
        try:
            context = ssl.create_default_context(cafile=authorities and str(authorities))
        except OSError:
            raise SettingsError("DB_SSLROOTCERT names no readable file of certificates") from None
        if self.settings.sslmode is SslMode.REQUIRE:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


class _Driver(Driver):  # type: ignore[misc]  # it has no types
    """The driver, which leaves nothing open where it cannot start.

    What lies in the buffer of a half-made one would be sent once that is collected, on a socket
    that is closed by then.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401 - the driver's own
        try:
            super().__init__(*args, **settings)
        except BaseException:
            if hasattr(self, "_sock"):  # the buffer, which is the last that it opens
                self.close()
            raise

    @override
    def close(self) -> None:
        close_socket(self._usock, self)


class _PasswordRefusedError(Exception):
    """The server does not take this password."""


def _refused_connection(error: BaseException | None) -> Exception:
    """The error that the attempt failed with; the driver's own closing may have hidden it."""
    while error is not None:
        if isinstance(error, DatabaseError):
            fields = error.args[0]
            sqlstate = fields["C"]
            if sqlstate in PASSWORD_REFUSED:
                return _PasswordRefusedError(f"it refuses the user (SQLSTATE {sqlstate})")
            return ConnectError(
                f"it refuses the connection (SQLSTATE {sqlstate})",
                passing=sqlstate == "53300" or sqlstate.startswith(("08", "57P")),
            )
        error = error.__context__
    return ConnectError("it did not complete the connection", passing=True)
