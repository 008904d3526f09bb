"""Costs and values of customers by source."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypedDict

from succotash.application.preconditions import Precondition
from succotash.application.rounding import rounded_or_none
from succotash.application.scoring.run_views import RunView, run_currency, run_day, run_or_none
from succotash.application.value.cohort_views import average_periods
from succotash.application.value.views import ValueGroupView, group_view
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention.labels import Labelled
from succotash.domain.value.acquisition import AcquisitionCost, SourceValue, cost_violation
from succotash.domain.value.cohorts import CohortSpan
from succotash.domain.value.ltv import Cohort
from succotash.domain.values import Currency, Money, rounded_amount
from succotash.errors import InvalidInputError

MOST_SOURCES = 100
"""Sources with a cost in one month."""


class MonthCosts(TypedDict):
    """Costs of acquisition in a month."""

    month: str
    """Such as 2026-10."""
    costs: Mapping[str, Decimal]
    """Costs by source, in `currency`."""
    total: Decimal
    """The costs of all sources, in `currency`."""
    currency: str


class SourceView(ValueGroupView):
    """Customers of one source, with their value and cost."""

    source: str
    cost: Decimal | None
    """Spent on the source in these months, in `currency`; None where no cost is recorded."""
    customers_acquired: int
    """Customers whose month of first purchase has a cost of the source."""
    cost_per_customer: Decimal | None
    """The cost per customer acquired (CAC), in `currency`; None without either."""
    ltv_to_cac: float | None
    """Predicted lifetime value of the customers acquired per unit of what they cost. None without
    them, or without a cost."""
    payback_months: int | None
    """The month of a customer's life, the first one being 0, by whose end an average customer of
    all sources has brought the cost per customer, as the cohorts say. None where that is not
    seen yet, or without a cost."""


class SourceList(TypedDict):
    """Values and costs of customers by source, the most customers first."""

    start: str | None
    """First month of first purchases, included."""
    end: str | None
    """Last month, included."""
    currency: str
    sources: list[SourceView]
    """Values by source of the last accepted submission before the first purchase, or `unknown`."""
    run: RunView | None


class Acquisition:
    """Costs by month and source, and values compared with them."""

    def __init__(self, storage: Storage, currency: Currency) -> None:
        self._storage = storage
        self._currency = currency

    def get_acquisition_costs(
        self, *, start: date | None = None, end: date | None = None
    ) -> list[MonthCosts]:
        """Costs of the months from `start` to `end`, both included; a first day names each."""
        found = self._storage.repositories.ltv.get_acquisition_costs(start=start, end=end)
        return self._months(found)

    def put_acquisition_costs(
        self, month: date, costs: Mapping[str, Money], require: Precondition | None = None
    ) -> MonthCosts:
        """Replace the costs of the month, by source.

        InvalidInputError for one that is negative, cannot be kept or is not in the deployment's
        currency, or for too many sources. What `require` raises of the stored costs goes on; a
        month without any has nothing stored.
        """
        violations = [
            violation
            for source, cost in costs.items()
            if (violation := cost_violation(f"costs.{source}", cost, self._currency)) is not None
        ]
        if violations:
            raise InvalidInputError(violations)
        if len(costs) > MOST_SOURCES:
            sentence = f"Must have at most {MOST_SOURCES} sources"
            raise InvalidInputError.of("costs", "too_many", sentence)
        if require is None:
            self._storage.repositories.ltv.save_acquisition_costs(month, costs)
        else:
            self._replace(month, costs, require)
        return self._month(month, dict(sorted(costs.items())))

    def get_source_values(
        self, *, start: date | None = None, end: date | None = None
    ) -> SourceList:
        """Get customers by source, with a first purchase in these months, and their costs."""
        ltv = self._storage.repositories.ltv
        read = ltv.find_source_values(self._currency, start=start, end=end)
        run = run_or_none(read.run)
        currency = run_currency(run, self._currency)
        curve = _curve(ltv.find_cohorts()) if any(each.cost for each in read.found) else []
        # What was spent in another currency than the run's says nothing about its values.
        is_comparable = currency == self._currency
        found = sorted(read.found, key=lambda each: (-each.total.customers, each.source))
        return {
            "start": None if start is None else f"{start:%Y-%m}",
            "end": None if end is None else f"{end:%Y-%m}",
            "currency": currency,
            "sources": [
                _source_view(each, currency, curve, is_comparable=is_comparable) for each in found
            ],
            "run": run,
        }

    def _replace(self, month: date, costs: Mapping[str, Money], require: Precondition) -> None:
        def work(repositories: Repositories) -> None:
            stored = next(iter(self._months(repositories.ltv.lock_acquisition_costs(month))), None)
            require(stored)
            repositories.ltv.save_acquisition_costs(month, costs)

        self._storage.in_transaction(work)

    def _months(self, found: Sequence[AcquisitionCost]) -> list[MonthCosts]:
        months: dict[date, dict[str, Money]] = {}
        for each in found:
            months.setdefault(each.month, {})[each.source] = each.cost
        return [self._month(month, costs) for month, costs in months.items()]

    def _month(self, month: date, costs: Mapping[str, Money]) -> MonthCosts:
        total = sum((each.amount for each in costs.values()), Decimal(0))
        currency = next((each.currency for each in costs.values()), self._currency)
        return {
            "month": f"{month:%Y-%m}",
            "costs": {source: each.exact() for source, each in costs.items()},
            "total": Money(total, currency).exact(),
            "currency": currency,
        }


def _curve(read: Labelled[list[Cohort]]) -> Sequence[Decimal]:
    """Revenue of an average customer by the end of each month of life, times the margin."""
    margin = read.run.settings.get("margin")
    share = Decimal(str(margin)) if isinstance(margin, int | float) else Decimal(1)
    average = average_periods(read.found, CohortSpan.MONTH, run_day(read.run))
    return [share * each["cumulative_revenue_per_customer"] for each in average]


def _source_view(
    value: SourceValue, currency: Currency, curve: Sequence[Decimal], *, is_comparable: bool
) -> SourceView:
    cost = value.cost if is_comparable else None
    each = value.cost_per_customer if is_comparable else None
    return {
        "source": value.source,
        **group_view(value.total, currency),
        "cost": None if cost is None else rounded_amount(cost, currency),
        "customers_acquired": value.paid.customers if is_comparable else 0,
        "cost_per_customer": None if each is None else rounded_amount(each, currency),
        "ltv_to_cac": rounded_or_none(value.ltv_to_cac) if is_comparable else None,
        "payback_months": None if each is None else _payback(each, curve),
    }


def _payback(cost: Decimal, curve: Sequence[Decimal]) -> int | None:
    return next((month for month, brought in enumerate(curve) if brought >= cost), None)
