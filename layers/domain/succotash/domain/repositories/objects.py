"""The port to objects: files in a bucket or a folder, read in parts and written whole."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from succotash.errors import ConflictError


class ObjectReplacedError(ConflictError):
    """An object was replaced or removed while it was read."""

    def __init__(self) -> None:
        super().__init__("the object was replaced while it was read")


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One version of an object."""

    place: str
    """The address of the object, unlike any other's of any store."""
    key: str
    version: str
    """Differs from that of every other content that was ever at this place."""
    size: int
    """Bytes."""
    metadata: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The metadata that its sender gave."""


class ObjectStore(ABC):
    """Objects by key. StorageUnavailableError where the store does not answer."""

    @abstractmethod
    def describe(self, key: str) -> StoredObject:
        """The object as it is now; NotFoundError if unknown."""

    @abstractmethod
    def read(self, found: StoredObject, offset: int = 0) -> Iterator[bytes]:
        """Its bytes from `offset` on, in parts of at most some megabytes.

        ObjectReplacedError where this version is no longer there.
        """

    @abstractmethod
    def write(self, key: str, content: Iterable[bytes]) -> None:
        """Make or replace an object, whole or not at all, however large it is."""

    @abstractmethod
    def remove(self, found: StoredObject) -> None:
        """Delete this version of an object.

        Nothing where it is gone; ObjectReplacedError where another took its place, which stays.
        """
