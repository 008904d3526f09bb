"""Between a client and a server: counts round trips, cuts connections, ends TLS."""

import selectors
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import Thread

from tests.databases import environment_of, migrated_database
from tests.servers import PostgresServer

type Watch = Callable[[bytes], bool]
"""Sees what the client sends; False cuts the connection before the server gets it."""


class Proxy:
    """Passes bytes on. A round trip is a request that an answer, or nothing yet, came before."""

    def __init__(self, server: tuple[str, int], tls: ssl.SSLContext | None = None) -> None:
        self.round_trips = 0
        self.watch: Watch = lambda _: True
        self._server = server
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()

    @property
    def port(self) -> int:
        """Where clients connect, on 127.0.0.1."""
        port: int = self._listener.getsockname()[1]
        return port

    def serve(self) -> None:
        """Accept until stopped."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def stop(self) -> None:
        """Accept no more, and cut what is open."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """End all connections without a word."""
        for each in tuple(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _pass_on(self, client: socket.socket) -> None:
        with suppress(OSError):
            if self._tls is not None:
                client.recv(8)
                client.sendall(b"S")
                client = self._tls.wrap_socket(client, server_side=True)
            with client, socket.create_connection(self._server) as server:
                self._open |= {client, server}
                self._relay(client, server)
        self._open.discard(client)
        client.close()

    def _relay(self, client: socket.socket, server: socket.socket) -> None:
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answered = True
        with selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ)
            ready.register(server, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                    from_client = key.fileobj is client
                    if not data or (from_client and not self.watch(data)):
                        return
                    if from_client:
                        self.round_trips += answered
                        answered = False
                        server.sendall(data)
                    else:
                        answered = True
                        client.sendall(data)


@contextmanager
def proxy_to(server: tuple[str, int], tls: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    """A running proxy."""
    proxy = Proxy(server, tls)
    thread = Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.stop()
        thread.join()


@contextmanager
def database_behind_proxy(server: PostgresServer) -> Iterator[tuple[Proxy, dict[str, str]]]:
    """A migrated database, and the settings by which one connection reaches it through a proxy."""
    with (
        migrated_database(server) as settings,
        proxy_to((settings.host, settings.port)) as proxy,
    ):
        yield (
            proxy,
            {
                "SUCCOTASH_STORAGE": "postgres",
                **environment_of(replace(settings, host="127.0.0.1", port=proxy.port)),
                "DB_MAX_CONNECTIONS": "1",
            },
        )
