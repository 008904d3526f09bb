"""The progress of a scoring run, from the request for it to its end."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from succotash.domain.retention.retention import RunState, ScoringRun
from succotash.domain.values import RunId


class RunStage(StrEnum):
    """The stages of a scoring run, for who waits for it."""

    PLANNED = "planned"
    """Asked for, or reading the ledger to fit its models."""
    SCORING = "scoring"
    FINISHED = "finished"
    """Published; a later run may have superseded it."""
    WITHHELD = "withheld"
    """Judged worse than the simple rule, so that it did not replace the run before it."""
    FAILED = "failed"


class Obstacle(StrEnum):
    """Why a scoring run may not be asked for."""

    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    RUNNING = "running"

    @property
    def message(self) -> str:
        """The reason, in words."""
        return _OBSTACLES[self]


_OBSTACLES = {
    Obstacle.PUBLISHED: "this scoring run has finished already",
    Obstacle.SUPERSEDED: "a newer scoring run has finished",
    Obstacle.RUNNING: "a scoring run is running",
}


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A scoring run that was asked for or has begun."""

    run_id: RunId
    as_of: datetime
    requested_at: datetime | None = None
    """None for a run of the schedule."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    """Started and ended are unknown of runs from before they were noted."""
    failure: str | None = None
    """Why it failed, without anybody's data."""
    run: ScoringRun | None = None
    """None until its models are fitted."""
    shards_scored: int = 0
    customers_scored: int = 0
    """In these shards."""

    @property
    def stage(self) -> RunStage:
        """The stage of the run."""
        match self.run and self.run.state:
            case RunState.CURRENT | RunState.SUPERSEDED:
                return RunStage.FINISHED
            case RunState.WITHHELD:
                return RunStage.WITHHELD
            case _ if self.failure is not None:
                return RunStage.FAILED
            case RunState.RUNNING:
                return RunStage.SCORING
            case _:
                return RunStage.PLANNED
