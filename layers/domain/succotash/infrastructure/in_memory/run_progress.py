"""Requests for scoring runs, and how far runs have come, in memory."""

from dataclasses import replace
from datetime import datetime
from typing import override

from succotash.domain.repositories.run_progress import RunProgressRepository
from succotash.domain.retention.retention import GIVEN_UP_AFTER, INITIAL_RUN, RunState
from succotash.domain.scoring.progress import Obstacle, RunProgress
from succotash.domain.values import PAGE, After, RunId
from succotash.errors import NotFoundError, RunInProgressError
from succotash.infrastructure.in_memory.pages import page
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic, stored


class InMemoryRunProgressRepository(InMemoryRepository, RunProgressRepository):
    """Requests for scoring runs, and how far runs have come."""

    @override
    @atomic
    def request_scoring_run(self, run_id: RunId, as_of: datetime, at: datetime) -> None:
        same = self.tables.runs.get(run_id)
        if same is not None and same.state is not RunState.RUNNING:
            raise RunInProgressError(Obstacle.PUBLISHED.message, run_id)
        current = self.tables.runs[self.tables.current_run()]
        if current.as_of > as_of:
            raise RunInProgressError(Obstacle.SUPERSEDED.message, current.run_id)
        under_way = [
            each.run_id
            for each in self.tables.run_progress.values()
            if each.ended_at is None
            # An older run than the published one can no longer be published.
            and each.as_of > current.as_of
            and (since := each.started_at or each.requested_at) is not None
            and since > at - GIVEN_UP_AFTER
        ]
        if under_way:
            raise RunInProgressError(Obstacle.RUNNING.message, max(under_way))
        self.tables.run_progress[run_id] = stored(RunProgress(run_id, as_of, requested_at=at))

    @override
    @atomic
    def note_run_started(self, run_id: RunId, as_of: datetime, at: datetime) -> None:
        known = self.tables.run_progress.get(run_id) or RunProgress(run_id, as_of)
        self.tables.run_progress[run_id] = stored(
            replace(known, started_at=known.started_at or at, ended_at=None, failure=None)
        )

    @override
    @atomic
    def note_run_ended(
        self, run_id: RunId, as_of: datetime, at: datetime, failure: str | None = None
    ) -> None:
        known = self.tables.run_progress.get(run_id) or RunProgress(run_id, as_of)
        self.tables.run_progress[run_id] = stored(replace(known, ended_at=at, failure=failure))

    @override
    @atomic
    def find_run_progress(self, run_id: RunId) -> RunProgress:
        if run_id not in self._known():
            raise NotFoundError("scoring run")
        return self._progress(run_id)

    @override
    @atomic
    def get_run_progress(
        self, *, limit: int = PAGE, after: After | None = None
    ) -> list[RunProgress]:
        found = map(self._progress, self._known())
        return page(found, lambda each: (each.as_of, each.run_id), limit, after)

    def _known(self) -> set[RunId]:
        runs = {each.run_id for each in self.tables.runs.values()}
        return (runs | {each.run_id for each in self.tables.run_progress.values()}) - {INITIAL_RUN}

    def _progress(self, run_id: RunId) -> RunProgress:
        run, noted = self.tables.runs.get(run_id), self.tables.run_progress.get(run_id)
        shards = self.tables.scored_shards.get(run_id) or {}
        as_of = run.as_of if run is not None else self.tables.run_progress[run_id].as_of
        return replace(
            noted or RunProgress(run_id, as_of),
            as_of=as_of,
            run=None if run is None else replace(run, plan={}),
            shards_scored=len(shards),
            customers_scored=sum(shards.values()),
        )
