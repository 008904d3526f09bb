"""An executor for where nothing may be done at the same time."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import override


class SerialExecutor(Executor):
    """Does at once what it is given: a shard has one session, and others are scored meanwhile."""

    @override
    def submit[**P, T](
        self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        done = Future[T]()
        done.set_result(work(*args, **kwargs))
        return done
