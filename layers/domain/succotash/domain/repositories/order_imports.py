"""The port to imports of order files."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime

from succotash.domain.value.order_import import OrderImport, RejectedLine, WarnedLine
from succotash.domain.values import PAGE


class OrderImportRepository(ABC):
    """Imports of order files."""

    @abstractmethod
    def open_import(self, import_id: str) -> OrderImport:
        """Begin an import, or return the progress of one that is known.

        Within a transaction nobody else opens it until the end.
        """

    @abstractmethod
    def find_import(self, import_id: str) -> OrderImport | None:
        """The progress of an import; None where it was never opened."""

    @abstractmethod
    def save_import(
        self,
        state: OrderImport,
        rejected: Sequence[RejectedLine],
        warned: Sequence[WarnedLine] = (),
    ) -> None:
        """Remember how far an import has come, and further lines to be told of.

        NotFoundError where the import was never opened.
        """

    @abstractmethod
    def get_rejected_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[RejectedLine]:
        """Lines of an import that changed nothing, in their order, behind the line `after`."""

    @abstractmethod
    def get_warned_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[WarnedLine]:
        """Lines of an import that were warned of, in their order, behind the line `after`."""

    @abstractmethod
    def finish_import(self, import_id: str) -> None:
        """Mark an import as finished, and forget its rejected lines; the warned ones stay.

        NotFoundError where the import was never opened.
        """

    @abstractmethod
    def note_import_started(self, import_id: str, at: datetime) -> None:
        """Note that an import begins, or goes on; how an earlier attempt ended is forgotten."""

    @abstractmethod
    def note_import_ended(self, import_id: str, at: datetime, failure: str | None = None) -> None:
        """Note that an import came to its end; with a failure, that its file was refused.

        NotFoundError where it never began.
        """

    @abstractmethod
    def has_import_broken_off(self, import_id: str, given_up_before: datetime) -> bool:
        """Whether an import began before this instant for the last time, and has not ended."""
