"""Scoring runs on request: asking for one, and how far runs have come."""

from datetime import datetime
from typing import TypedDict

from succotash.application.paging import after_moment, next_cursor, require_page
from succotash.application.scoring.run_views import RunWarningView, run_warnings
from succotash.domain.messages.outbox import run_request_message
from succotash.domain.repositories.delivery import NOBODY_TO_WAKE, RelayWaker
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention.retention import run_id_of
from succotash.domain.scoring.progress import RunProgress, RunStage
from succotash.domain.value.ledgers import CLOCK_TOLERANCE
from succotash.domain.values import PAGE, SHARDS, Clock, IdFactory, RunId, require_aware
from succotash.errors import InvalidInputError


class RunProgressView(TypedDict):
    """The progress of a scoring run."""

    run_id: str
    as_of: datetime
    """The instant whose facts it goes by."""
    state: str
    """`planned` until its models are fitted, `scoring`, then `finished`, `withheld` (worse than
    the simple rule, so not published) or `failed`."""
    shards: int
    """Parts that customers are scored in."""
    shards_scored: int
    """The number of shards that are scored; all of them once a run has finished."""
    customers: int
    """Customers scored so far; of a run that has finished, all of them."""
    warnings: list[RunWarningView]
    failure: str | None
    """Why it failed; None otherwise."""
    requested_at: datetime | None
    """None for a run of the schedule."""
    started_at: datetime | None
    finished_at: datetime | None
    """When it ended, in whatever state."""


class RunProgressList(TypedDict):
    """A page of scoring runs, the latest `as_of` first."""

    runs: list[RunProgressView]
    next_cursor: str | None


class RunRequests:
    """Asks for scoring runs, and tells how far they have come."""

    def __init__(
        self, storage: Storage, clock: Clock, new_id: IdFactory, waker: RelayWaker = NOBODY_TO_WAKE
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._new_id = new_id
        self._waker = waker

    def request_run(self, as_of: datetime | None = None) -> RunProgressView:
        """Ask for a run as of an instant, or of now in whole seconds; it starts soon.

        RunInProgressError names the run that stands in its way. InvalidInputError for an instant
        still to come.
        """
        now, message_id = self._clock(), self._new_id()
        moment = now.replace(microsecond=0) if as_of is None else require_aware("as_of", as_of)
        if moment > now + CLOCK_TOLERANCE:
            raise InvalidInputError.of("as_of", "in_the_future", "Must be in the past")
        run_id = run_id_of(moment)

        def work(repositories: Repositories) -> RunProgress:
            repositories.retention.request_scoring_run(run_id, moment, now)
            repositories.outbox.append([run_request_message(message_id, run_id, moment, now)])
            return repositories.retention.find_run_progress(run_id)

        requested = self._storage.in_transaction(work)
        self._waker.wake()
        return run_progress_view(requested)

    def get_run_progress(self, run_id: str) -> RunProgressView:
        """Return the progress of a run; NotFoundError if nobody asked for it and none began."""
        return run_progress_view(
            self._storage.repositories.retention.find_run_progress(RunId(run_id))
        )

    def get_runs_progress(self, *, limit: int = PAGE, cursor: str | None = None) -> RunProgressList:
        """A page of runs, the latest `as_of` first."""
        found = self._storage.repositories.retention.get_run_progress(
            limit=require_page(limit), after=after_moment(cursor)
        )
        return {
            "runs": [run_progress_view(each) for each in found],
            "next_cursor": next_cursor(
                found, limit, lambda each: (each.as_of.isoformat(), each.run_id)
            ),
        }


def run_progress_view(progress: RunProgress) -> RunProgressView:
    """Serialised for the API."""
    run, stage = progress.run, progress.stage
    is_finished = stage is RunStage.FINISHED and run is not None
    return {
        "run_id": progress.run_id,
        "as_of": progress.as_of,
        "state": stage,
        "shards": SHARDS,
        "shards_scored": SHARDS if is_finished else progress.shards_scored,
        "customers": run.customers if is_finished and run else progress.customers_scored,
        "warnings": [] if run is None else run_warnings(run),
        "failure": progress.failure if stage is RunStage.FAILED else None,
        "requested_at": progress.requested_at,
        "started_at": progress.started_at,
        "finished_at": progress.ended_at,
    }
