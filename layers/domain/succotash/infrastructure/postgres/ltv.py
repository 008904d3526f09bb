"""Orders and what customers are worth in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
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
from succotash.domain.value.order_import import (
    OrderImport,
    Position,
    RejectedLine,
    WarnedLine,
    as_rejected,
)
from succotash.domain.value.orders import OrderColumns
from succotash.domain.value.refunds import RefundTotals, RefundWarning
from succotash.domain.values import (
    PAGE,
    CohortId,
    Currency,
    CustomerId,
    Json,
    Money,
    OrderId,
    RunId,
    SegmentId,
    Shard,
    instant_text,
)
from succotash.errors import NotFoundError, Violation
from succotash.infrastructure.postgres import bulk
from succotash.infrastructure.postgres.moments import set_moment
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.rows import only, whole
from succotash.infrastructure.postgres.session import Jsonb, Row, Session
from succotash.infrastructure.postgres.sql import ltv as sql
from succotash.infrastructure.postgres.sql.purchases import of_shard
from succotash.infrastructure.postgres.sql.refunds import JUDGE_REFUNDS, TOTAL_REFUNDS

_TOTAL, _BY_SEGMENT, _BY_COHORT, _BY_SOURCE, _BY_CAMPAIGN = 15, 7, 11, 13, 14


class PostgresLTVRepository(PostgresRepository, LTVRepository):
    """Orders and values in tables."""

    @override
    def record_orders(self, orders: Sequence[Order]) -> list[Recording]:
        documents = [_order_document(place, order) for place, order in enumerate(orders)]
        rows = self._run(sql.RECORD_ORDERS, orders=Jsonb([*documents]))
        outcomes = [outcome for [outcome] in rows]
        unseen = [place for place, outcome in enumerate(outcomes) if outcome is None]
        if unseen:
            judged = self._run(
                sql.JUDGE_ORDERS, orders=Jsonb([documents[place] for place in unseen])
            )
            for place, [outcome] in zip(unseen, judged, strict=True):
                outcomes[place] = outcome
        return [Recording(outcome) for outcome in outcomes]

    @override
    def import_orders(self, orders: OrderColumns) -> list[Recording]:
        chunks = bulk.lines(
            (),
            (
                bulk.numbers(range(len(orders))),
                bulk.texts(orders.customer_ids),
                bulk.texts(orders.order_ids),
                orders.ordered_at,
                bulk.amounts(orders.amounts),
                bulk.texts(orders.currencies),
                bulk.optional_texts(orders.refunds_of),
                bulk.optional_texts(orders.canonical_emails),
            ),
        )

        def merge(session: Session) -> list[Recording]:
            session.run(sql.PREFER_INDEXES)
            session.run(sql.MAKE_STAGE)
            session.run(sql.CLEAR_STAGE)
            session.copy_in(sql.STAGE_ORDERS, chunks)
            outcomes = [Recording.RECORDED] * len(orders)
            if known := [place for [place] in session.run(sql.ADD_STAGED_ORDERS)]:
                for place, outcome in session.run(sql.JUDGE_STAGED_ORDERS, places=known):
                    outcomes[place] = Recording(outcome)
                session.run(
                    sql.UNSTAGE_ORDERS,
                    places=[each for each in known if outcomes[each] is Recording.CONFLICTING],
                )
            session.run(sql.MEET_STAGED_CUSTOMERS)
            return outcomes

        return self._in_transaction(merge) if len(orders) else []

    @override
    def judge_refunds(
        self, refunded: Sequence[tuple[CustomerId, OrderId]]
    ) -> list[RefundWarning | None]:
        given: list[Json] = [
            {"place": place, "customer_id": customer_id, "order_id": order_id}
            for place, (customer_id, order_id) in enumerate(refunded)
        ]
        rows = self._run(JUDGE_REFUNDS, refunded=Jsonb(given))
        return [None if warning is None else RefundWarning(warning) for [warning] in rows]

    @override
    def total_refunds(self, as_of: datetime, *, shard: Shard | None = None) -> RefundTotals:
        [totals] = self._run(of_shard(TOTAL_REFUNDS, shard), as_of=as_of)
        return RefundTotals(*map(int, totals))

    @override
    def open_import(self, import_id: str) -> OrderImport:
        [[offset, line, *counts]] = self._run(sql.OPEN_IMPORT, import_id=import_id)
        return OrderImport(import_id, Position(offset, line), *counts)

    @override
    def save_import(
        self,
        state: OrderImport,
        rejected: Sequence[RejectedLine],
        warned: Sequence[WarnedLine] = (),
    ) -> None:
        rows = self._run(
            sql.SAVE_IMPORT,
            import_id=state.import_id,
            byte_offset=state.position.offset,
            line=state.position.line,
            recorded=state.recorded,
            unchanged=state.unchanged,
            conflicting=state.conflicting,
            rejected=state.rejected,
            erased=state.erased,
            rejections=Jsonb(
                [
                    {
                        "line": each.line,
                        "is_conflicting": each.is_conflicting,
                        "violations": [
                            [found.field, found.code, found.message] for found in each.violations
                        ],
                    }
                    for each in (*rejected, *map(as_rejected, warned))
                ]
            ),
        )
        only("import", rows)

    @override
    def get_rejected_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[RejectedLine]:
        rows = self._run(sql.GET_REJECTED_LINES, import_id=import_id, after=after, limit=limit)
        return [
            RejectedLine(
                line, tuple(Violation(*each) for each in violations), is_conflicting=is_conflicting
            )
            for line, violations, is_conflicting in rows
        ]

    @override
    def get_warned_lines(
        self, import_id: str, *, after: int = 0, limit: int = PAGE
    ) -> list[WarnedLine]:
        rows = self._run(sql.GET_WARNED_LINES, import_id=import_id, after=after, limit=limit)
        return [WarnedLine(line, RefundWarning(code)) for line, code in rows]

    @override
    def finish_import(self, import_id: str) -> None:
        only("import", self._run(sql.FINISH_IMPORT, import_id=import_id))

    @override
    def purchase_histories(
        self,
        as_of: datetime,
        time_zone: str,
        *,
        shard: Shard | None = None,
        holdout_until: datetime | None = None,
    ) -> PurchaseHistories:
        statement = of_shard(sql.PURCHASE_HISTORIES, shard)

        def copy(session: Session) -> bytes:
            set_moment(session, as_of, time_zone, holdout_until)
            return session.copy_out(statement)

        found = bulk.columns_of(self._in_transaction(copy), width=13)
        columns, left_out = bulk.countable(found, amounts=found[6:10])
        first_day, frequency, recency, age, holdout, orders, *amounts = map(whole, columns[:10])
        revenue, repeats, held_out, over_refunds = amounts
        first_at, last_at, customer_ids = columns[10:]
        return PurchaseHistories(
            Histories(bulk.plain(customer_ids), first_day, frequency, recency, age, holdout),
            orders,
            revenue,
            repeats,
            list(first_at),
            list(last_at),
            held_out,
            over_refunds,
            bulk.plain(left_out),
        )

    @override
    def count_purchases_by_week(
        self, as_of: datetime, until: datetime, time_zone: str, *, shard: Shard | None = None
    ) -> list[int]:
        def count(session: Session) -> list[Row]:
            set_moment(session, as_of, time_zone, until)
            return session.run(of_shard(sql.PURCHASES_BY_WEEK, shard))

        return [purchases for _, purchases in self._in_transaction(count)]

    @override
    def get_currencies(self, as_of: datetime) -> set[Currency]:
        return {currency for [currency] in self._run(sql.CURRENCIES, as_of=as_of)}

    @override
    def get_customer(self, customer_id: CustomerId) -> Customer:
        return Customer(*only("customer", self._run(sql.GET_CUSTOMER, customer_id=customer_id)))

    @override
    def get_customers_by_email(self, canonical_email: str) -> list[Customer]:
        rows = self._run(sql.CUSTOMERS_BY_EMAIL, canonical_email=canonical_email)
        return [Customer(*row) for row in rows]

    @override
    def get_orders(self, customer_id: CustomerId, *, newest: int | None = None) -> list[Order]:
        rows = self._run(sql.NEWEST_ORDERS, customer_id=customer_id, limit=newest)
        return [
            Order(customer, order_id, ordered_at, Money(amount, currency), refund_of)
            for customer, order_id, ordered_at, amount, currency, refund_of in reversed(rows)
        ]

    @override
    def save_customer_ltv(self, value: CustomerLTV) -> None:
        rows = self._run(
            sql.SAVE_CUSTOMER_LTV,
            run_id=value.run_id,
            customer_id=value.customer_id,
            actual_clv=value.actual_clv.units(),
            residual_value=value.residual_value.units(),
            average_order_value=value.average_order_value.units(),
            currency=value.actual_clv.currency,
            order_count=value.order_count,
            frequency=value.frequency,
            lifetime_months=value.lifetime_months,
            probability_alive=value.probability_alive,
            expected_purchases_30=value.expected_purchases_30,
            expected_purchases_90=value.expected_purchases_90,
            expected_purchases_365=value.expected_purchases_365,
            segment_id=value.segment_id,
            cohort_id=value.cohort_id,
            first_purchase_at=value.first_purchase_at,
            last_purchase_at=value.last_purchase_at,
            residual_low=value.residual_low and value.residual_low.units(),
            residual_high=value.residual_high and value.residual_high.units(),
        )
        only("scoring run", rows)

    @override
    def save_customer_values(
        self, run_id: RunId, currency: Currency, shard: Shard | None, values: CustomerValues
    ) -> None:
        chunks = bulk.lines(
            (run_id, currency),
            (
                bulk.texts(values.customer_ids),
                bulk.amounts(values.actual_clv),
                bulk.amounts(values.residual_value),
                bulk.amounts(values.average_order_value),
                bulk.numbers(values.order_count),
                bulk.numbers(values.frequency),
                bulk.numbers(values.lifetime_months),
                bulk.numbers(values.probability_alive),
                bulk.numbers(values.expected_purchases_30),
                bulk.numbers(values.expected_purchases_90),
                bulk.numbers(values.expected_purchases_365),
                bulk.texts(values.segment_ids),
                bulk.texts(values.cohort_ids),
                bulk.texts(values.first_purchase_at),
                bulk.texts(values.last_purchase_at),
                bulk.optional_amounts(values.residual_low),
                bulk.optional_amounts(values.residual_high),
            ),
        )

        def replace(session: Session) -> None:
            cleared = session.run(of_shard(sql.CLEAR_CUSTOMER_VALUES, shard), run_id=run_id)
            only("scoring run", cleared)
            session.copy_in(of_shard(sql.COPY_CUSTOMER_VALUES, shard), chunks)

        self._in_transaction(replace)

    @override
    def get_customer_ltv(self, customer_id: CustomerId) -> CustomerLTV:
        rows = self._run(sql.GET_CUSTOMER_LTV, customer_id=customer_id)
        return _customer_ltv(only("customer", rows))

    @override
    def find_customers(
        self,
        *,
        segment_id: SegmentId | None = None,
        cohort_id: CohortId | None = None,
        limit: int = PAGE,
        after: tuple[Money, CustomerId] | None = None,
    ) -> list[CustomerLTV]:
        page: dict[str, object] = {
            "predicted_clv": "Infinity" if after is None else after[0].amount,
            "id": "" if after is None else after[1],
            "limit": limit,
        }
        if segment_id is not None and cohort_id is not None:
            rows = self._run(
                sql.CUSTOMERS_OF_BOTH, segment_id=segment_id, cohort_id=cohort_id, **page
            )
        elif segment_id is not None:
            rows = self._run(sql.CUSTOMERS_OF_SEGMENT, segment_id=segment_id, **page)
        elif cohort_id is not None:
            rows = self._run(sql.CUSTOMERS_OF_COHORT, cohort_id=cohort_id, **page)
        else:
            rows = self._run(sql.CUSTOMERS, **page)
        return [_customer_ltv(row) for row in rows]

    @override
    def build_cohorts(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, shard: Shard
    ) -> None:
        def build(session: Session) -> None:
            cleared = session.run(sql.CLEAR_COHORT_PART, run_id=run_id, shard=shard.index)
            only("scoring run", cleared)
            set_moment(session, as_of, time_zone)
            session.run(of_shard(sql.BUILD_COHORT_PART, shard), run_id=run_id, shard=shard.index)

        self._in_transaction(build)

    @override
    def build_rollups(
        self, run_id: RunId, as_of: datetime, time_zone: str, *, merged: bool = False
    ) -> None:
        def build(session: Session) -> None:
            only("scoring run", session.run(sql.CLEAR_ROLLUPS, run_id=run_id))
            set_moment(session, as_of, time_zone)
            session.run(
                sql.BUILD_ROLLUPS,
                run_id=run_id,
                time_zone=time_zone,
                unknown_source=UNKNOWN_SOURCE,
            )
            session.run(sql.MERGE_COHORTS if merged else sql.BUILD_COHORTS, run_id=run_id)

        self._in_transaction(build)

    @override
    def save_cohort(self, cohort: Cohort) -> None:
        rows = self._run(
            sql.SAVE_COHORT,
            run_id=cohort.run_id,
            cohort_id=cohort.cohort_id,
            starts_on=cohort.starts_on,
            customers=cohort.customers,
            revenue=cohort.revenue.units(),
            average_ltv=cohort.average_ltv.units(),
            currency=cohort.revenue.currency,
            periods=Jsonb(
                [
                    {
                        "period": each.period,
                        "active_customers": each.active_customers,
                        "revenue": str(each.revenue),
                    }
                    for each in cohort.periods
                ]
            ),
        )
        only("scoring run", rows)

    @override
    def get_cohort(self, cohort_id: CohortId) -> Cohort:
        cohorts = _cohorts(self._run(sql.GET_COHORT, cohort_id=cohort_id))
        if not cohorts:
            raise NotFoundError("cohort")
        return cohorts[0]

    @override
    def get_all_cohorts(self) -> list[Cohort]:
        return _cohorts(self._run(sql.GET_ALL_COHORTS))

    @override
    def save_ltv_segment(self, segment: LTVSegment) -> None:
        bound = segment.lower_bound
        self._run(
            sql.SAVE_LTV_SEGMENT,
            segment_id=segment.segment_id,
            name=segment.name,
            description=segment.description,
            lower_quantile=segment.lower_quantile,
            lower_bound=None if bound is None else bound.units(),
            currency=None if bound is None else bound.currency,
        )

    @override
    def save_segment_bounds(self, run_id: RunId, bounds: Mapping[SegmentId, Money]) -> None:
        [[is_run, unknown_segments]] = self._run(
            sql.SAVE_SEGMENT_BOUNDS,
            run_id=run_id,
            bounds=Jsonb(
                [
                    {"segment_id": segment_id, "units": bound.units(), "currency": bound.currency}
                    for segment_id, bound in bounds.items()
                ]
            ),
        )
        if not is_run:
            raise NotFoundError("scoring run")
        if unknown_segments:
            raise NotFoundError("segment")

    @override
    def get_ltv_segment(self, segment_id: SegmentId) -> LTVSegment:
        return _segment(only("segment", self._run(sql.GET_LTV_SEGMENT, segment_id=segment_id)))

    @override
    def get_all_ltv_segments(self) -> list[LTVSegment]:
        return [_segment(row) for row in self._run(sql.GET_ALL_LTV_SEGMENTS)]

    @override
    def get_ltv_analytics(
        self, *, start: date | None = None, end: date | None = None
    ) -> LTVAnalytics:
        rows = self._run(sql.LTV_ANALYTICS, start=start, end=end)
        groups: dict[int, dict[str, ValueGroup]] = {
            _BY_SEGMENT: {},
            _BY_COHORT: {},
            _BY_SOURCE: {},
            _BY_CAMPAIGN: {},
        }
        [[run_id, _, _, *total]] = [row for row in rows if row[1] == _TOTAL]
        for _, grouping, name, *values in rows:
            if grouping != _TOTAL and name is not None:
                groups[grouping][name] = ValueGroup(*values)
        return LTVAnalytics(
            run_id,
            ValueGroup(*total),
            by_segment=groups[_BY_SEGMENT],
            by_cohort=groups[_BY_COHORT],
            by_source=groups[_BY_SOURCE],
            by_campaign=groups[_BY_CAMPAIGN],
        )


def _order_document(place: int, order: Order) -> dict[str, Json]:
    return {
        "place": place,
        "customer_id": order.customer_id,
        "order_id": order.order_id,
        "ordered_at": instant_text(order.ordered_at),
        "units": order.amount.units(),
        "currency": order.amount.currency,
        "refund_of": order.refund_of,
        "email": order.canonical_email,
    }


def _customer_ltv(row: Row) -> CustomerLTV:
    customer_id, actual_clv, residual_value, average_order_value, currency, *others = row[:-2]
    low, high = row[-2:]
    value = CustomerLTV(
        customer_id,
        Money(actual_clv, currency),
        Money(residual_value, currency),
        Money(average_order_value, currency),
        *others,
    )
    if low is None:
        return value
    return replace(value, residual_low=Money(low, currency), residual_high=Money(high, currency))


def _cohorts(rows: Sequence[Row]) -> list[Cohort]:
    """One cohort of each run of rows that differ in their period only."""
    cohorts = []
    for _, group in groupby(rows, key=itemgetter(1)):
        periods = list(group)
        run_id, cohort_id, starts_on, customers, revenue, average_ltv, currency = periods[0][:7]
        cohorts.append(
            Cohort(
                cohort_id,
                starts_on,
                customers,
                Money(revenue, currency),
                Money(average_ltv, currency),
                tuple(CohortPeriod(*row[7:]) for row in periods if row[7] is not None),
                run_id,
            )
        )
    return cohorts


def _segment(row: Row) -> LTVSegment:
    segment_id, name, description, quantile, bound, currency = row[:6]
    run_id, run_bound, run_currency, customers, total_value = row[6:]
    return LTVSegment(
        segment_id,
        name,
        description,
        quantile,
        None if bound is None else Money(bound, currency),
        None
        if run_id is None
        else SegmentResult(
            run_id, Money(run_bound, run_currency), customers, Money(total_value, run_currency)
        ),
    )
