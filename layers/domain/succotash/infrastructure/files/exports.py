"""Exports as files in a folder of this machine."""

import os
import tempfile
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import override

from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Forgotten
from succotash.domain.repositories.exports import ExportLink, ExportStore
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.private_files import FILE, make_private_folder

KEPT = timedelta(days=1)


class ExportFolder(ExportStore):
    """Writes files that only their owner reads, and removes those of earlier days."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @override
    def put(self, name: str, content: Iterable[bytes], now: datetime) -> ExportLink:
        try:
            make_private_folder(self._folder)
            for file in self._folder.glob("*.csv"):
                if file.stat().st_mtime < (now - KEPT).timestamp():
                    file.unlink(missing_ok=True)
            place = self._folder.resolve() / name
            with tempfile.NamedTemporaryFile(dir=self._folder, delete_on_close=False) as scratch:
                os.fchmod(scratch.fileno(), FILE)
                for piece in content:
                    scratch.write(piece)
                scratch.close()
                Path(scratch.name).rename(place)
        except OSError as error:
            raise _unusable(error) from None
        return ExportLink(place.as_uri(), now + KEPT)

    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        removed = 0
        try:
            for file in self._folder.glob("*.csv"):
                if not has_time():
                    return Forgotten(removed, is_complete=False)
                file.unlink(missing_ok=True)
                removed += 1
        except OSError as error:
            raise _unusable(error) from None
        return Forgotten(removed)


def _unusable(error: OSError) -> StorageUnavailableError:
    return StorageUnavailableError(f"the folder of exports cannot be used ({error.strerror})")
