"""Scoring runs in PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import override

from succotash.domain.repositories.runs import RunRepository
from succotash.domain.retention.retention import GIVEN_UP_AFTER, INITIAL_RUN, RunState, ScoringRun
from succotash.domain.values import Json, RunId, Shard
from succotash.errors import NotFoundError, RunInProgressError
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.rows import only
from succotash.infrastructure.postgres.session import Jsonb, Row, Session, UnitOfWork
from succotash.infrastructure.postgres.sql import runs as sql


class PostgresRunRepository(PostgresRepository, RunRepository):
    """Scoring runs."""

    @override
    def open_scoring_run(self, run: ScoringRun) -> None:
        def open_run(session: Session) -> None:
            session.run(sql.LOCK_RUNS)
            for run_id, as_of, state in session.run(
                sql.RUNS_CONCERNED, run_id=run.run_id, state=RunState.RUNNING
            ):
                if state != RunState.RUNNING:
                    raise RunInProgressError("this scoring run has finished already")
                if run_id == run.run_id:
                    continue
                if as_of > run.as_of - GIVEN_UP_AFTER:
                    raise RunInProgressError("another scoring run is running")
                session.run(sql.DELETE_ROWS_OF_RUNS, run_ids=[run_id])
                session.run(sql.DELETE_RUN, run_id=run_id)
            session.run(
                sql.OPEN_RUN,
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
            session.run(sql.LOCK_RUNS)
            rows = session.run(sql.RUNS_CONCERNED, run_id=run_id, state=RunState.CURRENT)
            started = {known: as_of for known, as_of, state in rows if state == RunState.RUNNING}
            if run_id not in started:
                raise NotFoundError("scoring run")
            if any(as_of > started[run_id] for _, as_of, _ in rows):
                raise RunInProgressError("a newer scoring run has finished")
            session.run(sql.SUPERSEDE_CURRENT_RUN)
            session.run(
                sql.MAKE_CURRENT,
                run_id=run_id,
                customers=customers,
                summary=Jsonb(dict(summary or {})),
            )
            outdated = [old for [old] in session.run(sql.OUTDATED_RUNS, keep=keep)]
            session.run(sql.DELETE_ROWS_OF_RUNS, run_ids=outdated)

        self._in_transaction(finish)

    @override
    def withhold_scoring_run(self, run_id: RunId) -> None:
        only("scoring run", self._run(sql.WITHHOLD_RUN, run_id=run_id))

    @override
    def mark_shard_scored(
        self,
        run_id: RunId,
        shard: Shard,
        customers: int,
        warnings: Mapping[str, Json] | None = None,
    ) -> None:
        rows = self._run(
            sql.MARK_SHARD,
            run_id=run_id,
            shard=str(shard.index),
            customers=customers,
            warnings=Jsonb(dict(warnings or {})),
        )
        only("scoring run", rows)

    @override
    def get_shard_warnings(self, run_id: RunId) -> dict[int, Mapping[str, Json]]:
        rows = self._run(sql.SHARD_WARNINGS, run_id=run_id)
        return {int(shard): warnings for shard, warnings in rows}

    @override
    def get_scored_shards(self, run_id: RunId) -> dict[int, int]:
        rows = self._run(sql.SCORED_SHARDS, run_id=run_id)
        return {int(shard): int(customers) for shard, customers in rows}

    @override
    def get_scoring_run(self, run_id: RunId) -> ScoringRun:
        return _scoring_run(only("scoring run", self._run(sql.GET_RUN, run_id=run_id)))

    @override
    def get_current_scoring_run(self) -> ScoringRun:
        return _scoring_run(only("scoring run", self._run(sql.GET_CURRENT_RUN)))

    @override
    def get_scoring_runs(self, *, limit: int = 10) -> list[ScoringRun]:
        rows = self._run(sql.GET_RUNS, initial_run=INITIAL_RUN, limit=limit)
        return [_scoring_run(row) for row in rows]


def _scoring_run(row: Row) -> ScoringRun:
    run_id, as_of, state, *others = row
    return ScoringRun(run_id, as_of, RunState(state), *others)


def replace_rows(
    work: UnitOfWork, run_id: RunId, clear: str, copy: str, chunks: Sequence[bytes]
) -> None:
    """Clear what a run keeps and copy other rows in; NotFoundError where there is no such run."""

    def replace(session: Session) -> None:
        only("scoring run", session.run(clear, run_id=run_id))
        session.copy_in(copy, chunks)

    work.in_transaction(replace)
