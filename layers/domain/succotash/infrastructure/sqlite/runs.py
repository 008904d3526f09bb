"""Scoring runs in SQLite."""

from collections.abc import Mapping
from typing import override

from succotash.domain.repositories.runs import RunRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import GIVEN_UP_AFTER, INITIAL_RUN, RunState, ScoringRun
from succotash.domain.scoring.progress import Obstacle
from succotash.domain.values import Json, RunId
from succotash.errors import NotFoundError, RunInProgressError
from succotash.infrastructure.rows.labels import run_label_of
from succotash.infrastructure.rows.scoring import scoring_run_of
from succotash.infrastructure.sqlite.columns import json_text, micros
from succotash.infrastructure.sqlite.connection import Session
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("runs")

_DELETE_RESULTS = (
    "delete_values_of_run",
    "delete_cohorts_of_run",
    "delete_segment_bounds_of_run",
    "delete_rollups_of_run",
    "delete_value_bins_of_run",
    "delete_predictions_of_run",
    "delete_profiles_of_run",
    "delete_grid_cells_of_run",
    "delete_lifecycle_counts_of_run",
    "delete_revenue_days_of_run",
)


def current_run(session: Session) -> RunId:
    """The run that readers see."""
    [row] = session.run(_SQL["get_current_run_id"])
    return RunId(row["run_id"])


def named_run(session: Session, run_id: RunId | None) -> RunId:
    """The run named, or the current one; NotFoundError where the one named does not exist."""
    if run_id is None:
        return current_run(session)
    if not session.run(_SQL["get_run_id"], run_id=run_id):
        raise NotFoundError("scoring run")
    return run_id


class SQLiteRunRepository(SQLiteRepository, RunRepository):
    """Scoring runs."""

    @override
    def open_scoring_run(self, run: ScoringRun) -> None:
        with self._unit.writing() as session:
            for row in session.run(_SQL["get_run"], run_id=run.run_id):
                if row["state"] != RunState.RUNNING:
                    raise RunInProgressError(Obstacle.PUBLISHED.message, run.run_id)
            for other in session.run(_SQL["find_other_running_runs"], run_id=run.run_id):
                is_recent = other["as_of"] > micros(run.as_of - GIVEN_UP_AFTER)
                if is_recent and not other.flag("has_failed"):
                    raise RunInProgressError("another scoring run is running", other["run_id"])
                session.run(_SQL["delete_run"], run_id=other["run_id"])
            session.run(
                _SQL["open_run"],
                run_id=run.run_id,
                as_of=micros(run.as_of),
                settings=json_text(run.settings),
                models=json_text(run.models),
                backtest=json_text(run.backtest),
                customers=run.customers,
                plan=json_text(run.plan),
            )
            session.run(_SQL["forget_scored_shards"], run_id=run.run_id)

    @override
    def withhold_scoring_run(self, run_id: RunId) -> None:
        with self._unit.writing() as session:
            if not session.change(_SQL["withhold_run"], run_id=run_id):
                raise NotFoundError("scoring run")

    @override
    def finish_scoring_run(
        self,
        run_id: RunId,
        customers: int,
        keep: int = 2,
        *,
        summary: Mapping[str, Json] | None = None,
    ) -> None:
        with self._unit.writing() as session:
            found = session.run(_SQL["get_run"], run_id=run_id)
            if not found or found[0]["state"] != RunState.RUNNING:
                raise NotFoundError("scoring run")
            [current] = session.run(_SQL["get_current_run"])
            if current["as_of"] > found[0]["as_of"]:
                raise RunInProgressError(Obstacle.SUPERSEDED.message, current["run_id"])
            session.run(_SQL["supersede_current_run"])
            session.run(
                _SQL["make_run_current"],
                run_id=run_id,
                customers=customers,
                summary=json_text(summary or {}),
            )
            for outdated in session.run(_SQL["find_outdated_runs"], keep=keep):
                for name in _DELETE_RESULTS:
                    session.run(_SQL[name], run_id=outdated["run_id"])

    @override
    def get_scoring_run(self, run_id: RunId) -> ScoringRun:
        with self._unit.reading() as session:
            for row in session.run(_SQL["get_run"], run_id=run_id):
                return scoring_run_of(row)
        raise NotFoundError("scoring run")

    @override
    def get_current_scoring_run(self) -> ScoringRun:
        with self._unit.reading() as session:
            [row] = session.run(_SQL["get_current_run"])
        return scoring_run_of(row)

    @override
    def get_scoring_runs(self, *, limit: int = 10) -> list[ScoringRun]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_runs"], initial_run=INITIAL_RUN, limit=limit)
        return [scoring_run_of(row) for row in rows]

    @override
    def get_published_runs(self, *, limit: int = 10) -> list[Labelled[Mapping[str, Json]]]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_published_runs"], limit=limit)
        return [Labelled(run_label_of(row), row.json("summary")) for row in rows]
