"""The port to a storage as a whole: its repositories, alone or within one transaction."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from succotash.domain.repositories.consents import ConsentRepository
from succotash.domain.repositories.customers import CustomerRepository
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.leads import LeadRepository
from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.outbox import OutboxRepository
from succotash.domain.repositories.people import PeopleRepository
from succotash.domain.repositories.retention import RetentionRepository


@dataclass(frozen=True, slots=True)
class Repositories:
    """The ports onto one storage."""

    forms: FormRepository
    ltv: LTVRepository
    retention: RetentionRepository
    outbox: OutboxRepository
    leads: LeadRepository
    people: PeopleRepository
    customers: CustomerRepository
    consents: ConsentRepository


class Storage(ABC):
    """One storage. Faults surface as StorageUnavailableError or StorageError."""

    @property
    @abstractmethod
    def repositories(self) -> Repositories:
        """Repositories of which each call is a transaction of its own."""

    @property
    @abstractmethod
    def writers(self) -> int:
        """The number of transactions that may change something at the same time."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[Repositories]:
        """Commit all changes through these repositories at the end, or none if the block raises."""

    @abstractmethod
    def in_transaction[T](self, work: Callable[[Repositories], T]) -> T:
        """Do `work` in a transaction, once more from its start where a conflict allows it.

        `work` must have no effects but through its repositories.
        """

    @abstractmethod
    def purge_deleted(self) -> bool:
        """Overwrite what was deleted in the storage's own files; whether none of it is left there.

        False where that is not this storage's to do, or somebody who reads stands in the way.
        """

    @abstractmethod
    def ping(self) -> None:
        """Return where the storage answers; StorageUnavailableError where it does not."""

    @abstractmethod
    def close(self) -> None:
        """Release connections; the storage may be used again and opens them again."""
