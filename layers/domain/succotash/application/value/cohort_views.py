"""Cohorts as they are shown: their life month by month, and which months have passed."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TypedDict

from succotash.application.rounding import rounded
from succotash.application.scoring.run_views import RunView
from succotash.domain.value.cohorts import CohortSpan
from succotash.domain.value.ltv import Cohort
from succotash.domain.values import Money, rounded_amount

NOTHING = Decimal(0)
MILESTONES = (1, 3, 6, 12)
"""Months of a cohort's life that are shown with it."""


class CohortPeriodView(TypedDict):
    """One month of a cohort's life, counted from the month in which each customer first bought."""

    period: int
    """Months since the month of first purchase; that is month 0."""
    active_customers: int
    """Customers with a purchase in this month."""
    retention: float
    """Share of the cohort with a purchase in this month of its life, 0 to 1."""
    revenue: Decimal
    """The revenue of this month, net of refunds; in the run's currency."""
    cumulative_revenue_per_customer: Decimal
    """Net revenue from month 0 to this month, included, per customer; in the run's currency."""
    mature: bool
    """Whether the whole month had passed for everybody when the run took place."""


class CohortView(TypedDict):
    """A cohort of customers by month or quarter of first purchase."""

    cohort_id: str
    starts_on: date
    currency: str
    customers: int
    """Customers whose first purchase fell into the cohort's months."""
    revenue: Decimal
    """Net of refunds, from the first purchase to the run; in `currency`."""
    average_ltv: Decimal
    """Mean predicted lifetime value per customer, in `currency`."""
    milestones: dict[str, CohortPeriodView | None]
    """The months 1m, 3m, 6m and 12m of its life; None where one has not begun."""
    cumulative_revenue_per_customer: list[Decimal]
    """Net revenue per customer from month 0 to each month of its life, that one included, month 0
    first; in `currency`."""
    mature_periods: int
    """The number of these months, from the first, that had passed for everybody at the run."""


class CohortDetails(CohortView):
    """A cohort with its life month by month."""

    periods: list[CohortPeriodView]
    run: RunView | None


class AveragePeriod(TypedDict):
    """One month in the life of all cohorts together, weighted by customers, mature ones only."""

    period: int
    """Months since the month of first purchase; that is month 0."""
    customers: int
    """Customers of the cohorts that have the whole month behind them."""
    retention: float
    """Share of these customers with a purchase in this month, 0 to 1."""
    cumulative_revenue_per_customer: Decimal
    """Net revenue from month 0 to this month, included, per customer; in the run's currency."""


class CohortList(TypedDict):
    """Every cohort, by start."""

    by: str
    cohorts: list[CohortView]
    average: list[AveragePeriod]
    """Periods that no cohort has behind it are left out."""
    run: RunView | None


def cohort_view(cohort: Cohort, span: CohortSpan, today: date) -> CohortView:
    """Serialised for the API."""
    life = cohort_periods(cohort, span, today)
    periods = {each["period"]: each for each in life}
    return {
        "cohort_id": cohort.cohort_id,
        "starts_on": cohort.starts_on,
        "currency": cohort.revenue.currency,
        "customers": cohort.customers,
        "revenue": cohort.revenue.rounded(),
        "average_ltv": cohort.average_ltv.rounded(),
        "milestones": {f"{month}m": periods.get(month) for month in MILESTONES},
        "cumulative_revenue_per_customer": [
            each["cumulative_revenue_per_customer"] for each in life
        ],
        "mature_periods": sum(each["mature"] for each in life),
    }


def cohort_periods(cohort: Cohort, span: CohortSpan, today: date) -> list[CohortPeriodView]:
    """Every month that has begun for somebody, those without a purchase included."""
    by_period = {each.period: each for each in cohort.periods}
    currency = cohort.revenue.currency
    elapsed = _month_of(today) - _month_of(cohort.starts_on)
    views: list[CohortPeriodView] = []
    cumulative = NOTHING
    for period in range(elapsed + 1):
        found = by_period.get(period)
        active = 0 if found is None else found.active_customers
        revenue = NOTHING if found is None else found.revenue
        cumulative += revenue
        per_customer = cumulative / cohort.customers if cohort.customers else NOTHING
        views.append(
            {
                "period": period,
                "active_customers": active,
                "retention": rounded(active / cohort.customers) if cohort.customers else 0.0,
                "revenue": rounded_amount(revenue, currency),
                "cumulative_revenue_per_customer": rounded_amount(per_customer, currency),
                "mature": period < elapsed - span.months + 1,
            }
        )
    return views


def average_periods(
    cohorts: Sequence[Cohort], span: CohortSpan, today: date
) -> list[AveragePeriod]:
    """All cohorts together, month by month."""
    customers, active = dict[int, int](), dict[int, int]()
    earned = dict[int, Money]()
    for cohort in cohorts:
        by_period = {each.period: each for each in cohort.periods}
        cumulative = Money(NOTHING, cohort.revenue.currency)
        passed = _month_of(today) - _month_of(cohort.starts_on) - span.months + 1
        for period in range(passed):
            found = by_period.get(period)
            if found is not None:
                cumulative += Money(found.revenue, cumulative.currency)
                active[period] = active.get(period, 0) + found.active_customers
            customers[period] = customers.get(period, 0) + cohort.customers
            before = earned.get(period)
            earned[period] = cumulative if before is None else before + cumulative
    return [
        {
            "period": period,
            "customers": count,
            "retention": rounded(active.get(period, 0) / count),
            "cumulative_revenue_per_customer": rounded_amount(
                earned[period].amount / count, earned[period].currency
            ),
        }
        for period, count in sorted(customers.items())
        if count
    ]


def _month_of(day: date) -> int:
    return day.year * 12 + day.month - 1
