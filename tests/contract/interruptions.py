"""Work that goes wrong before it is committed."""

from collections.abc import Callable

from succotash.domain.repositories.storage import Repositories, Storage


class StopError(Exception):
    """What goes wrong in the middle of a transaction."""


def write_and_stop(storage: Storage, write: Callable[[Repositories], object]) -> None:
    with storage.transaction() as repositories:
        write(repositories)
        raise StopError
