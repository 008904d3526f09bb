"""When to try again, and how long to wait before."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from succotash.errors import StorageUnavailableError
from succotash.infrastructure.postgres.connection import CONFLICTS, READ_ONLY
from succotash.infrastructure.postgres.errors import (
    BusyError,
    ConnectError,
    ConnectionLostError,
    StaleStatementError,
)
from succotash.observation import Metric, count, current_invocation

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The number of attempts, and the time for all of them, in seconds."""

    attempts: int = 5
    deadline: float = 10.0
    first_pause: float = 0.1
    longest_pause: float = 1.0

    def pause(self, failures: int, chance: float) -> float:
        """The pause after so many failures; `chance` is from [0, 1).

        Full jitter: anything between nothing and a limit that doubles with each failure
        (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
        """
        return chance * min(self.longest_pause, self.first_pause * 2.0 ** (failures - 1))


class Retry:
    """Does a whole transaction again where what stopped it allows that."""

    def __init__(
        self,
        policy: RetryPolicy,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._sleep = sleep
        self._chance = chance

    def __call__[T](self, attempt: Callable[[], T]) -> T:
        """Return the result of the first attempt that succeeds, or raise the last one's error."""
        started = self._clock()
        found_read_only = False
        failures = 0
        while True:
            try:
                return attempt()
            except StorageUnavailableError as error:
                failures += 1
                pause = self._policy.pause(failures, self._chance())
                late = self._clock() + pause - started > self._policy.deadline
                if failures >= self._policy.attempts or late:
                    raise
                if not may_be_repeated(error, found_read_only=found_read_only):
                    raise
                found_read_only = found_read_only or _is_read_only(error)
                _tell(failures, error)
            self._sleep(pause)


def _tell(failures: int, error: StorageUnavailableError) -> None:
    count(Metric.DATABASE_RETRIES)
    invocation = current_invocation()
    named = {} if invocation is None else {"correlation_id": invocation.correlation_id}
    logger.warning("attempt %d failed and is made again: %s", failures, error, extra=named)


def may_be_repeated(error: StorageUnavailableError, *, found_read_only: bool = False) -> bool:
    """Whether the transaction left nothing behind, and may well succeed the next time.

    A server found read-only is one that another replaces: reason enough to connect again once.
    """
    match error:
        case ConnectionLostError() | StaleStatementError():
            return True
        case ConnectError():
            return error.passing
        case BusyError():
            return error.sqlstate in CONFLICTS or (_is_read_only(error) and not found_read_only)
        case _:
            return False


def _is_read_only(error: StorageUnavailableError) -> bool:
    return isinstance(error, BusyError) and error.sqlstate == READ_ONLY
