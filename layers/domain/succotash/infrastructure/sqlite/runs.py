"""Scoring runs in SQLite."""

from collections.abc import Mapping
from typing import override

from succotash.domain.repositories.runs import RunRepository
from succotash.domain.retention.retention import GIVEN_UP_AFTER, INITIAL_RUN, RunState, ScoringRun
from succotash.domain.values import Json, RunId, Shard
from succotash.errors import NotFoundError, RunInProgressError
from succotash.infrastructure.sqlite.columns import instant, json_text, json_value, micros
from succotash.infrastructure.sqlite.connection import Row, Session
from succotash.infrastructure.sqlite.repository import SQLiteRepository

_RUN_ID = "SELECT run_id FROM scoring_runs WHERE run_id = :run_id"
_CURRENT_RUN_ID = "SELECT run_id FROM current_run"

_OPEN_RUN = """
INSERT INTO scoring_runs (run_id, as_of, state, settings, models, backtest, customers, plan)
VALUES (:run_id, :as_of, 'running', :settings, :models, :backtest, :customers, :plan)
ON CONFLICT (run_id) DO UPDATE SET
    as_of = excluded.as_of,
    settings = excluded.settings,
    models = excluded.models,
    backtest = excluded.backtest,
    customers = excluded.customers,
    plan = excluded.plan,
    summary = '{}'
"""
_FORGET_SHARDS = "DELETE FROM scoring_run_shards WHERE run_id = :run_id"
_WITHHOLD_RUN = """
UPDATE scoring_runs SET state = 'withheld' WHERE run_id = :run_id AND state = 'running'
"""
_MARK_SHARD = """
INSERT INTO scoring_run_shards (run_id, shard, customers) VALUES (:run_id, :shard, :customers)
ON CONFLICT (run_id, shard) DO UPDATE SET customers = excluded.customers
"""
# What shards are to warn of stands in the run's summary until the run has one.
_SET_SUMMARY = """
UPDATE scoring_runs SET summary = :summary WHERE run_id = :run_id AND state = 'running'
"""
_SCORED_SHARDS = "SELECT shard, customers FROM scoring_run_shards WHERE run_id = :run_id"
_RUN = "SELECT * FROM scoring_runs WHERE run_id = :run_id"
_CURRENT_RUN = "SELECT * FROM scoring_runs WHERE state = 'current'"
_OTHER_RUNNING = """
SELECT * FROM scoring_runs WHERE state = 'running' AND run_id <> :run_id
"""
_RUNS = """
SELECT * FROM scoring_runs WHERE run_id <> :initial ORDER BY as_of DESC, run_id DESC LIMIT :limit
"""
_GIVE_UP_RUN = "DELETE FROM scoring_runs WHERE run_id = :run_id"
_SUPERSEDE_CURRENT = "UPDATE scoring_runs SET state = 'superseded' WHERE state = 'current'"
_MAKE_CURRENT = """
UPDATE scoring_runs SET state = 'current', customers = :customers, summary = :summary
WHERE run_id = :run_id
"""
_OUTDATED_RUNS = """
SELECT run_id FROM scoring_runs WHERE state = 'superseded'
ORDER BY as_of DESC, run_id DESC
LIMIT -1 OFFSET :keep
"""
_DELETE_RUN_ROWS = (
    "DELETE FROM customer_ltv WHERE run_id = :run_id",
    "DELETE FROM cohorts WHERE run_id = :run_id",
    "DELETE FROM ltv_segment_bounds WHERE run_id = :run_id",
    "DELETE FROM ltv_rollups WHERE run_id = :run_id",
    "DELETE FROM churn_predictions WHERE run_id = :run_id",
    "DELETE FROM user_engagement_profiles WHERE run_id = :run_id",
    "DELETE FROM retention_grid_cells WHERE run_id = :run_id",
    "DELETE FROM lifecycle_counts WHERE run_id = :run_id",
)


def current_run(session: Session) -> RunId:
    """The run that readers see."""
    [row] = session.run(_CURRENT_RUN_ID)
    return RunId(row["run_id"])


def named_run(session: Session, run_id: RunId | None) -> RunId:
    """The run named, or the current one; NotFoundError where the one named does not exist."""
    if run_id is None:
        return current_run(session)
    if not session.run(_RUN_ID, run_id=run_id):
        raise NotFoundError("scoring run")
    return run_id


class SQLiteRunRepository(SQLiteRepository, RunRepository):
    """Scoring runs."""

    @override
    def open_scoring_run(self, run: ScoringRun) -> None:
        with self._unit.writing() as session:
            for row in session.run(_RUN, run_id=run.run_id):
                if row["state"] != RunState.RUNNING:
                    raise RunInProgressError("this scoring run has finished already")
            for other in session.run(_OTHER_RUNNING, run_id=run.run_id):
                if other["as_of"] > micros(run.as_of - GIVEN_UP_AFTER):
                    raise RunInProgressError("another scoring run is running")
                session.run(_GIVE_UP_RUN, run_id=other["run_id"])
            session.run(
                _OPEN_RUN,
                run_id=run.run_id,
                as_of=micros(run.as_of),
                settings=json_text(run.settings),
                models=json_text(run.models),
                backtest=json_text(run.backtest),
                customers=run.customers,
                plan=json_text(run.plan),
            )
            session.run(_FORGET_SHARDS, run_id=run.run_id)

    @override
    def withhold_scoring_run(self, run_id: RunId) -> None:
        with self._unit.writing() as session:
            if not session.change(_WITHHOLD_RUN, run_id=run_id):
                raise NotFoundError("scoring run")

    @override
    def mark_shard_scored(
        self,
        run_id: RunId,
        shard: Shard,
        customers: int,
        warnings: Mapping[str, Json] | None = None,
    ) -> None:
        with self._unit.writing() as session:
            named_run(session, run_id)
            session.run(_MARK_SHARD, run_id=run_id, shard=shard.index, customers=customers)
            [row] = session.run(_RUN, run_id=run_id)
            summary = json_value(row["summary"])
            shards = {**summary.get("shards", {}), str(shard.index): dict(warnings or {})}
            session.run(
                _SET_SUMMARY, run_id=run_id, summary=json_text({**summary, "shards": shards})
            )

    @override
    def get_shard_warnings(self, run_id: RunId) -> dict[int, Mapping[str, Json]]:
        with self._unit.reading() as session:
            rows = session.run(_RUN, run_id=run_id)
        summaries = (json_value(row["summary"]) for row in rows)
        return {
            int(shard): warnings
            for summary in summaries
            for shard, warnings in summary.get("shards", {}).items()
        }

    @override
    def get_scored_shards(self, run_id: RunId) -> dict[int, int]:
        with self._unit.reading() as session:
            rows = session.run(_SCORED_SHARDS, run_id=run_id)
        return {row["shard"]: row["customers"] for row in rows}

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
            found = session.run(_RUN, run_id=run_id)
            if not found or found[0]["state"] != RunState.RUNNING:
                raise NotFoundError("scoring run")
            [current] = session.run(_CURRENT_RUN)
            if current["as_of"] > found[0]["as_of"]:
                raise RunInProgressError("a newer scoring run has finished")
            session.run(_SUPERSEDE_CURRENT)
            session.run(
                _MAKE_CURRENT,
                run_id=run_id,
                customers=customers,
                summary=json_text(summary or {}),
            )
            for outdated in session.run(_OUTDATED_RUNS, keep=keep):
                for statement in _DELETE_RUN_ROWS:
                    session.run(statement, run_id=outdated["run_id"])

    @override
    def get_scoring_run(self, run_id: RunId) -> ScoringRun:
        with self._unit.reading() as session:
            for row in session.run(_RUN, run_id=run_id):
                return _run(row)
        raise NotFoundError("scoring run")

    @override
    def get_current_scoring_run(self) -> ScoringRun:
        with self._unit.reading() as session:
            [row] = session.run(_CURRENT_RUN)
        return _run(row)

    @override
    def get_scoring_runs(self, *, limit: int = 10) -> list[ScoringRun]:
        with self._unit.reading() as session:
            return [_run(row) for row in session.run(_RUNS, initial=INITIAL_RUN, limit=limit)]


def _run(row: Row) -> ScoringRun:
    return ScoringRun(
        run_id=row["run_id"],
        as_of=instant(row["as_of"]),
        state=RunState(row["state"]),
        settings=json_value(row["settings"]),
        models=json_value(row["models"]),
        backtest=json_value(row["backtest"]),
        customers=row["customers"],
        plan=json_value(row["plan"]),
        summary=json_value(row["summary"]),
    )
