"""The port to where large exports are put until somebody has fetched them."""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import override

from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.erasable import Erasable, Forgotten


@dataclass(frozen=True, slots=True)
class ExportLink:
    """The address of an export, for anybody who has it."""

    address: str
    expires_at: datetime


class ExportStore(Erasable):
    """Files for a short time. StorageUnavailableError where the store does not answer."""

    @abstractmethod
    def put(self, name: str, content: Iterable[bytes], now: datetime) -> ExportLink:
        """Keep a file of CSV, whole or not at all, however large; the way to it.

        `content` is taken piece by piece while it is kept. What `content` raises escapes.
        """

    @abstractmethod
    @override
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        """Remove every export, no matter who is in it: each can be made again."""
