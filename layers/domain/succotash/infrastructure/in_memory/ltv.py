"""Orders and what customers are worth, in memory."""

import dataclasses
from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import override

from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.retention.retention import UNKNOWN_SOURCE
from succotash.domain.value.ledgers import Customer, Histories, Order, PurchaseHistories, Recording
from succotash.domain.value.ltv import (
    Cohort,
    CohortPeriod,
    CustomerLTV,
    CustomerValues,
    LTVAnalytics,
    LTVSegment,
    SegmentResult,
    ValueGroup,
)
from succotash.domain.value.order_import import OrderImport, RejectedLine, WarnedLine
from succotash.domain.value.orders import OrderColumns, order_contents
from succotash.domain.value.refunds import RefundTotals, RefundWarning
from succotash.domain.values import (
    LARGEST_UNITS,
    MONEY_PLACES,
    PAGE,
    CohortId,
    Currency,
    CustomerId,
    Money,
    OrderId,
    RunId,
    SegmentId,
    Shard,
)
from succotash.infrastructure.in_memory.ledger import (
    Calendar,
    Purchase,
    in_shard,
    instant_text,
    month_number,
    over_refunds_of,
    purchases_by_customer,
    purchases_of,
    refunds_of,
)
from succotash.infrastructure.in_memory.tables import (
    RollupGroup,
    RollupTotals,
    Tables,
    atomic,
    stored,
)

_NO_TOTALS = RollupTotals(0, 0, 0, 0)


class InMemoryLTVRepository(LTVRepository):
    """Orders and values in dictionaries."""

    def __init__(self, tables: Tables | None = None) -> None:
        self.tables = tables or Tables()

    @override
    @atomic
    def record_orders(self, orders: Sequence[Order]) -> list[Recording]:
        return [self._record(order) for order in orders]

    def _record(self, order: Order) -> Recording:
        key = (order.customer_id, order.order_id)
        kept = order_contents(stored(order))
        known = self.tables.orders.get(key)
        if known is not None and known != kept:
            return Recording.CONFLICTING
        if known is None:
            self.tables.orders[key] = kept
        self.tables.see_customer(order.customer_id, kept.ordered_at, order.canonical_email)
        return Recording.RECORDED if known is None else Recording.UNCHANGED

    @override
    def import_orders(self, orders: OrderColumns) -> list[Recording]:
        return self.record_orders([*orders.orders()])

    @override
    @atomic
    def judge_refunds(
        self, refunded: Sequence[tuple[CustomerId, OrderId]]
    ) -> list[RefundWarning | None]:
        judged = {each: self._judge_refunds(*each) for each in set(refunded)}
        return [judged[each] for each in refunded]

    def _judge_refunds(self, customer_id: CustomerId, order_id: OrderId) -> RefundWarning | None:
        known = self.tables.orders.get((customer_id, order_id))
        if known is None:
            others = any(True for _ in self.tables.orders_by_id[order_id])
            return RefundWarning.OF_ANOTHER_CUSTOMER if others else None
        if known.refund_of is not None:
            return RefundWarning.OF_REFUND
        own = self.tables.orders_by_customer[customer_id]
        given_back = sum(each.amount.units() for each in own if each.refund_of == order_id)
        return RefundWarning.EXCEEDS_ORDER if known.amount.units() + given_back < 0 else None

    @override
    @atomic
    def total_refunds(self, as_of: datetime, *, shard: Shard | None = None) -> RefundTotals:
        totals = RefundTotals()
        for customer_id in self.tables.orders_by_customer.groups():
            if in_shard(customer_id, shard):
                totals += refunds_of(self.tables.orders_by_customer[customer_id], as_of)
        return totals

    @override
    @atomic
    def open_import(self, import_id: str) -> OrderImport:
        if import_id not in self.tables.imports:
            self.tables.imports[import_id] = OrderImport(import_id)
        return self.tables.imports[import_id]

    @override
    @atomic
    def save_import(
        self,
        state: OrderImport,
        rejected: Sequence[RejectedLine],
        warned: Sequence[WarnedLine] = (),
    ) -> None:
        known = self.tables.imports[state.import_id]
        told = (*(self.tables.warned_lines.get(state.import_id) or ()), *warned)
        self.tables.warned_lines[state.import_id] = told
        self.tables.imports[state.import_id] = dataclasses.replace(
            state, is_finished=known.is_finished, warned=len(told)
        )
        lines = (*(self.tables.rejected_lines.get(state.import_id) or ()), *rejected)
        self.tables.rejected_lines[state.import_id] = lines

    @override
    @atomic
    def get_rejected_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[RejectedLine]:
        lines = self.tables.rejected_lines.get(import_id) or ()
        behind = sorted((each for each in lines if each.line > after), key=lambda each: each.line)
        return behind[:limit]

    @override
    @atomic
    def get_warned_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[WarnedLine]:
        lines = self.tables.warned_lines.get(import_id) or ()
        behind = sorted((each for each in lines if each.line > after), key=lambda each: each.line)
        return behind[:limit]

    @override
    @atomic
    def finish_import(self, import_id: str) -> None:
        state = self.tables.imports[import_id]
        self.tables.imports[import_id] = dataclasses.replace(state, is_finished=True)
        self.tables.rejected_lines.discard([import_id])

    @override
    @atomic
    def purchase_histories(
        self,
        as_of: datetime,
        time_zone: str,
        *,
        shard: Shard | None = None,
        holdout_until: datetime | None = None,
    ) -> PurchaseHistories:
        calendar = Calendar(time_zone)
        today = calendar.day(as_of)
        days = Histories([], array("q"), array("q"), array("q"), array("q"), array("q"))
        found = PurchaseHistories(
            days, array("q"), array("q"), array("q"), [], [], array("q"), array("q"), []
        )
        for customer_id, purchases in purchases_by_customer(self.tables, as_of, shard):
            orders = self.tables.orders_by_customer[customer_id]
            bought_on = [calendar.day(each.at) for each in purchases]
            first, last = bought_on[0], bought_on[-1]
            held_out = [
                each for each in purchases_of(orders, holdout_until or as_of) if each.at > as_of
            ]
            revenue = sum(each.net for each in purchases)
            repeat_revenue = sum(
                each.net for each, day in zip(purchases, bought_on, strict=True) if day != first
            )
            holdout_revenue = sum(each.net for each in held_out)
            over_refunds = sum(each.net for each in over_refunds_of(orders, as_of))
            if max(revenue, holdout_revenue, -over_refunds) > LARGEST_UNITS:
                found.left_out.append(customer_id)
                continue
            days.customer_ids.append(customer_id)
            days.first_day.append(first)
            days.frequency.append(len(set(bought_on)) - 1)
            days.recency.append(last - first)
            days.age.append(today - first)
            days.holdout.append(len({calendar.day(each.at) for each in held_out}))
            found.orders.append(len(purchases))
            found.revenue.append(revenue)
            found.repeat_revenue.append(repeat_revenue)
            found.holdout_revenue.append(holdout_revenue)
            found.over_refunds.append(over_refunds)
            found.first_purchase_at.append(instant_text(purchases[0].at))
            found.last_purchase_at.append(instant_text(purchases[-1].at))
        return found

    @override
    @atomic
    def count_purchases_by_week(
        self, as_of: datetime, until: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> list[int]:
        calendar = Calendar(time_zone)
        cut = calendar.day(as_of)
        weeks = [0] * ((calendar.day(until) - cut) // 7 + 1)
        for customer_id, _ in purchases_by_customer(self.tables, as_of, shard):
            orders = self.tables.orders_by_customer[customer_id]
            days = {
                calendar.day(each.at) for each in purchases_of(orders, until) if each.at > as_of
            }
            for day in days:
                weeks[(day - cut) // 7] += 1
        return weeks

    @override
    @atomic
    def get_currencies(self, as_of: datetime) -> set[Currency]:
        orders = self.tables.orders.values()
        return {order.amount.currency for order in orders if order.ordered_at <= as_of}

    @override
    @atomic
    def get_customer(self, customer_id: CustomerId) -> Customer:
        return self.tables.customers[self.tables.meant(customer_id)]

    @override
    @atomic
    def get_customers_by_email(self, canonical_email: str) -> list[Customer]:
        customers = self.tables.customers_by_email[canonical_email]
        return sorted(customers, key=lambda customer: customer.customer_id)

    @override
    @atomic
    def get_orders(self, customer_id: CustomerId, *, newest: int | None = None) -> list[Order]:
        orders = self.tables.orders_by_customer[self.tables.meant(customer_id)]
        ordered = sorted(orders, key=lambda order: (order.ordered_at, order.order_id))
        return ordered if newest is None else ordered[max(len(ordered) - newest, 0) :]

    @override
    @atomic
    def save_customer_ltv(self, value: CustomerLTV) -> None:
        run_id = self.tables.run_named(value.run_id)
        self.tables.values[run_id, value.customer_id] = dataclasses.replace(
            stored(value), run_id=run_id
        )

    @override
    @atomic
    def save_customer_values(
        self, run_id: RunId, currency: Currency, shard: Shard | None, values: CustomerValues
    ) -> None:
        self.tables.runs[run_id]
        self.tables.values.discard(
            [key for key in self.tables.values_by_run.keys(run_id) if in_shard(key[1], shard)]
        )
        for place, customer_id in enumerate(values.customer_ids):
            self.tables.values[run_id, CustomerId(customer_id)] = CustomerLTV(
                CustomerId(customer_id),
                actual_clv=Money.of_units(values.actual_clv[place], currency),
                residual_value=Money.of_units(values.residual_value[place], currency),
                average_order_value=Money.of_units(values.average_order_value[place], currency),
                order_count=values.order_count[place],
                frequency=values.frequency[place],
                lifetime_months=values.lifetime_months[place],
                probability_alive=values.probability_alive[place],
                expected_purchases_30=values.expected_purchases_30[place],
                expected_purchases_90=values.expected_purchases_90[place],
                expected_purchases_365=values.expected_purchases_365[place],
                segment_id=SegmentId(values.segment_ids[place]),
                cohort_id=CohortId(values.cohort_ids[place]),
                first_purchase_at=datetime.fromisoformat(values.first_purchase_at[place]),
                last_purchase_at=datetime.fromisoformat(values.last_purchase_at[place]),
                run_id=run_id,
                residual_low=_optional_money(values.residual_low[place], currency),
                residual_high=_optional_money(values.residual_high[place], currency),
            )

    @override
    @atomic
    def get_customer_ltv(self, customer_id: CustomerId) -> CustomerLTV:
        return self.tables.values[self.tables.current_run(), self.tables.meant(customer_id)]

    @override
    @atomic
    def find_customers(
        self,
        *,
        segment_id: SegmentId | None = None,
        cohort_id: CohortId | None = None,
        limit: int = PAGE,
        after: tuple[Money, CustomerId] | None = None,
    ) -> list[CustomerLTV]:
        def place(value: CustomerLTV) -> tuple[Decimal, str]:
            return -value.predicted_clv.amount, value.customer_id

        start = None if after is None else (-after[0].amount, after[1])
        matching = (
            value
            for value in self.tables.values_by_run[self.tables.current_run()]
            if segment_id in {None, value.segment_id}
            and cohort_id in {None, value.cohort_id}
            and (start is None or place(value) > start)
        )
        return list(islice(sorted(matching, key=place), limit))

    @override
    @atomic
    def build_cohorts(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard
    ) -> None:
        self.tables.runs[run_id]  # the rollups count everybody: here that costs no more

    @override
    @atomic
    def build_rollups(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, merged: bool = False
    ) -> None:
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
            customer = self.tables.customers.get(value.customer_id)
            lead = (
                self.tables.leads[customer.lead_id]
                if customer is not None and customer.lead_id is not None
                else None
            )
            group = RollupGroup(
                calendar.date(value.first_purchase_at),
                value.segment_id,
                lead.source if lead else UNKNOWN_SOURCE,
                lead.campaign if lead else None,
            )
            own = RollupTotals(
                1,
                value.actual_clv.units(),
                value.predicted_clv.units(),
                value.residual_value.units(),
            )
            totals[group] = _together(totals.get(group, _NO_TOTALS), own)
        return totals

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
    def get_cohort(self, cohort_id: CohortId) -> Cohort:
        return self.tables.cohorts[self.tables.current_run(), cohort_id]

    @override
    @atomic
    def get_all_cohorts(self) -> list[Cohort]:
        cohorts = self.tables.cohorts_by_run[self.tables.current_run()]
        return sorted(cohorts, key=lambda cohort: cohort.starts_on)

    @override
    @atomic
    def save_ltv_segment(self, segment: LTVSegment) -> None:
        self.tables.segments[segment.segment_id] = dataclasses.replace(segment, result=None)

    @override
    @atomic
    def save_segment_bounds(self, run_id: RunId, bounds: Mapping[SegmentId, Money]) -> None:
        self.tables.runs[run_id]
        for segment_id in bounds:
            self.tables.segments[segment_id]
        self.tables.segment_bounds[run_id] = dict(bounds)

    @override
    @atomic
    def get_ltv_segment(self, segment_id: SegmentId) -> LTVSegment:
        return self._with_result(self.tables.segments[segment_id])

    @override
    @atomic
    def get_all_ltv_segments(self) -> list[LTVSegment]:
        def place(segment: LTVSegment) -> tuple[bool, float, Decimal, str]:
            quantile, bound = segment.lower_quantile, segment.lower_bound
            amount = bound.amount if bound is not None else Decimal(0)
            return quantile is None, quantile or 0, amount, segment.segment_id

        segments = sorted(self.tables.segments.values(), key=place)
        return [self._with_result(segment) for segment in segments]

    def _with_result(self, segment: LTVSegment) -> LTVSegment:
        run_id = self.tables.current_run()
        bounds = self.tables.segment_bounds.get(run_id) or {}
        if (bound := bounds.get(segment.segment_id)) is None:
            return segment
        worth = [
            value.predicted_clv.units()
            for value in self.tables.values_by_run[run_id]
            if value.segment_id == segment.segment_id
        ]
        total = Money.of_units(sum(worth), bound.currency)
        return dataclasses.replace(segment, result=SegmentResult(run_id, bound, len(worth), total))

    @override
    @atomic
    def get_ltv_analytics(
        self, *, start: date | None = None, end: date | None = None
    ) -> LTVAnalytics:
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
        overall = _NO_TOTALS
        for group, totals in rollups.items():
            overall = _together(overall, totals)
            _add(by_segment, group.segment_id, totals)
            _add(by_cohort, f"{group.first_purchase_day:%Y-%m}", totals)
            _add(by_source, group.source, totals)
            if group.campaign is not None:
                _add(by_campaign, group.campaign, totals)
        return LTVAnalytics(
            run_id,
            _value_group(overall),
            {key: _value_group(each) for key, each in by_segment.items()},
            {key: _value_group(each) for key, each in by_cohort.items()},
            {key: _value_group(each) for key, each in by_source.items()},
            {key: _value_group(each) for key, each in by_campaign.items()},
        )


def _decimal(units: int) -> Decimal:
    return Decimal(units).scaleb(-MONEY_PLACES)


def _together(one: RollupTotals, other: RollupTotals) -> RollupTotals:
    return RollupTotals(
        one.customers + other.customers,
        one.revenue + other.revenue,
        one.predicted_clv + other.predicted_clv,
        one.residual_value + other.residual_value,
    )


def _add(groups: dict[str, RollupTotals], name: str, totals: RollupTotals) -> None:
    groups[name] = _together(groups.get(name, _NO_TOTALS), totals)


def _value_group(totals: RollupTotals) -> ValueGroup:
    return ValueGroup(
        totals.customers,
        _decimal(totals.revenue),
        _decimal(totals.predicted_clv),
        _decimal(totals.residual_value),
    )


def _optional_money(units: int | None, currency: Currency) -> Money | None:
    return None if units is None else Money.of_units(units, currency)
