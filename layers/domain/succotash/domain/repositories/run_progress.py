"""The port to requests for scoring runs, and to how far runs have come."""

from abc import ABC, abstractmethod
from datetime import datetime

from succotash.domain.scoring.progress import RunProgress
from succotash.domain.values import PAGE, After, RunId


class RunProgressRepository(ABC):
    """When scoring runs were asked for, when they began and how they ended."""

    @abstractmethod
    def request_scoring_run(self, run_id: RunId, as_of: datetime, at: datetime) -> None:
        """Note that the run was asked for at an instant.

        RunInProgressError names the run in its way: one that was asked for or began less than
        GIVEN_UP_AFTER before `at` and has not ended; the same one where it is published or
        withheld; the current one where that is as of a later instant. Until the transaction ends,
        another that asks for a run, opens or finishes one waits.
        """

    @abstractmethod
    def note_run_started(self, run_id: RunId, as_of: datetime, at: datetime) -> None:
        """Note that a run has begun, and forget that it ended; an earlier beginning stays."""

    @abstractmethod
    def note_run_ended(
        self, run_id: RunId, as_of: datetime, at: datetime, failure: str | None = None
    ) -> None:
        """Note that a run has ended; with a failure, one that `open_scoring_run` may give up."""

    @abstractmethod
    def find_run_progress(self, run_id: RunId) -> RunProgress:
        """The progress of a run; NotFoundError if nobody asked for it and none began."""

    @abstractmethod
    def get_run_progress(
        self, *, limit: int = PAGE, after: After | None = None
    ) -> list[RunProgress]:
        """Runs other than `initial`, latest `as_of` first, then by id descending."""
