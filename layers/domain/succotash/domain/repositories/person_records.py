"""The port to all that forms hold about a person."""

from abc import ABC, abstractmethod

from succotash.domain.leads.leads import PersonRecord


class PersonRecordRepository(ABC):
    """All that forms hold about a person."""

    @abstractmethod
    def find_person(self, canonical_email: str) -> PersonRecord:
        """All held about this person; empty where nothing is."""

    @abstractmethod
    def erase_person(self, canonical_email: str) -> dict[str, int]:
        """Delete lead, history, scores, submissions and remembered answers; rows gone by table.

        Submissions of others that named one of these as their original keep their state and
        lose the name. Customers tied to the lead lose the tie.
        """
