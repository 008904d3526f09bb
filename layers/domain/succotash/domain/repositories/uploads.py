"""The port to permits for files that are sent past the API, straight to where they are stored."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

LARGEST_UPLOAD = 5_000_000_000
"""Bytes of one file; S3 takes no more by one form."""


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A form (multipart/form-data) that stores one file for anybody who has it."""

    address: str
    fields: Mapping[str, str]
    """To be sent in this order, before the field `file`."""
    expires_at: datetime


class UploadStore(ABC):
    """Gives permits. StorageUnavailableError where none can be made."""

    @abstractmethod
    def permit(self, key: str, metadata: Mapping[str, str], now: datetime) -> UploadForm:
        """A form for a file of at most LARGEST_UPLOAD bytes, to be stored under this key.

        `metadata` comes to stand with the object, whatever its sender would rather have.
        """
