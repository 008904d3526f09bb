"""Scoring runs in memory."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import override

from succotash.domain.repositories.runs import RunRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import GIVEN_UP_AFTER, INITIAL_RUN, RunState, ScoringRun
from succotash.domain.scoring.progress import Obstacle
from succotash.domain.values import Json, RunId
from succotash.errors import NotFoundError, RunInProgressError
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic, stored


class InMemoryRunRepository(InMemoryRepository, RunRepository):
    """Scoring runs."""

    @override
    @atomic
    def open_scoring_run(self, run: ScoringRun) -> None:
        known = self.tables.runs.get(run.run_id)
        if known is not None and known.state is not RunState.RUNNING:
            raise RunInProgressError(Obstacle.PUBLISHED.message, run.run_id)
        for other in list(self.tables.runs_by_state[RunState.RUNNING]):
            if other.run_id == run.run_id:
                continue
            progress = self.tables.run_progress.get(other.run_id)
            has_failed = progress is not None and progress.failure is not None
            if other.as_of > run.as_of - GIVEN_UP_AFTER and not has_failed:
                raise RunInProgressError("another scoring run is running", other.run_id)
            self.tables.delete_run_rows(other.run_id)
            self.tables.runs.discard([other.run_id])
        self.tables.runs[run.run_id] = dataclasses.replace(stored(run), state=RunState.RUNNING)
        self.tables.scored_shards.discard([run.run_id])
        self.tables.shard_warnings.discard([run.run_id])

    @override
    @atomic
    def withhold_scoring_run(self, run_id: RunId) -> None:
        run = self.tables.runs[run_id]
        if run.state is not RunState.RUNNING:
            raise NotFoundError("scoring run")
        self.tables.runs[run_id] = dataclasses.replace(run, state=RunState.WITHHELD)

    @override
    @atomic
    def finish_scoring_run(
        self,
        run_id: RunId,
        customers: int,
        keep: int = 2,
        *,
        summary: Mapping[str, Json] | None = None,
    ) -> None:
        run = self.tables.runs[run_id]
        if run.state is not RunState.RUNNING:
            raise NotFoundError("scoring run")
        current = self.tables.runs[self.tables.current_run()]
        if current.as_of > run.as_of:
            raise RunInProgressError(Obstacle.SUPERSEDED.message, current.run_id)
        self.tables.runs[current.run_id] = dataclasses.replace(current, state=RunState.SUPERSEDED)
        self.tables.runs[run_id] = dataclasses.replace(
            run, state=RunState.CURRENT, customers=customers, summary=dict(summary or {})
        )
        self.tables.shard_warnings.discard([run_id])
        superseded = _latest_first(self.tables.runs_by_state[RunState.SUPERSEDED])
        for old in superseded[keep:]:
            self.tables.delete_run_rows(old.run_id)

    @override
    @atomic
    def get_scoring_run(self, run_id: RunId) -> ScoringRun:
        return self.tables.runs[run_id]

    @override
    @atomic
    def get_current_scoring_run(self) -> ScoringRun:
        return self.tables.runs[self.tables.current_run()]

    @override
    @atomic
    def get_scoring_runs(self, *, limit: int = 10) -> list[ScoringRun]:
        runs = (run for run in self.tables.runs.values() if run.run_id != INITIAL_RUN)
        return _latest_first(runs)[:limit]

    @override
    @atomic
    def get_published_runs(self, *, limit: int = 10) -> list[Labelled[Mapping[str, Json]]]:
        [current] = self.tables.runs_by_state[RunState.CURRENT]
        earlier = _latest_first(self.tables.runs_by_state[RunState.SUPERSEDED])
        return [Labelled(each.label, each.summary) for each in [current, *earlier][:limit]]


def _latest_first(runs: Iterable[ScoringRun]) -> list[ScoringRun]:
    return sorted(runs, key=lambda run: (run.as_of, run.run_id), reverse=True)
