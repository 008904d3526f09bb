"""The port to scoring runs."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import ScoringRun
from succotash.domain.values import Json, RunId


class RunRepository(ABC):
    """Scoring runs.

    Every storage starts with the run `initial`, current and empty.
    """

    @abstractmethod
    def open_scoring_run(self, run: ScoringRun) -> None:
        """Begin a run, or begin it again with new models: state running, whatever `run` says.

        RunInProgressError where it is the current run already or was superseded, or another run
        is running that is not older by GIVEN_UP_AFTER. An older one is given up: its rows go.
        One that broke off after it was begun with an instant in the future by mistake keeps all
        before that instant out: let its `as_of` in the table scoring_runs be made an early one,
        and the next run gives it up.
        Until the transaction ends, another that opens or finishes a run waits.
        """

    @abstractmethod
    def finish_scoring_run(
        self,
        run_id: RunId,
        customers: int,
        keep: int = 2,
        *,
        summary: Mapping[str, Json] | None = None,
    ) -> None:
        """Make a running run the current one, at once for all readers; the last becomes superseded.

        Rows of all but the `keep` latest superseded runs are deleted, their scoring_runs stay.
        NotFoundError where no such run is running; RunInProgressError where the current run is
        newer than it.
        """

    @abstractmethod
    def withhold_scoring_run(self, run_id: RunId) -> None:
        """Let a running run stay unpublished, for the record; another one may begin.

        NotFoundError where no such run is running.
        """

    @abstractmethod
    def get_scoring_run(self, run_id: RunId) -> ScoringRun:
        """The run; NotFoundError if unknown."""

    @abstractmethod
    def get_current_scoring_run(self) -> ScoringRun:
        """The run readers see; `initial` before the first has finished."""

    @abstractmethod
    def get_published_runs(self, *, limit: int = 10) -> list[Labelled[Mapping[str, Json]]]:
        """Summaries of the current run and of those it superseded, latest first.

        The first is the run readers see; a summary is empty where none was kept.
        """

    @abstractmethod
    def get_scoring_runs(self, *, limit: int = 10) -> list[ScoringRun]:
        """Runs other than `initial`, latest first."""
