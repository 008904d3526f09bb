"""Cohorts by month, as runs keep them, and by quarter, which months add up to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

from succotash.domain.value.ltv import Cohort, CohortPeriod
from succotash.domain.values import CohortId, Money


class CohortSpan(StrEnum):
    """The length of the period in which a cohort's customers first bought."""

    MONTH = "month"
    QUARTER = "quarter"

    @property
    def months(self) -> int:
        """Calendar months."""
        return 1 if self is CohortSpan.MONTH else 3


def quarter_id(month: date) -> CohortId:
    """Year and quarter, as in 1997-Q1."""
    return CohortId(f"{month.year:04}-Q{(month.month + 2) // 3}")


def by_quarter(cohorts: Iterable[Cohort]) -> list[Cohort]:
    """Monthly cohorts of one run added up by calendar quarter, by start.

    A period stays what it is by month: months since the month of each customer's own first
    purchase. So a quarter's period has passed only when it has for those of its last month.
    """
    members = defaultdict[CohortId, list[Cohort]](list)
    for cohort in cohorts:
        members[quarter_id(cohort.starts_on)].append(cohort)
    quarters = [_added_up(quarter, months) for quarter, months in members.items()]
    return sorted(quarters, key=lambda each: each.starts_on)


def _added_up(quarter: CohortId, months: Sequence[Cohort]) -> Cohort:
    first = min(each.starts_on for each in months)
    customers = sum(each.customers for each in months)
    revenue, *others = (each.revenue for each in months)
    for other in others:
        revenue += other
    value = sum((each.average_ltv.amount * each.customers for each in months), Decimal(0))
    active, earned = defaultdict[int, int](int), defaultdict[int, Decimal](Decimal)
    for month in months:
        for period in month.periods:
            active[period.period] += period.active_customers
            earned[period.period] += period.revenue
    return Cohort(
        quarter,
        date(first.year, first.month - (first.month - 1) % 3, 1),
        customers,
        revenue,
        Money(value / customers if customers else value, revenue.currency),
        tuple(CohortPeriod(each, active[each], earned[each]) for each in sorted(active)),
        months[0].run_id,
    )
