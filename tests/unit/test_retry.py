"""When a transaction is done again, and how long after."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.errors import StorageError, StorageUnavailableError
from succotash.infrastructure.postgres.errors import (
    BusyError,
    ConnectError,
    ConnectionLostError,
    ConstraintError,
    OutcomeUnknownError,
    StaleStatementError,
    StatementError,
)
from succotash.infrastructure.postgres.retry import Retry, RetryPolicy

POLICY = RetryPolicy(attempts=4, deadline=10, first_pause=1, longest_pause=3)


class Attempts:
    """Fails with each error in turn, then succeeds; time passes only in pauses and attempts."""

    def __init__(self, *errors: Exception, each_takes: float = 0) -> None:
        self.made = 0
        self.now = 0.0
        self.pauses: list[float] = []
        self._errors = iter(errors)
        self._each_takes = each_takes

    def __call__(self) -> str:
        self.made += 1
        self.now += self._each_takes
        for error in self._errors:
            raise error
        return "done"

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def under(self, policy: RetryPolicy, chance: Callable[[], float] = lambda: 1.0) -> str:
        retry = Retry(policy, clock=lambda: self.now, sleep=self.sleep, chance=chance)
        return retry(self)


@pytest.mark.parametrize(
    "error",
    [
        BusyError("40001"),
        BusyError("40P01"),
        BusyError("55P03"),
        BusyError("25006"),
        StaleStatementError(),
        ConnectionLostError(),
        ConnectionLostError("57P01"),
        ConnectError("starting up", passing=True),
    ],
)
def test_what_left_nothing_behind_and_may_pass_is_done_again(error: Exception) -> None:
    attempts = Attempts(error)

    assert attempts.under(POLICY) == "done"
    assert attempts.made == 2


@pytest.mark.parametrize(
    "error",
    [
        BusyError("57014"),
        BusyError("53100"),
        StatementError("42601"),
        StatementError("22012"),
        ConstraintError("leads_pkey", "23505"),
        OutcomeUnknownError(),
        ConnectError("wrong password", passing=False),
        StorageUnavailableError("all of its connections are in use"),
        StorageError("refused"),
        LookupError(),
    ],
)
def test_everything_else_comes_out_at_once(error: Exception) -> None:
    attempts = Attempts(error)

    with pytest.raises(type(error)) as raised:
        attempts.under(POLICY)

    assert raised.value is error
    assert attempts.made == 1


def test_a_server_found_read_only_twice_is_believed() -> None:
    attempts = Attempts(BusyError("25006"), BusyError("25006"))

    with pytest.raises(BusyError):
        attempts.under(POLICY)


def test_pauses_double_up_to_the_longest() -> None:
    attempts = Attempts(*[BusyError("40001")] * 3)

    assert attempts.under(POLICY) == "done"
    assert attempts.pauses == [1, 2, 3]


def test_the_last_error_comes_out_when_the_attempts_are_spent() -> None:
    attempts = Attempts(*[BusyError("40001")] * 9)

    with pytest.raises(BusyError, match="40001"):
        attempts.under(POLICY)

    assert attempts.made == POLICY.attempts


@given(
    st.floats(0, 20),
    st.lists(st.floats(0, 1, exclude_max=True), min_size=9, max_size=9),
    st.integers(1, 9),
)
def test_no_attempt_starts_after_the_deadline(
    each_takes: float, chances: list[float], failures: int
) -> None:
    attempts = Attempts(*[BusyError("40P01")] * failures, each_takes=each_takes)
    with suppress(BusyError):
        attempts.under(POLICY, iter(chances).__next__)

    assert 1 <= attempts.made <= POLICY.attempts
    assert attempts.made == 1 or attempts.now - each_takes <= POLICY.deadline + 1e-9
    assert all(pause <= POLICY.longest_pause for pause in attempts.pauses)
