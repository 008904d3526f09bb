"""Requests for scoring runs, and how far runs have come, in SQLite."""

from datetime import datetime
from typing import override

from succotash.domain.repositories.run_progress import RunProgressRepository
from succotash.domain.retention.retention import GIVEN_UP_AFTER, INITIAL_RUN
from succotash.domain.scoring.progress import Obstacle, RunProgress
from succotash.domain.values import PAGE, After, RunId
from succotash.errors import RunInProgressError
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.rows.scoring import run_progress_of
from succotash.infrastructure.sqlite.columns import micros
from succotash.infrastructure.sqlite.pages import behind
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("run_progress")


class SQLiteRunProgressRepository(SQLiteRepository, RunProgressRepository):
    """Requests for scoring runs, and how far runs have come."""

    @override
    def request_scoring_run(self, run_id: RunId, as_of: datetime, at: datetime) -> None:
        run: dict[str, object] = {"run_id": run_id, "as_of": micros(as_of)}
        with self._unit.writing() as session:
            for row in session.run(_SQL["find_obstacle"], since=micros(at - GIVEN_UP_AFTER), **run):
                raise RunInProgressError(Obstacle(row["obstacle"]).message, row["run_id"])
            session.run(_SQL["request_run"], at=micros(at), **run)

    @override
    def note_run_started(self, run_id: RunId, as_of: datetime, at: datetime) -> None:
        with self._unit.writing() as session:
            session.run(_SQL["note_run_started"], run_id=run_id, as_of=micros(as_of), at=micros(at))

    @override
    def note_run_ended(
        self, run_id: RunId, as_of: datetime, at: datetime, failure: str | None = None
    ) -> None:
        with self._unit.writing() as session:
            session.run(
                _SQL["note_run_ended"],
                run_id=run_id,
                as_of=micros(as_of),
                at=micros(at),
                failure=failure,
            )

    @override
    def find_run_progress(self, run_id: RunId) -> RunProgress:
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_run_progress"], run_id=run_id, initial_run=INITIAL_RUN)
        return run_progress_of(only("scoring run", rows))

    @override
    def get_run_progress(
        self, *, limit: int = PAGE, after: After | None = None
    ) -> list[RunProgress]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["get_run_progress"], initial_run=INITIAL_RUN, limit=limit, **behind(after)
            )
        return [run_progress_of(row) for row in rows]
