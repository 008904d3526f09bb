"""Permits to send a file to this machine's own server, which puts it into a folder."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self, override

from succotash.domain.repositories.uploads import UploadForm, UploadStore
from succotash.errors import NotFoundError, StorageUnavailableError
from succotash.infrastructure.files.objects import metadata_of
from succotash.infrastructure.private_files import make_private_folder, private_opener

LIFETIME = timedelta(hours=1)
PATH = "/local-uploads"
"""The path where the server takes files, of which API Gateway knows nothing."""
PERMIT_SUFFIX = ".permit.json"


class UploadFolder(UploadStore):
    """Keeps each permit as a file until its upload, by which the server knows what it may take."""

    def __init__(self, folder: Path, server: str) -> None:
        self._folder = folder
        self._server = server

    @override
    def permit(self, key: str, metadata: Mapping[str, str], now: datetime) -> UploadForm:
        expires_at = now + LIFETIME
        target = self._folder / key
        permit = {"expires_at": expires_at.isoformat(), "metadata": dict(metadata)}
        try:
            make_private_folder(target.parent)
            with open(_permit_of(target), "w", opener=private_opener, encoding="utf-8") as file:
                json.dump(permit, file)
        except OSError as error:
            sentence = f"the folder of uploads cannot be used ({error.strerror})"
            raise StorageUnavailableError(sentence) from None
        return UploadForm(self._server + PATH, {"key": key}, expires_at)


@dataclass(frozen=True, slots=True)
class Permit:
    """A permit to send one file."""

    target: Path
    metadata: Mapping[str, str]

    @classmethod
    def find(cls, folder: Path, key: str, now: datetime) -> Self:
        """The permit for a key; NotFoundError if it is used up."""
        target = folder / key
        if not target.resolve().is_relative_to(folder.resolve()):
            raise NotFoundError("permit")
        try:
            kept = json.loads(_permit_of(target).read_text("utf-8"))
        except OSError:
            raise NotFoundError("permit") from None
        if datetime.fromisoformat(kept["expires_at"]) <= now:
            raise NotFoundError("permit")
        return cls(target, kept["metadata"])

    def use(self, uploaded: Path) -> None:
        """Move a file to where it is imported from."""
        metadata_of(self.target).write_text(json.dumps(dict(self.metadata)), encoding="utf-8")
        uploaded.replace(self.target)
        _permit_of(self.target).unlink(missing_ok=True)


def _permit_of(target: Path) -> Path:
    return target.with_name(target.name + PERMIT_SUFFIX)
