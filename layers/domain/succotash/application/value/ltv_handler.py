"""Use cases around value: taking orders, and saying what customers are worth."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict

from succotash.application.batches import (
    BatchReport,
    Recorded,
    Rejected,
    count_orders,
    record_batch,
)
from succotash.application.identities import record_about_customers
from succotash.application.paging import after_value, next_cursor, require_page
from succotash.application.scoring.runs import RunView, run_currency, run_day, run_view
from succotash.application.value.cohorts import (
    NOTHING,
    CohortDetails,
    CohortList,
    average_periods,
    cohort_periods,
    cohort_view,
)
from succotash.application.value.refunds import warn_of_refunds
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
from succotash.domain.repositories.forms import PAGE
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention.retention import INITIAL_RUN, ScoringRun
from succotash.domain.value.cohorts import CohortSpan, by_quarter
from succotash.domain.value.ledgers import Order
from succotash.domain.value.ltv import (
    INTERVAL_LEVEL,
    CustomerLTV,
    LTVAnalytics,
    LTVSegment,
    ValueGroup,
)
from succotash.domain.value.orders import order_contents, order_identity, order_violation
from succotash.domain.values import (
    Clock,
    CohortId,
    Currency,
    CustomerId,
    Json,
    Money,
    RunId,
    SegmentId,
    amount_violation,
    rounded_amount,
)
from succotash.errors import InvalidInputError, NotFoundError, Violation


class ValueGroupView(TypedDict):
    """Customers who share something, and what they are worth, in the analysis's currency."""

    customers: int
    revenue: Decimal
    predicted_clv: Decimal
    residual_value: Decimal
    average_ltv: Decimal | None
    """Mean predicted CLV; None without customers."""


class LTVAnalysis(TypedDict):
    """What customers are worth, as of the current run."""

    start: date | None
    end: date | None
    currency: str
    """Of the run; the deployment's before the first one."""
    total_customers: int
    total_revenue: Decimal
    total_predicted_clv: Decimal
    average_ltv: Decimal | None
    cohort_analysis: Mapping[str, ValueGroupView]
    segment_distribution: Mapping[str, ValueGroupView]
    by_source: Mapping[str, ValueGroupView]
    by_campaign: Mapping[str, ValueGroupView]
    run: RunView | None
    """None before the first run."""
    backtest: Mapping[str, Json] | None
    """How wrong the run's models would have been on held-out time: see `docs/models.md`."""


class IntervalView(TypedDict):
    """Between which amounts a customer's CLV will lie, and how probably.

    A parametric bootstrap of the run's models, chance included: see `docs/models.md`.
    """

    low: Decimal
    high: Decimal
    level: float


class CustomerValueView(TypedDict):
    """One customer's value; money in the currency of the run."""

    customer_id: str
    currency: str
    actual_clv: Decimal
    predicted_clv: Decimal
    residual_value: Decimal
    predicted_clv_interval: IntervalView | None
    """None for a value from before intervals were kept."""
    average_order_value: Decimal
    order_count: int
    frequency: int
    lifetime_months: float
    probability_alive: float
    expected_purchases: Mapping[str, float]
    """Within the next 30, 90 and 365 days."""
    segment: str
    cohort_id: str
    first_purchase_at: datetime
    last_purchase_at: datetime


class CustomerDetails(CustomerValueView):
    """A customer's value with the run that found it and what it assumed."""

    run: RunView | None


class CustomerList(TypedDict):
    """A page of customers, the most valuable first."""

    customers: list[CustomerValueView]
    next_cursor: str | None
    run: RunView | None
    """What the values hold as of, and under which settings."""


class SegmentView(TypedDict):
    """A segment's rule and what the current run found for it."""

    segment_id: str
    name: str
    description: str
    lower_quantile: float | None
    lower_bound: Decimal | None
    """As set by the user."""
    resolved_lower_bound: Decimal | None
    """As the current run resolved it; None before one, or for a newer rule."""
    currency: str
    """Of the bounds and values here; the deployment's where there are none."""
    customers: int
    total_value: Decimal
    average_value: Decimal | None


class SegmentList(TypedDict):
    """Every segment."""

    segments: list[SegmentView]
    run: RunView | None


class LTVHandler:
    """Orders in, values out."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        currency: Currency,
        tombstones: Tombstones = NO_TOMBSTONES,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._currency = currency
        self._tombstones = tombstones

    def record_orders(self, items: Sequence[Order | Rejected]) -> BatchReport:
        """Add a batch to the ledger; what became of each item, in order.

        An order in another currency than the deployment's, from the future, with an amount that
        does not fit its kind, or that contradicts another with its id is rejected alone. A refund
        that does not fit what it refunds is recorded with a warning.
        """
        now = self._clock()
        checked = [item if isinstance(item, Rejected) else self._check(item, now) for item in items]
        report = record_batch(checked, identity=order_identity, record=self._record)
        count_orders(
            recorded=report["recorded"],
            unchanged=report["unchanged"],
            conflicting=report["conflicting"],
            rejected=report["rejected"],
            erased=report["erased"],
        )
        return report

    def _record(self, orders: Sequence[Order]) -> list[Recorded]:
        """Record orders of known and new customers; those of a person erased since are not kept."""

        def work(repositories: Repositories) -> list[Recorded]:
            outcomes, customer_ids = record_about_customers(
                repositories,
                self._tombstones,
                orders,
                identity=order_identity,
                contents=order_contents,
                at=lambda order: order.ordered_at,
                record=repositories.ltv.record_orders,
            )
            refunds = [*zip(customer_ids, (each.refund_of for each in orders), strict=True)]
            warnings = warn_of_refunds(repositories.ltv, refunds, outcomes)
            return list(map(Recorded, outcomes, warnings))

        return self._storage.in_transaction(work)

    def _check(self, order: Order, now: datetime) -> Order | Rejected:
        violation = order_violation(order, self._currency, now)
        if violation is None:
            return order
        return Rejected(order.order_id, order.customer_id, (violation,))

    def get_ltv_analysis(
        self, *, start: date | None = None, end: date | None = None
    ) -> LTVAnalysis:
        """Customers first seen buying from `start` to `end`, both days included.

        InvalidInputError where the range ends before it starts.
        """
        if start is not None and end is not None and end < start:
            raise InvalidInputError.of("end", "range_reversed", "lies before the start")
        repositories = self._storage.repositories
        found = repositories.ltv.get_ltv_analytics(start=start, end=end)
        run = None
        if found.run_id != INITIAL_RUN:
            run = repositories.retention.get_scoring_run(found.run_id)
        return self._analysis(found, run, start, end)

    def _analysis(
        self, found: LTVAnalytics, run: ScoringRun | None, start: date | None, end: date | None
    ) -> LTVAnalysis:
        view = None if run is None else run_view(run)
        currency = run_currency(view, self._currency)
        total = _group_view(found.total, currency)
        return {
            "start": start,
            "end": end,
            "currency": currency,
            "total_customers": total["customers"],
            "total_revenue": total["revenue"],
            "total_predicted_clv": total["predicted_clv"],
            "average_ltv": total["average_ltv"],
            "cohort_analysis": _group_views(found.by_cohort, currency),
            "segment_distribution": _group_views(found.by_segment, currency),
            "by_source": _group_views(found.by_source, currency),
            "by_campaign": _group_views(found.by_campaign, currency),
            "run": view,
            "backtest": None if run is None else run.backtest,
        }

    def get_customer_ltv_details(self, customer_id: str) -> CustomerDetails:
        """One customer's value; NotFoundError where the current run has none."""
        value = self._storage.repositories.ltv.get_customer_ltv(CustomerId(customer_id))
        run = self._run(value.run_id or INITIAL_RUN)
        return {**customer_value_view(value), "run": run}

    def get_customers(
        self,
        *,
        segment_id: str | None = None,
        cohort_id: str | None = None,
        limit: int = PAGE,
        cursor: str | None = None,
    ) -> CustomerList:
        """A page of customers, the most valuable first.

        NotFoundError for a segment or cohort that there is not.
        """
        after = after_value(cursor, self._currency)
        segment = None if segment_id is None else SegmentId(segment_id)
        cohort = None if cohort_id is None else CohortId(cohort_id)
        ltv = self._storage.repositories.ltv
        found = ltv.find_customers(
            segment_id=segment, cohort_id=cohort, limit=require_page(limit), after=after
        )
        if not found:
            if segment is not None:
                ltv.get_ltv_segment(segment)
            if cohort is not None:
                ltv.get_cohort(cohort)
        return {
            "customers": [customer_value_view(each) for each in found],
            "next_cursor": next_cursor(
                found, limit, lambda each: (str(each.predicted_clv.amount), each.customer_id)
            ),
            "run": self._current_run() if not found else self._run(found[0].run_id or INITIAL_RUN),
        }

    def get_segments(self) -> SegmentList:
        """Every segment."""
        segments = self._storage.repositories.ltv.get_all_ltv_segments()
        return {
            "segments": [self._segment_view(each) for each in segments],
            "run": self._current_run(),
        }

    def put_segment(self, segment: LTVSegment) -> SegmentView:
        """Define a segment, replacing what it was; it takes effect with the next run.

        InvalidInputError unless it has either a quantile from 0 to below 1 or a bound that can be
        kept, not negative and in the deployment's currency.
        """
        quantile, bound = segment.lower_quantile, segment.lower_bound
        if (quantile is None) == (bound is None):
            raise InvalidInputError.of(
                "lower_quantile", "one_bound", "needs either a quantile or a bound"
            )
        if quantile is not None and not 0 <= quantile < 1:
            raise InvalidInputError.of("lower_quantile", "quantile", "takes 0 to below 1")
        if bound is not None and (violation := self._bound_violation(bound)) is not None:
            raise InvalidInputError([violation])
        ltv = self._storage.repositories.ltv
        ltv.save_ltv_segment(segment)
        return self._segment_view(ltv.get_ltv_segment(segment.segment_id))

    def _bound_violation(self, bound: Money) -> Violation | None:
        if bound.currency != self._currency:
            return Violation("lower_bound", "currency_mismatch", f"is not {self._currency}")
        if bound.amount < 0:
            return Violation("lower_bound", "negative", "is negative")
        return amount_violation("lower_bound", bound.amount)

    def get_cohorts(self, span: CohortSpan = CohortSpan.MONTH) -> CohortList:
        """Every cohort, by start, and all of them together."""
        repositories = self._storage.repositories
        run = repositories.retention.get_current_scoring_run()
        found = repositories.ltv.get_all_cohorts()
        cohorts = by_quarter(found) if span is CohortSpan.QUARTER else found
        today = run_day(run)
        return {
            "by": span,
            "cohorts": [cohort_view(each, span, today) for each in cohorts],
            "average": average_periods(cohorts, span, today),
            "run": run_view(run) if run.run_id != INITIAL_RUN else None,
        }

    def get_cohort(self, cohort_id: str) -> CohortDetails:
        """A cohort, such as 1997-01 or 1997-Q1, with its life.

        NotFoundError where the current run has none.
        """
        repositories = self._storage.repositories
        is_quarter = "Q" in cohort_id
        span = CohortSpan.QUARTER if is_quarter else CohortSpan.MONTH
        if is_quarter:
            quarters = by_quarter(repositories.ltv.get_all_cohorts())
            matching = [each for each in quarters if each.cohort_id == cohort_id]
            if not matching:
                raise NotFoundError("cohort")
            [cohort] = matching
        else:
            cohort = repositories.ltv.get_cohort(CohortId(cohort_id))
        run = repositories.retention.get_scoring_run(cohort.run_id or INITIAL_RUN)
        today = run_day(run)
        return {
            **cohort_view(cohort, span, today),
            "periods": cohort_periods(cohort, span, today),
            "run": run_view(run) if run.run_id != INITIAL_RUN else None,
        }

    def _current_run(self) -> RunView | None:
        run = self._storage.repositories.retention.get_current_scoring_run()
        return run_view(run) if run.run_id != INITIAL_RUN else None

    def _run(self, run_id: RunId) -> RunView | None:
        runs = self._storage.repositories.retention
        return run_view(runs.get_scoring_run(run_id)) if run_id != INITIAL_RUN else None

    def _segment_view(self, segment: LTVSegment) -> SegmentView:
        bound, result = segment.lower_bound, segment.result
        if bound is not None and result is not None:
            # A rule in another currency than the run's is newer than the run.
            result = result if result.lower_bound.currency == bound.currency else None
        known = bound if result is None else result.lower_bound
        currency = self._currency if known is None else known.currency
        customers = 0 if result is None else result.customers
        total = NOTHING if result is None else result.total_value.amount
        return {
            "segment_id": segment.segment_id,
            "name": segment.name,
            "description": segment.description,
            "lower_quantile": segment.lower_quantile,
            "lower_bound": None if bound is None else bound.exact(),
            "resolved_lower_bound": None if result is None else result.lower_bound.rounded(),
            "currency": currency,
            "customers": customers,
            "total_value": rounded_amount(total, currency),
            "average_value": _mean(total, customers, currency),
        }


def _mean(total: Decimal, count: int, currency: str) -> Decimal | None:
    return rounded_amount(total / count, currency) if count else None


def _group_view(group: ValueGroup, currency: str) -> ValueGroupView:
    return {
        "customers": group.customers,
        "revenue": rounded_amount(group.revenue, currency),
        "predicted_clv": rounded_amount(group.predicted_clv, currency),
        "residual_value": rounded_amount(group.residual_value, currency),
        "average_ltv": _mean(group.predicted_clv, group.customers, currency),
    }


def _group_views(groups: Mapping[str, ValueGroup], currency: str) -> dict[str, ValueGroupView]:
    return {name: _group_view(group, currency) for name, group in groups.items()}


def customer_value_view(value: CustomerLTV) -> CustomerValueView:
    """Serialised for the API."""
    return {
        "customer_id": value.customer_id,
        "currency": value.actual_clv.currency,
        "actual_clv": value.actual_clv.rounded(),
        "predicted_clv": value.predicted_clv.rounded(),
        "residual_value": value.residual_value.rounded(),
        "predicted_clv_interval": _interval_view(value),
        "average_order_value": value.average_order_value.rounded(),
        "order_count": value.order_count,
        "frequency": value.frequency,
        "lifetime_months": value.lifetime_months,
        "probability_alive": value.probability_alive,
        "expected_purchases": {
            "30": value.expected_purchases_30,
            "90": value.expected_purchases_90,
            "365": value.expected_purchases_365,
        },
        "segment": value.segment_id,
        "cohort_id": value.cohort_id,
        "first_purchase_at": value.first_purchase_at,
        "last_purchase_at": value.last_purchase_at,
    }


def _interval_view(value: CustomerLTV) -> IntervalView | None:
    low, high = value.residual_low, value.residual_high
    if low is None or high is None:
        return None
    return {
        "low": (value.actual_clv + low).rounded(),
        "high": (value.actual_clv + high).rounded(),
        "level": INTERVAL_LEVEL,
    }
