"""Files and folders that only their owner reads, whatever the process's umask is.

What is there already keeps the rights that somebody gave it.
"""

import os
from contextlib import suppress
from pathlib import Path

FILE, FOLDER = 0o600, 0o700


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above it, where they are missing; OSError where it cannot be."""
    if folder.is_dir():
        return
    make_private_folder(folder.parent)
    with suppress(FileExistsError):  # another process was quicker, or it is no folder, as is seen
        folder.mkdir(mode=FOLDER)
        folder.chmod(FOLDER)


def make_private_file(path: Path) -> None:
    """Make an empty file if it does not exist; OSError where it cannot be made."""
    with suppress(FileExistsError):
        os.close(_make(path, os.O_WRONLY))


def private_opener(path: str, flags: int) -> int:
    """For `open`, where a file that is made by it holds what is nobody else's business."""
    if flags & os.O_CREAT:
        with suppress(FileExistsError):
            return _make(path, flags)
    return os.open(path, flags, FILE)


def _make(path: str | Path, flags: int) -> int:
    descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, FILE)
    os.fchmod(descriptor, FILE)
    return descriptor
