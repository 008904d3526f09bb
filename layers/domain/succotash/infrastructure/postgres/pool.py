"""A bounded pool of connections, safe for threads, that keeps none it cannot vouch for."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition

from succotash.errors import SettingsError, StorageUnavailableError
from succotash.infrastructure.postgres.connection import Connection
from succotash.observation import Metric, count


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """The limits of a pool; times in seconds."""

    minimum: int = 0
    """The number of connections that stay open however long they are unused."""
    maximum: int = 4
    wait: float = 5.0
    """The time to wait for a connection that another thread has."""
    trusted: float = 30.0
    """A connection unused for longer is asked whether it is still there before it is used."""
    unused: float = 300.0
    lifetime: float = 3600.0

    def __post_init__(self) -> None:
        if not 0 <= self.minimum <= self.maximum or self.maximum < 1:
            raise SettingsError("a pool needs 0 <= min_connections <= max_connections, and room")


class Pool:
    """Hands out the connection that was used last; opens one only where none is free."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        limits: PoolLimits,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._limits = limits
        self._clock = clock
        self._changed = Condition()
        self._idle: list[Connection] = []
        self._taken: set[Connection] = set()
        self._opening = 0

    def take(self) -> Connection:
        """A connection that nobody else has; StorageUnavailableError where all stay in use."""
        while True:
            connection = self._reserve()
            if connection is None:
                return self._open()
            fit = False
            try:
                fit = self._is_fit(connection)
            finally:
                if not fit:
                    self._drop(connection)
            if fit:
                return connection

    def give_back(self, connection: Connection) -> None:
        """Keep the connection for the next one, or close it, and the unused ones with it.

        What ended one connection (a restart, a failover, a new schema) has often ended all.
        """
        surplus: list[Connection] = []
        with self._changed:
            if connection.in_step and connection in self._taken:
                connection.used_at = self._clock()
                self._idle.append(connection)
                surplus = self._unused()
            else:
                surplus = [connection]
                if not connection.in_step:
                    surplus += self._idle
                    self._idle.clear()
            self._taken.discard(connection)
            self._changed.notify()
        for each in surplus:
            each.close()

    def close(self) -> None:
        """Close the unused connections now, and those in use when they come back."""
        with self._changed:
            idle, self._idle = self._idle, []
            self._taken.clear()
            self._changed.notify_all()
        for each in idle:
            each.close()

    def _reserve(self) -> Connection | None:
        """An unused connection, or None: one may be opened."""
        deadline = self._clock() + self._limits.wait
        with self._changed:
            if self._is_full():
                count(Metric.POOL_WAITS)
            while self._is_full():
                left = deadline - self._clock()
                if left <= 0:
                    raise StorageUnavailableError("all of its connections are in use")
                self._changed.wait(left)
            if not self._idle:
                self._opening += 1
                return None
            connection = self._idle.pop()
            self._taken.add(connection)
            return connection

    def _is_full(self) -> bool:
        in_use = len(self._taken) + self._opening
        return not self._idle and in_use >= self._limits.maximum

    def _open(self) -> Connection:
        connection: Connection | None = None
        try:
            connection = self._connect()
        finally:
            with self._changed:
                self._opening -= 1
                if connection is None:
                    self._changed.notify()
                else:
                    self._taken.add(connection)
        return connection

    def _is_fit(self, connection: Connection) -> bool:
        now = self._clock()
        if now - connection.opened_at > self._limits.lifetime:
            return False
        if now - connection.used_at <= self._limits.trusted and connection.is_quiet():
            return True
        try:
            connection.ping()
        except StorageUnavailableError:
            return False
        return True

    def _drop(self, connection: Connection) -> None:
        with self._changed:
            self._taken.discard(connection)
            self._changed.notify()
        connection.close()

    def _unused(self) -> list[Connection]:
        """Take out what was unused for too long; the longest unused come first."""
        now = self._clock()
        surplus: list[Connection] = []
        while (
            len(self._taken) + len(self._idle) - 1 > self._limits.minimum
            and self._idle
            and now - self._idle[0].used_at > self._limits.unused
        ):
            surplus.append(self._idle.pop(0))
        return surplus
