"""A scoring run with its numbers as the API shows it."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NotRequired, TypedDict
from zoneinfo import ZoneInfo

from succotash.application.rounding import rounded_or_none
from succotash.domain.retention.labels import RunLabel
from succotash.domain.retention.retention import (
    INITIAL_RUN,
    RetentionAnalytics,
    RiskLevel,
    ScoringRun,
)
from succotash.domain.scoring.judgement import Judgement
from succotash.domain.scoring.warnings import RunWarnings, is_far_off
from succotash.domain.values import Currency, Json, Money


class JudgementView(TypedDict):
    """On how many held-out days the models behind values were judged, and with which error."""

    horizon_days: int
    """The horizon of values."""
    judged_days: int | None
    """The longest time that their models were judged on; None where no time could be held out."""
    purchases_error_percent: float | None
    """The error of the total of purchases on those days, above 0 where too many were predicted."""
    revenue_error_percent: float | None
    """The error of the total of revenue on those days."""
    note: str
    """The same in words; says so where values look further ahead than anything judged."""


class RunView(TypedDict):
    """The instant, models and settings that numbers come from."""

    run_id: str
    as_of: datetime
    settings: Mapping[str, Json]
    models: Mapping[str, Json]
    judged: JudgementView | None
    """None in a run from before models were judged on the horizon of values."""


class RunWarningView(TypedDict):
    """A finding about the ledger or the models that a run's numbers do not show."""

    code: str
    """`customers_left_out`, `unmatched_refunds`, `over_refunded_orders`, `backtest_far_off` or
    `imprecise_model`."""
    message: str
    count: int
    """Customers left out, refunds, orders, customers of the backtest, or models."""
    customer_ids: NotRequired[list[str]]
    """The first 20 of the customers left out, by id."""
    total: NotRequired[Decimal]
    """The sum of the refunds, or the amount by which they exceed their orders."""
    currency: NotRequired[str]


class RunFindings(TypedDict):
    """The state of all customers by a run."""

    high_risk_customers: int
    """Customers at risk level high."""
    value_at_risk: Decimal
    """Residual value of the customers at high risk, in `currency`."""
    average_churn_probability: float | None
    """Mean over customers, 0 to 1; None without customers."""
    currency: str


class RunReport(RunView):
    """A run with how right it would have been."""

    state: str
    customers: int
    """Customers that the run scored."""
    warnings: list[RunWarningView]
    found: RunFindings | None
    """None of a run that is not published, or from before it was kept."""
    calibration_error: float | None
    """Mean distance between the predicted and the observed share of inactive customers, over tenths
    of the customers of the backtest, 0 to 1; None where no time could be held out."""
    backtest: Mapping[str, Json]


JUDGED = "judged"
"""Under which a run keeps its judgement with its models."""


def run_day(run: RunLabel) -> date:
    """The calendar day of the run, in the zone whose days it counted."""
    return run.as_of.astimezone(ZoneInfo(run.time_zone)).date()


def run_currency(run: RunView | None, own: Currency) -> Currency:
    """The currency of the run's money; the deployment's own before a first run."""
    match None if run is None else run["settings"].get("currency"):
        case str(currency):
            return Currency(currency)
        case _:
            return own


def run_view(run: RunLabel) -> RunView:
    """Serialised for the API."""
    return {
        "run_id": run.run_id,
        "as_of": run.as_of,
        "settings": run.settings,
        "models": {name: kept for name, kept in run.models.items() if name != JUDGED},
        "judged": _judgement_view(run.models.get(JUDGED)),
    }


def _percent(error: float | None) -> float | None:
    return None if error is None else round(error, 1)


def _judgement_view(kept: Json) -> JudgementView | None:
    if not isinstance(kept, dict):
        return None
    judged = Judgement.of_dict(kept)
    return {
        "horizon_days": judged.horizon_days,
        "judged_days": judged.judged_days,
        "purchases_error_percent": _percent(judged.purchases_error_percent),
        "revenue_error_percent": _percent(judged.revenue_error_percent),
        "note": judged.note,
    }


def run_or_none(run: RunLabel) -> RunView | None:
    """Serialised for the API; None before the first run."""
    return run_view(run) if run.run_id != INITIAL_RUN else None


def run_warnings(run: ScoringRun) -> list[RunWarningView]:
    """The run's warnings, serialised for the API; none before it has finished."""
    match run.summary.get("warnings"):
        case dict(kept):
            found = RunWarnings.of_dict(kept)
        case _:
            return []
    currency = _currency_of(run)
    warnings: list[RunWarningView] = []
    if found.left_out:
        warnings.append(
            {
                "code": "customers_left_out",
                "message": "Totals too large; these customers are left out",
                "count": found.left_out,
                "customer_ids": list(found.left_out_ids),
            }
        )
    refunds = found.refunds
    if refunds.unmatched:
        warnings.append(
            {
                "code": "unmatched_refunds",
                "message": "Refunds of unknown orders; no value is lowered",
                "count": refunds.unmatched,
                "total": Money.of_units(refunds.unmatched_units, currency).exact(),
                "currency": currency,
            }
        )
    if refunds.over_refunded:
        warnings.append(
            {
                "code": "over_refunded_orders",
                "message": "Refunds exceed these orders; the value of their customers is lowered",
                "count": refunds.over_refunded,
                "total": Money.of_units(refunds.over_refunded_units, currency).exact(),
                "currency": currency,
            }
        )
    return [*warnings, *_model_warnings(run)]


def _model_warnings(run: ScoringRun) -> list[RunWarningView]:
    """Findings of the backtest and the fits against the run's own models."""
    warnings: list[RunWarningView] = []
    match run.backtest.get("purchases"):
        case {
            "customers": int(customers),
            "predicted_purchases": int() | float() as predicted,
            "actual_purchases": int() | float() as actual,
            "holdout_days": int() | float() as days,
        } if is_far_off(predicted, actual):
            message = (
                f"{predicted:,.0f} purchases were expected in the last {days:.0f} days, which were "
                f"held out, and {actual:,.0f} came: expect values to be as wrong"
            )
            warnings.append({"code": "backtest_far_off", "message": message, "count": customers})
    imprecise = [
        f"{model['name']} of {part}: {model['imprecise_because']}"
        for part, model in run.models.items()
        if isinstance(model, dict)
        # A model that is not fitted by likelihood says in its reason what it supposes.
        and model.get("log_likelihood") is not None
        and model.get("imprecise_because")
    ]
    if imprecise:
        message = f"the best parameters found are used, but {'; '.join(imprecise)}"
        warnings.append({"code": "imprecise_model", "message": message, "count": len(imprecise)})
    return warnings


def run_report(run: ScoringRun) -> RunReport:
    """Serialised for the API."""
    return {
        **run_view(run.label),
        "state": run.state,
        "customers": run.customers,
        "warnings": run_warnings(run),
        "found": _findings(run),
        "calibration_error": _calibration_error(run.backtest),
        "backtest": run.backtest,
    }


def _findings(run: ScoringRun) -> RunFindings | None:
    if "by_risk_level" not in run.summary:
        return None
    found = RetentionAnalytics.of_dict(run.run_id, run.summary)
    at_risk = found.value_at_risk or Money(Decimal(0), _currency_of(run))
    return {
        "high_risk_customers": found.by_risk_level.get(RiskLevel.HIGH, 0),
        "value_at_risk": at_risk.rounded(),
        "average_churn_probability": rounded_or_none(found.average_churn_probability),
        "currency": at_risk.currency,
    }


def _calibration_error(backtest: Mapping[str, Json]) -> float | None:
    match backtest.get("churn"):
        case {"calibration": [_, *_] as tenths}:
            pass
        case _:
            return None
    customers, distance = 0, 0.0
    for tenth in tenths:
        match tenth:
            case {
                "customers": int(count),
                "mean_predicted": int() | float() as predicted,
                "observed_share": int() | float() as observed,
            }:
                customers += count
                distance += count * abs(predicted - observed)
            case _:
                raise TypeError(tenth)
    return rounded_or_none(distance / customers if customers else None)


def _currency_of(run: ScoringRun) -> Currency:
    match run.settings.get("currency"):
        case str(code):
            return Currency(code)
        case _:
            raise TypeError(run.settings)
