"""A local run's parts with their clock set back, so that things come about in the past."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from local.background_workers import settings_of
from succotash.container import Container
from succotash.domain.values import IdFactory, uuid7


class PastClock:
    """Tells the time that it was set to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time that it was set to."""
        return self.now


@contextmanager
def past_container(
    present: Container, clock: PastClock, new_id: IdFactory = uuid7
) -> Iterator[Container]:
    """The parts of another container on its storage, by this clock, until the block ends.

    Nobody is to look for mails and events of then among those of today, so they are dropped.
    """
    with TemporaryDirectory(prefix="succotash-") as folder:
        own = settings_of(Path(folder), "http://127.0.0.1", queues=False)
        past = Container(os.environ | own, clock=clock, new_id=new_id)
        past.storage = present.storage
        yield past
