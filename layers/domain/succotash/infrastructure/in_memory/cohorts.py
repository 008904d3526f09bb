"""Cohorts of customers, and what a run's customers are worth together, in memory."""

import dataclasses
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import override

from succotash.domain.leads.origins import Origin, origin_of
from succotash.domain.repositories.cohorts import CohortRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import UNKNOWN_SOURCE
from succotash.domain.value.ltv import Cohort, CohortPeriod, CustomerLTV, LTVAnalytics, ValueGroup
from succotash.domain.values import MONEY_PLACES, CohortId, CustomerId, Money, RunId
from succotash.infrastructure.in_memory.ledger import (
    Calendar,
    Purchase,
    month_number,
    over_refunds_of,
    purchases_of,
)
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import RollupGroup, RollupTotals, atomic

NO_TOTALS = RollupTotals(0, 0, 0, 0)


class InMemoryCohortRepository(InMemoryRepository, CohortRepository):
    """Cohorts of customers, and what a run's customers are worth together."""

    @override
    @atomic
    def build_rollups(self, run_id: RunId, as_of: datetime, time_zone: str) -> None:
        self.tables.runs[run_id]
        calendar = Calendar(time_zone)
        self.tables.rollups[run_id] = self._rollups(run_id, calendar)
        self.tables.cohorts.discard(list(self.tables.cohorts_by_run.keys(run_id)))
        members: defaultdict[CohortId, list[CustomerLTV]] = defaultdict(list)
        for value in self.tables.values_by_run[run_id]:
            members[value.cohort_id].append(value)
        for cohort_id, values in members.items():
            cohort = self._cohort(cohort_id, values, as_of, calendar)
            self.tables.cohorts[run_id, cohort_id] = dataclasses.replace(cohort, run_id=run_id)

    def _rollups(self, run_id: RunId, calendar: Calendar) -> Mapping[RollupGroup, RollupTotals]:
        totals: dict[RollupGroup, RollupTotals] = {}
        for value in self.tables.values_by_run[run_id]:
            origin = self._origin(value)
            group = RollupGroup(
                calendar.date(value.first_purchase_at),
                value.segment_id,
                UNKNOWN_SOURCE if origin is None else origin.source,
                None if origin is None else origin.campaign,
            )
            own = RollupTotals(
                1,
                value.actual_clv.units(),
                value.predicted_clv.units(),
                value.residual_value.units(),
            )
            totals[group] = together(totals.get(group, NO_TOTALS), own)
        return totals

    def _origin(self, value: CustomerLTV) -> Origin | None:
        customer = self.tables.customers.get(value.customer_id)
        if customer is None or customer.lead_id is None:
            return None
        submissions = self.tables.submissions_by_lead[customer.lead_id]
        return origin_of(self.tables.leads[customer.lead_id], submissions, value.first_purchase_at)

    def _cohort(
        self,
        cohort_id: CohortId,
        values: Sequence[CustomerLTV],
        as_of: datetime,
        calendar: Calendar,
    ) -> Cohort:
        starts_on = date.fromisoformat(f"{cohort_id}-01")
        currency = values[0].actual_clv.currency
        active: defaultdict[int, set[CustomerId]] = defaultdict(set)
        revenue: defaultdict[int, int] = defaultdict(int)

        def period_of(purchase: Purchase) -> int:
            day = calendar.date(purchase.at)
            return max(0, month_number(day) - month_number(starts_on))

        for value in values:
            orders = self.tables.orders_by_customer[value.customer_id]
            for purchase in purchases_of(orders, as_of):
                active[period_of(purchase)].add(value.customer_id)
                revenue[period_of(purchase)] += purchase.net
            for over_refund in over_refunds_of(orders, as_of):
                revenue[period_of(over_refund)] += over_refund.net
        predicted = sum(value.predicted_clv.units() for value in values)
        return Cohort(
            cohort_id,
            starts_on,
            customers=len(values),
            revenue=Money.of_units(sum(revenue.values()), currency),
            average_ltv=Money.of_units(round(Fraction(predicted, len(values))), currency),
            periods=tuple(
                CohortPeriod(period, len(active[period]), _decimal(revenue[period]))
                for period in sorted(revenue)
            ),
        )

    @override
    @atomic
    def save_cohort(self, cohort: Cohort) -> None:
        run_id = self.tables.run_named(cohort.run_id)
        periods = tuple(sorted(cohort.periods, key=lambda each: each.period))
        self.tables.cohorts[run_id, cohort.cohort_id] = dataclasses.replace(
            cohort, periods=periods, run_id=run_id
        )

    @override
    @atomic
    def find_cohorts(self, cohort_id: CohortId | None = None) -> Labelled[list[Cohort]]:
        cohorts = [
            each
            for each in self.tables.cohorts_by_run[self.tables.current_run()]
            if cohort_id in {None, each.cohort_id}
        ]
        return self.tables.labelled(sorted(cohorts, key=lambda cohort: cohort.starts_on))

    @override
    @atomic
    def find_ltv_analytics(
        self, *, start: date | None = None, end: date | None = None
    ) -> Labelled[LTVAnalytics]:
        run_id = self.tables.current_run()
        rollups = {
            group: totals
            for group, totals in (self.tables.rollups.get(run_id) or {}).items()
            if (start is None or start <= group.first_purchase_day)
            and (end is None or group.first_purchase_day <= end)
        }
        by_segment: dict[str, RollupTotals] = {}
        by_cohort: dict[str, RollupTotals] = {}
        by_source: dict[str, RollupTotals] = {}
        by_campaign: dict[str, RollupTotals] = {}
        overall = NO_TOTALS
        for group, totals in rollups.items():
            overall = together(overall, totals)
            _add(by_segment, group.segment_id, totals)
            _add(by_cohort, f"{group.first_purchase_day:%Y-%m}", totals)
            _add(by_source, group.source, totals)
            if group.campaign is not None:
                _add(by_campaign, group.campaign, totals)
        return self.tables.labelled(
            LTVAnalytics(
                run_id,
                value_group(overall),
                {key: value_group(each) for key, each in by_segment.items()},
                {key: value_group(each) for key, each in by_cohort.items()},
                {key: value_group(each) for key, each in by_source.items()},
                {key: value_group(each) for key, each in by_campaign.items()},
                self.tables.runs[run_id].backtest,
            )
        )


def _decimal(units: int) -> Decimal:
    return Decimal(units).scaleb(-MONEY_PLACES)


def together(one: RollupTotals, other: RollupTotals) -> RollupTotals:
    """Two groups as one."""
    return RollupTotals(
        one.customers + other.customers,
        one.revenue + other.revenue,
        one.predicted_clv + other.predicted_clv,
        one.residual_value + other.residual_value,
    )


def _add(groups: dict[str, RollupTotals], name: str, totals: RollupTotals) -> None:
    groups[name] = together(groups.get(name, NO_TOTALS), totals)


def value_group(totals: RollupTotals) -> ValueGroup:
    """The value of a group."""
    return ValueGroup(
        totals.customers,
        _decimal(totals.revenue),
        _decimal(totals.predicted_clv),
        _decimal(totals.residual_value),
    )
