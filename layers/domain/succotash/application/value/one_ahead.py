"""Makes the items of an iterator while others are worked with."""

import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from contextvars import copy_context

USUAL_TURN = sys.getswitchinterval()
QUICK_TURN = 0.0005
"""Seconds."""


def one_ahead[T](items: Iterator[T], executor: Executor) -> Iterator[T]:
    """The items; the executor makes the next one while the last one is worked with.

    What making an item raises is raised in its place.
    """

    def make() -> T | None:
        return next(items, None)

    def begin() -> Future[T | None]:
        # What a thread does belongs to the invocation that it works for.
        return executor.submit(copy_context().run, make)

    ahead = begin()
    while (item := ahead.result()) is not None:
        ahead = begin()
        yield item


@contextmanager
def quick_turns() -> Iterator[None]:
    """Let threads take turns at the interpreter sooner, until the block ends.

    A thread gives the interpreter away with each piece that it sends to the database, and waits a
    turn to have it back from one that computes.
    """
    sys.setswitchinterval(QUICK_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(USUAL_TURN)
