"""How a scoring run is shown beside the numbers it found."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from succotash.domain.retention import ScoringRun
from succotash.domain.values import Currency, Json


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


def run_zone(run: ScoringRun) -> str:
    """The zone whose days the run counted."""
    match run.settings.get("time_zone"):
        case str(zone):
            return zone
        case _:
            return "UTC"


def run_day(run: ScoringRun) -> date:
    """The calendar day of the run, in the zone whose days it counted."""
    return run.as_of.astimezone(ZoneInfo(run_zone(run))).date()


def run_currency(run: RunView | None, own: Currency) -> Currency:
    """The currency of the run's money; the deployment's own before a first run."""
    match None if run is None else run["settings"].get("currency"):
        case str(currency):
            return Currency(currency)
        case _:
            return own


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
