"""Work that several threads do at once."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

REDELIVERY = 60.0
"""Seconds after which a thread that should have ended is taken to hang."""


def at_once[T](work: Callable[[int], T], threads: int) -> list[T]:
    """What `work` gave when called from several threads that start together."""
    barrier = threading.Barrier(threads)

    def start(number: int) -> T:
        barrier.wait(REDELIVERY)
        return work(number)

    with ThreadPoolExecutor(threads) as pool:
        futures: list[Future[T]] = [pool.submit(start, number) for number in range(threads)]
        return [future.result(REDELIVERY) for future in futures]
