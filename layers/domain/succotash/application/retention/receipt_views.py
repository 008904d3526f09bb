"""Predictions of earlier runs and how they came out, as the API shows them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypedDict
from zoneinfo import ZoneInfo

from succotash.application.paging import before_month, next_cursor, require_page
from succotash.domain.repositories.storage import Storage
from succotash.domain.retention.receipts import (
    ForecastReceipt,
    Measure,
    ReceiptGroup,
    ReceiptHorizon,
    ReceiptWeek,
)
from succotash.domain.values import rounded_amount

RECEIPTS_SHOWN = 12


class CountGroupView(TypedDict):
    """A tenth of customers, by rising forecast; those of equal forecasts share one."""

    decile: int
    """1, with the least forecasts, to 10."""
    customers: int
    """Customers in the group."""
    foreseen: float
    """Purchase days, or inactive customers, foreseen in total."""
    graded_customers: int | None
    """Customers of these of whom it is known what came; None before grading."""
    came: int | None
    """The actual value, in the unit of `foreseen`; None before grading."""


class CountForecastView(TypedDict):
    """Purchase days, or inactive customers: foreseen, and what came."""

    customers: int
    """Customers whom the forecast is about."""
    foreseen: float
    """Purchase days, or inactive customers, foreseen in total."""
    graded_customers: int | None
    """Customers of whom it is known what came; None before grading."""
    came: int | None
    """Purchase days, or inactive customers, that came in total; None before grading."""
    error_percent: float | None
    """Above 0 where too much was foreseen; None before grading, and where nothing came."""
    by_decile: list[CountGroupView]


class RevenueGroupView(TypedDict):
    """A tenth of customers, by rising forecast; those of equal forecasts share one."""

    decile: int
    """1, with the least forecasts, to 10."""
    customers: int
    """Customers in the group."""
    foreseen: Decimal
    """Revenue in the receipt's currency, foreseen in total."""
    graded_customers: int | None
    """Customers of these of whom it is known what came; None before grading."""
    came: Decimal | None
    """The actual value, in the unit of `foreseen`; None before grading."""


class RevenueForecastView(TypedDict):
    """Revenue net of refunds, neither discounted nor times the margin: foreseen, and what came."""

    customers: int
    """Customers whom the forecast is about."""
    foreseen: Decimal
    """Revenue in the receipt's currency, foreseen in total."""
    graded_customers: int | None
    """Customers of whom it is known what came; None before grading."""
    came: Decimal | None
    """Revenue in the receipt's currency, that came in total; None before grading."""
    error_percent: float | None
    """Above 0 where too much was foreseen; None before grading, and where nothing came."""
    by_decile: list[RevenueGroupView]


class ReceiptHorizonView(TypedDict):
    """The prediction of a receipt for some days."""

    days: int
    """Days after the run that the forecast covers."""
    ends_at: datetime
    graded_as_of: datetime | None
    """The instant of the run that graded it; None before."""
    purchases: CountForecastView
    """Days with a purchase, of customers who had bought."""
    revenue: RevenueForecastView
    inactivity: CountForecastView
    """Customers without a purchase or activity, of all known."""


class CountWeekView(TypedDict):
    """Days with a purchase in one week."""

    foreseen: float
    """Days with a purchase, foreseen in total."""
    came: int | None
    """Days with a purchase that came in total; None before the week is counted."""


class RevenueWeekView(TypedDict):
    """Revenue in one week, net of refunds, neither discounted nor times the margin."""

    foreseen: Decimal
    """Revenue in the receipt's currency, foreseen in total."""
    came: Decimal | None
    """Revenue in the receipt's currency, that came in total; None before the week is counted."""


class ReceiptWeekView(TypedDict):
    """A receipt's forecast for one week of customers who had bought, and the outcome."""

    week: int
    """From 1: the seven days that begin with the day of the run."""
    starts_on: date
    purchases: CountWeekView
    revenue: RevenueWeekView


class ReceiptView(TypedDict):
    """The prediction of a month's first run, as it was sealed."""

    month: date
    """Its first day."""
    run_id: str
    as_of: datetime
    is_backfilled: bool
    """Whether it was made after the fact, from what was known by then."""
    model: str
    """The model of purchases."""
    currency: str
    horizons: list[ReceiptHorizonView]
    weeks: list[ReceiptWeekView]
    """The first 13 weeks one by one; none in a receipt from before weeks were foreseen."""
    weeks_counted_as_of: datetime | None
    """The time of the run that counted the last of them, as orders and refunds were then; None
    before any is counted."""


class ReceiptList(TypedDict):
    """A page of receipts, the latest month first."""

    receipts: list[ReceiptView]
    next_cursor: str | None


class Receipts:
    """The forecast receipts."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def get_receipts(
        self, *, limit: int = RECEIPTS_SHOWN, cursor: str | None = None
    ) -> ReceiptList:
        """A page of receipts, the latest month first."""
        found = self._storage.repositories.retention.find_receipts(
            limit=require_page(limit), before=before_month(cursor)
        )
        return {
            "receipts": [_receipt_view(each) for each in found],
            "next_cursor": next_cursor(
                found, limit, lambda each: (each.month.isoformat(), each.run_id)
            ),
        }


def _receipt_view(receipt: ForecastReceipt) -> ReceiptView:
    currency = str(receipt.settings["currency"])
    match receipt.models.get("purchases"):
        case {"name": str(model)}:
            pass
        case _:
            raise TypeError(receipt.models)
    return {
        "month": receipt.month,
        "run_id": receipt.run_id,
        "as_of": receipt.as_of,
        "is_backfilled": receipt.is_backfilled,
        "model": model,
        "currency": currency,
        "horizons": [_horizon_view(receipt, each, currency) for each in receipt.horizons],
        "weeks": [_week_view(receipt, each, currency) for each in receipt.weeks],
        "weeks_counted_as_of": receipt.weeks_counted_as_of,
    }


def _week_view(receipt: ForecastReceipt, week: ReceiptWeek, currency: str) -> ReceiptWeekView:
    zone = ZoneInfo(str(receipt.settings["time_zone"]))
    foreseen, came = week.foreseen, week.came
    return {
        "week": foreseen.week,
        "starts_on": receipt.as_of.astimezone(zone).date() + timedelta(weeks=foreseen.week - 1),
        "purchases": {
            "foreseen": float(foreseen.purchases),
            "came": None if came is None else int(came.purchases),
        },
        "revenue": {
            "foreseen": rounded_amount(foreseen.revenue, currency),
            "came": None if came is None else rounded_amount(came.revenue, currency),
        },
    }


def _horizon_view(
    receipt: ForecastReceipt, horizon: ReceiptHorizon, currency: str
) -> ReceiptHorizonView:
    return {
        "days": horizon.days,
        "ends_at": receipt.ends_at(horizon.days),
        "graded_as_of": horizon.graded_as_of,
        "purchases": _count_view(horizon, Measure.PURCHASES),
        "revenue": _revenue_view(horizon, currency),
        "inactivity": _count_view(horizon, Measure.INACTIVITY),
    }


def _count_view(horizon: ReceiptHorizon, measure: Measure) -> CountForecastView:
    total, groups = _together(horizon, measure), horizon.groups[measure]
    return {
        "customers": total.customers,
        "foreseen": float(total.foreseen),
        "graded_customers": total.graded_customers,
        "came": None if total.came is None else int(total.came),
        "error_percent": _error_percent(total),
        "by_decile": [
            {
                "decile": each.decile,
                "customers": each.customers,
                "foreseen": float(each.foreseen),
                "graded_customers": each.graded_customers,
                "came": None if each.came is None else int(each.came),
            }
            for each in groups
        ],
    }


def _revenue_view(horizon: ReceiptHorizon, currency: str) -> RevenueForecastView:
    total, groups = _together(horizon, Measure.REVENUE), horizon.groups[Measure.REVENUE]
    return {
        "customers": total.customers,
        "foreseen": rounded_amount(total.foreseen, currency),
        "graded_customers": total.graded_customers,
        "came": None if total.came is None else rounded_amount(total.came, currency),
        "error_percent": _error_percent(total),
        "by_decile": [
            {
                "decile": each.decile,
                "customers": each.customers,
                "foreseen": rounded_amount(each.foreseen, currency),
                "graded_customers": each.graded_customers,
                "came": None if each.came is None else rounded_amount(each.came, currency),
            }
            for each in groups
        ],
    }


def _together(horizon: ReceiptHorizon, measure: Measure) -> ReceiptGroup:
    """The sum of the groups; of a run without customers there are none, graded or not."""
    groups, is_graded = horizon.groups[measure], horizon.graded_as_of is not None
    return ReceiptGroup(
        0,
        sum(each.customers for each in groups),
        sum((each.foreseen for each in groups), Decimal(0)),
        sum(each.graded_customers or 0 for each in groups) if is_graded else None,
        sum((each.came or Decimal(0) for each in groups), Decimal(0)) if is_graded else None,
    )


def _error_percent(total: ReceiptGroup) -> float | None:
    return float(100 * (total.foreseen / total.came - 1)) if total.came else None
