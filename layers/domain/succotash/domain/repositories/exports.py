"""The port to where large exports are put until somebody has fetched them."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ExportLink:
    """Where an export can be fetched, by whoever has the address."""

    address: str
    expires_at: datetime


class ExportShelf(ABC):
    """Files for a short time. StorageUnavailableError where the shelf does not answer."""

    @abstractmethod
    def put(self, name: str, content: Iterable[bytes], now: datetime) -> ExportLink:
        """Keep a file of CSV, whole or not at all, however large; the way to it.

        `content` is taken piece by piece while it is kept. What `content` raises escapes.
        """
