"""Scoring runs, of rows."""

from succotash.domain.retention.retention import RunState, ScoringRun
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
