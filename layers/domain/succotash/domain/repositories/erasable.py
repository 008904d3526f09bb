"""The port to places outside the storage that hold what people sent."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from succotash.domain.people.erasures import ErasedPerson


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The result of a search for an erased person."""

    removed: int
    is_complete: bool = True
    """Whether everything was looked at; searching once more goes through all of it again."""


class Erasable(ABC):
    """A place outside the storage from which a person can be erased."""

    @abstractmethod
    def forget(self, person: ErasedPerson, has_time: Callable[[], bool]) -> Forgotten:
        """Remove what is here about the person, and keep what is not.

        `has_time` is asked again and again, and ends the search where it says no. What a search
        that ended so, or broke off, did not come to stays. StorageUnavailableError where the place
        does not answer.
        """
