"""Makes the items of an iterator while others are worked with."""

from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextvars import copy_context


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
