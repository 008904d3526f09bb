"""How a scoring run is shown beside the numbers it found."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict

from succotash.domain.retention import ScoringRun
from succotash.domain.values import Json


class RunView(TypedDict):
    """As of when numbers hold, by which models, under which settings."""

    run_id: str
    as_of: datetime
    settings: Mapping[str, Json]
    models: Mapping[str, Json]


class RunReport(RunView):
    """A run with how right it would have been."""

    state: str
    customers: int
    backtest: Mapping[str, Json]


def run_view(run: ScoringRun) -> RunView:
    """For people and programs outside."""
    return {
        "run_id": run.run_id,
        "as_of": run.as_of,
        "settings": run.settings,
        "models": run.models,
    }


def run_report(run: ScoringRun) -> RunReport:
    """For people and programs outside."""
    return {
        **run_view(run),
        "state": run.state,
        "customers": run.customers,
        "backtest": run.backtest,
    }
