"""Files of this machine as objects; a key is a path."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import override

from succotash.domain.repositories.objects import ObjectReplacedError, ObjectStore, StoredObject
from succotash.errors import NotFoundError, StorageUnavailableError

PART = 1024 * 1024
"""Bytes read at a time."""


class LocalObjectStore(ObjectStore):
    """Files by their paths; a file's version is its size and the instant it was last changed."""

    @override
    def describe(self, key: str) -> StoredObject:
        path = Path(key).resolve()
        with _translated():
            if not path.is_file():
                raise NotFoundError("file")
            found = path.stat()
        version = f"{found.st_size}.{found.st_mtime_ns}"
        return StoredObject(path.as_uri(), key, version, found.st_size)

    @override
    def read(self, found: StoredObject, offset: int = 0) -> Iterator[bytes]:
        with _translated(), Path(found.key).open("rb") as source:
            source.seek(offset)
            while part := source.read(PART):
                if self.describe(found.key) != found:
                    raise ObjectReplacedError
                yield part

    @override
    def write(self, key: str, content: Iterable[bytes]) -> None:
        path = Path(key).resolve()
        with _translated(), tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            written = Path(scratch) / path.name
            with written.open("wb") as target:
                target.writelines(content)
            written.replace(path)

    @override
    def remove(self, found: StoredObject) -> None:
        with _translated():
            try:
                if self.describe(found.key) != found:
                    raise ObjectReplacedError
            except NotFoundError:
                return
            Path(found.key).unlink(missing_ok=True)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageUnavailableError(f"a file cannot be used ({error.strerror})") from None
