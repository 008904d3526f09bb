"""Scoring runs in PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import override

from succotash.domain.repositories.runs import RunRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import GIVEN_UP_AFTER, INITIAL_RUN, RunState, ScoringRun
from succotash.domain.scoring.progress import Obstacle
from succotash.domain.values import SHARDS, Json, RunId
from succotash.errors import NotFoundError, RunInProgressError
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb, Session, UnitOfWork
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.labels import run_label_of
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.rows.scoring import scoring_run_of

_SQL = statements("runs")
LOCK_RUNS = _SQL["lock_runs"]


class PostgresRunRepository(PostgresRepository, RunRepository):
    """Scoring runs."""

    @override
    def open_scoring_run(self, run: ScoringRun) -> None:
        def open_run(session: Session) -> None:
            session.run(LOCK_RUNS)
            for row in session.run(
                _SQL["find_runs_to_change"], run_id=run.run_id, state=RunState.RUNNING
            ):
                if row["state"] != RunState.RUNNING:
                    raise RunInProgressError(Obstacle.PUBLISHED.message, run.run_id)
                if row["run_id"] == run.run_id:
                    continue
                is_recent = row.instant("as_of") > run.as_of - GIVEN_UP_AFTER
                if is_recent and not row["has_failed"]:
                    raise RunInProgressError("another scoring run is running", row["run_id"])
                session.run(_SQL["delete_results_of_runs"], run_ids=[row["run_id"]])
                session.run(_SQL["delete_run"], run_id=row["run_id"])
            session.run(
                _SQL["open_run"],
                run_id=run.run_id,
                as_of=run.as_of,
                settings=Jsonb(dict(run.settings)),
                models=Jsonb(dict(run.models)),
                backtest=Jsonb(dict(run.backtest)),
                customers=run.customers,
                plan=Jsonb(dict(run.plan)),
            )

        self._in_transaction(open_run)

    @override
    def finish_scoring_run(
        self,
        run_id: RunId,
        customers: int,
        keep: int = 2,
        *,
        summary: Mapping[str, Json] | None = None,
    ) -> None:
        def finish(session: Session) -> None:
            session.run(LOCK_RUNS)
            rows = session.run(_SQL["find_runs_to_change"], run_id=run_id, state=RunState.CURRENT)
            started = {
                row["run_id"]: row.instant("as_of")
                for row in rows
                if row["state"] == RunState.RUNNING
            }
            if run_id not in started:
                raise NotFoundError("scoring run")
            for row in rows:
                if row.instant("as_of") > started[run_id]:
                    raise RunInProgressError(Obstacle.SUPERSEDED.message, row["run_id"])
            session.run(_SQL["supersede_current_run"])
            session.run(
                _SQL["make_run_current"],
                run_id=run_id,
                customers=customers,
                summary=Jsonb(dict(summary or {})),
            )
            outdated = session.run(_SQL["find_outdated_runs"], keep=keep)
            session.run(_SQL["delete_results_of_runs"], run_ids=[row["run_id"] for row in outdated])

        self._in_transaction(finish)

    @override
    def withhold_scoring_run(self, run_id: RunId) -> None:
        only("scoring run", self._run(_SQL["withhold_run"], run_id=run_id))

    @override
    def get_scoring_run(self, run_id: RunId) -> ScoringRun:
        return scoring_run_of(only("scoring run", self._run(_SQL["get_run"], run_id=run_id)))

    @override
    def get_current_scoring_run(self) -> ScoringRun:
        return scoring_run_of(only("scoring run", self._run(_SQL["get_current_run"])))

    @override
    def get_scoring_runs(self, *, limit: int = 10) -> list[ScoringRun]:
        rows = self._run(_SQL["find_runs"], initial_run=INITIAL_RUN, limit=limit)
        return [scoring_run_of(row) for row in rows]

    @override
    def get_published_runs(self, *, limit: int = 10) -> list[Labelled[Mapping[str, Json]]]:
        rows = self._run(_SQL["find_published_runs"], limit=limit)
        return [Labelled(run_label_of(row), row.json("summary")) for row in rows]


def replace_rows(
    work: UnitOfWork, run_id: RunId, clear: str, copy: str, chunks: Sequence[bytes]
) -> None:
    """Clear what a run keeps and copy other rows in; NotFoundError where there is no such run."""

    def replace(session: Session) -> None:
        only("scoring run", session.run(clear, run_id=run_id))
        session.copy_in(copy, chunks)

    work.in_transaction(replace)


def is_scored_by_shard(session: Session, run_id: RunId) -> bool:
    """Whether every shard of the run was counted, so that its parts only have to be added up."""
    [row] = session.run(_SQL["count_scored_shards"], run_id=run_id)
    return bool(row["shards"] == SHARDS)
