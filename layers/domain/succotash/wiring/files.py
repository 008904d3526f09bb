"""Files of this machine in place of services; their addresses are `file:` and a path."""

from pathlib import Path
from typing import TYPE_CHECKING

from succotash.settings import FILE_SCHEME

if TYPE_CHECKING:
    from succotash.infrastructure.files.events import EventFile
    from succotash.infrastructure.files.exports import ExportFolder
    from succotash.infrastructure.files.objects import FolderObjectStore
    from succotash.infrastructure.files.submission_queue import FileSubmissionQueue
    from succotash.infrastructure.files.uploads import UploadFolder


def submission_queue(address: str, failures: str) -> "FileSubmissionQueue":  # noqa: ARG001
    """A queue that keeps in its own file its dead letters."""
    from succotash.infrastructure.files.submission_queue import FileSubmissionQueue

    return FileSubmissionQueue(_path(address))


def export_store(address: str) -> "ExportFolder":
    """A folder of exports."""
    from succotash.infrastructure.files.exports import ExportFolder

    return ExportFolder(_path(address))


def objects(address: str) -> "FolderObjectStore":
    """The files of a folder."""
    from succotash.infrastructure.files.objects import FolderObjectStore

    return FolderObjectStore(_path(address))


def upload_store(address: str, server: str) -> "UploadFolder":
    """Permits to send files to this machine's server, which puts them into a folder."""
    from succotash.infrastructure.files.uploads import UploadFolder

    return UploadFolder(_path(address), server)


def event_bus(address: str) -> "EventFile":
    """A file with one event a line."""
    from succotash.infrastructure.files.events import EventFile

    return EventFile(_path(address))


def _path(address: str) -> Path:
    return Path(address.removeprefix(FILE_SCHEME))
