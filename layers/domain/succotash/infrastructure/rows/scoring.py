"""Scoring runs, of rows."""

from succotash.domain.retention.retention import RunState, ScoringRun
from succotash.domain.scoring.progress import RunProgress
from succotash.infrastructure.rows.row import Row


def scoring_run_of(row: Row) -> ScoringRun:
    """A scoring run."""
    return ScoringRun(
        run_id=row["run_id"],
        as_of=row.instant("as_of"),
        state=RunState(row["state"]),
        settings=row.json("settings"),
        models=row.json("models"),
        backtest=row.json("backtest"),
        customers=row["customers"],
        plan=row.json("plan"),
        summary=row.json("summary"),
    )


def run_progress_of(row: Row) -> RunProgress:
    """The progress of a run."""
    return RunProgress(
        run_id=row["run_id"],
        as_of=row.instant("as_of"),
        requested_at=row.optional_instant("requested_at"),
        started_at=row.optional_instant("started_at"),
        ended_at=row.optional_instant("ended_at"),
        failure=row["failure"],
        run=None if row["state"] is None else scoring_run_of(row),
        shards_scored=row["shards_scored"],
        customers_scored=row["customers_scored"],
    )
