"""How a scoring run is shown beside the numbers it found."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NotRequired, TypedDict
from zoneinfo import ZoneInfo

from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import INITIAL_RUN, ScoringRun
from succotash.domain.scoring.warnings import RunWarnings
from succotash.domain.values import Currency, Json, Money, RunId


class RunView(TypedDict):
    """As of when numbers hold, by which models, under which settings."""

    run_id: str
    as_of: datetime
    settings: Mapping[str, Json]
    models: Mapping[str, Json]


class RunWarningView(TypedDict):
    """Something about the ledger that a run's numbers do not show."""

    code: str
    """`customers_left_out`, `unmatched_refunds` or `over_refunded_orders`."""
    message: str
    count: int
    """Customers, refunds or orders."""
    customer_ids: NotRequired[list[str]]
    """The first 20 of the customers left out, by id."""
    total: NotRequired[Decimal]
    """What the refunds come to, or exceed their orders by."""
    currency: NotRequired[str]


class RunReport(RunView):
    """A run with how right it would have been."""

    state: str
    customers: int
    """Customers that the run scored."""
    warnings: list[RunWarningView]
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
    """Serialised for the API."""
    return {
        "run_id": run.run_id,
        "as_of": run.as_of,
        "settings": run.settings,
        "models": run.models,
    }


def run_or_none(run: ScoringRun) -> RunView | None:
    """Serialised for the API; None before the first run."""
    return run_view(run) if run.run_id != INITIAL_RUN else None


def current_run(repositories: Repositories) -> RunView | None:
    """The run whose numbers are shown; None before the first one."""
    return run_or_none(repositories.retention.get_current_scoring_run())


def find_run(repositories: Repositories, run_id: RunId | None) -> RunView | None:
    """The run that found something; None where that was known before the first one."""
    if run_id is None or run_id == INITIAL_RUN:
        return None
    return run_view(repositories.retention.get_scoring_run(run_id))


def run_warnings(run: ScoringRun) -> list[RunWarningView]:
    """What the run warned of, serialised for the API; nothing before it has finished."""
    match run.summary.get("warnings"):
        case dict(kept):
            found = RunWarnings.of_dict(kept)
        case _:
            return []
    match run.settings.get("currency"):
        case str(code):
            currency = Currency(code)
        case _:
            raise TypeError(run.settings)
    warnings: list[RunWarningView] = []
    if found.left_out:
        warnings.append(
            {
                "code": "customers_left_out",
                "message": "what they spent, or were given back, is too large to be counted",
                "count": found.left_out,
                "customer_ids": list(found.left_out_ids),
            }
        )
    refunds = found.refunds
    if refunds.unmatched:
        warnings.append(
            {
                "code": "unmatched_refunds",
                "message": "their customers have no such orders, so they lower no value",
                "count": refunds.unmatched,
                "total": Money.of_units(refunds.unmatched_units, currency).exact(),
                "currency": currency,
            }
        )
    if refunds.over_refunded:
        warnings.append(
            {
                "code": "over_refunded_orders",
                "message": "refunds exceed them, which lowers the value of customers who bought",
                "count": refunds.over_refunded,
                "total": Money.of_units(refunds.over_refunded_units, currency).exact(),
                "currency": currency,
            }
        )
    return warnings


def run_report(run: ScoringRun) -> RunReport:
    """Serialised for the API."""
    return {
        **run_view(run),
        "state": run.state,
        "customers": run.customers,
        "warnings": run_warnings(run),
        "backtest": run.backtest,
    }
