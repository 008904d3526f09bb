"""Files of this machine as objects; a key is a path."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import override

from succotash.domain.repositories.objects import ObjectReplacedError, ObjectStore, StoredObject
from succotash.errors import NotFoundError, StorageUnavailableError

PART = 1024 * 1024
"""Bytes read at a time."""
METADATA_SUFFIX = ".metadata.json"
"""The suffix of the file that holds the metadata of an object."""


class FolderObjectStore(ObjectStore):
    """Files by their paths; a file's version is its size and the instant it was last changed."""

    def __init__(self, folder: Path | None = None) -> None:
        """Paths begin in the folder, or where the process works."""
        self._folder = folder or Path()

    @override
    def describe(self, key: str) -> StoredObject:
        path = self._path(key)
        with _translated():
            if not path.is_file():
                raise NotFoundError("file")
            found = path.stat()
            metadata = _metadata(path)
        version = f"{found.st_size}.{found.st_mtime_ns}"
        return StoredObject(path.as_uri(), key, version, found.st_size, metadata)

    @override
    def read(self, found: StoredObject, offset: int = 0) -> Iterator[bytes]:
        with _translated(), self._path(found.key).open("rb") as source:
            source.seek(offset)
            while part := source.read(PART):
                if self.describe(found.key) != found:
                    raise ObjectReplacedError
                yield part

    @override
    def write(self, key: str, content: Iterable[bytes]) -> None:
        path = self._path(key)
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
            path = self._path(found.key)
            path.unlink(missing_ok=True)
            metadata_of(path).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return (self._folder / key).resolve()


def metadata_of(path: Path) -> Path:
    """The file that holds what the sender of a file said about it."""
    return path.with_name(path.name + METADATA_SUFFIX)


def _metadata(path: Path) -> Mapping[str, str]:
    kept = metadata_of(path)
    found: dict[str, str] = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    return found


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageUnavailableError(f"a file cannot be used ({error.strerror})") from None
