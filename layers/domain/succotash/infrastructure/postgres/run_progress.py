"""Requests for scoring runs, and how far runs have come, in PostgreSQL."""

from datetime import datetime
from typing import override

from succotash.domain.repositories.run_progress import RunProgressRepository
from succotash.domain.retention.retention import GIVEN_UP_AFTER, INITIAL_RUN
from succotash.domain.scoring.progress import Obstacle, RunProgress
from succotash.domain.values import PAGE, After, RunId
from succotash.errors import RunInProgressError
from succotash.infrastructure.postgres.pages import page_of
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.runs import LOCK_RUNS
from succotash.infrastructure.postgres.session import Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.rows.scoring import run_progress_of

_SQL = statements("run_progress")


class PostgresRunProgressRepository(PostgresRepository, RunProgressRepository):
    """Requests for scoring runs, and how far runs have come."""

    @override
    def request_scoring_run(self, run_id: RunId, as_of: datetime, at: datetime) -> None:
        def request(session: Session) -> None:
            session.run(LOCK_RUNS)
            for row in session.run(
                _SQL["find_obstacle"], run_id=run_id, as_of=as_of, since=at - GIVEN_UP_AFTER
            ):
                raise RunInProgressError(Obstacle(row["obstacle"]).message, row["run_id"])
            session.run(_SQL["request_run"], run_id=run_id, as_of=as_of, at=at)

        self._in_transaction(request)

    @override
    def note_run_started(self, run_id: RunId, as_of: datetime, at: datetime) -> None:
        self._run(_SQL["note_run_started"], run_id=run_id, as_of=as_of, at=at)

    @override
    def note_run_ended(
        self, run_id: RunId, as_of: datetime, at: datetime, failure: str | None = None
    ) -> None:
        self._run(_SQL["note_run_ended"], run_id=run_id, as_of=as_of, at=at, failure=failure)

    @override
    def find_run_progress(self, run_id: RunId) -> RunProgress:
        rows = self._run(_SQL["find_run_progress"], run_id=run_id, initial_run=INITIAL_RUN)
        return run_progress_of(only("scoring run", rows))

    @override
    def get_run_progress(
        self, *, limit: int = PAGE, after: After | None = None
    ) -> list[RunProgress]:
        rows = self._run(_SQL["get_run_progress"], initial_run=INITIAL_RUN, **page_of(limit, after))
        return [run_progress_of(row) for row in rows]
