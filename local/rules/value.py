"""Rules about values, their intervals and segments, cohorts and money."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

from local.rules.demo_run import USD, DemoRun, a_container
from local.rules.rule import Rule, Verdict
from succotash.domain.retention.retention import GridMode, GridPeriod
from succotash.domain.value.ledgers import Order
from succotash.domain.value.ltv import INTERVAL_LEVEL
from succotash.domain.values import CustomerId, Money, OrderId, SegmentId

EQUALS = 3_000
_CENT = Decimal("0.01")
_VALUES = "`domain/value/ltv.py`"


def _actual(run: DemoRun) -> Verdict:
    return Verdict.over(
        (
            (
                customer_id,
                each.actual_clv.amount
                == sum((amount for _, amount in run.recounts[customer_id].bought), Decimal(0)),
            )
            for customer_id, each in run.values.items()
        ),
        "customers, to the ten-thousandth",
    )


def _frequency(run: DemoRun) -> Verdict:
    def obeys(customer_id: str) -> bool:
        bought, value = run.recounts[customer_id].bought, run.values[customer_id]
        days = {day for day, _ in bought}
        return (
            value.frequency == len(days) - 1
            and value.order_count == len(bought)
            and value.first_purchase_at.date() == min(days)
            and value.last_purchase_at.date() == max(days)
        )

    return Verdict.over(((each, obeys(each)) for each in run.values), "customers")


def _predicted(run: DemoRun) -> Verdict:
    view = run.container.get_ltv_handler().get_customers(limit=200)
    cases: list[tuple[object, bool]] = [
        (customer_id, each.predicted_clv == each.actual_clv + each.residual_value)
        for customer_id, each in run.values.items()
    ]
    shown = [each["predicted_clv"] for each in view["customers"]]
    cases += [(place, first >= second) for place, (first, second) in enumerate(pairwise(shown))]
    return Verdict.over(cases, "customers and neighbours in the list")


def _interval(run: DemoRun) -> Verdict:
    def obeys(customer_id: str) -> bool:
        value = run.values[customer_id]
        nothing, low = value.probability_of_no_purchase, value.residual_low
        median, high = value.residual_median, value.residual_high
        if nothing is None or low is None or median is None or high is None:
            return False
        if not low.amount <= median.amount <= high.amount:
            return False
        if (nothing >= INTERVAL_LEVEL) != value.interval_is_point:
            return False
        return value.interval_level == (nothing if value.interval_is_point else INTERVAL_LEVEL)

    points = sum(each.interval_is_point for each in run.values.values())
    verdict = Verdict.over(((each, obeys(each)) for each in run.values), "customers")
    return Verdict(verdict.is_obeyed, f"{verdict.evidence}, of whom {points:,} have a point")


def _segments(run: DemoRun) -> Verdict:
    segments = run.container.storage.repositories.ltv.get_all_ltv_segments()
    bounds = sorted(
        (each.result.lower_bound.amount, each.lower_quantile or 0.0, each.segment_id)
        for each in segments
        if each.result is not None
    )

    def segment(amount: Decimal) -> SegmentId:
        return [name for bound, _, name in bounds if bound <= amount][-1]

    return Verdict.over(
        (
            (customer_id, each.segment_id == segment(each.predicted_clv.amount))
            for customer_id, each in run.values.items()
        ),
        "customers",
    )


def _shares(run: DemoRun) -> Verdict:
    values = [each.predicted_clv.amount for each in run.values.values()]
    cases: list[tuple[object, bool]] = []
    for segment in run.container.storage.repositories.ltv.get_all_ltv_segments():
        if segment.lower_quantile and segment.result is not None:
            at_least = sum(each >= segment.result.lower_bound.amount for each in values)
            most = (1 - segment.lower_quantile) * len(values) + 1
            cases.append((segment.segment_id, at_least <= most))
    return Verdict.over(cases, "segments by quantile")


def _equals(_: DemoRun) -> Verdict:
    """Compare in a shop of its own: the demo has no two customers of one value at a quantile."""
    container = a_container()
    bought_on = datetime(2024, 5, 1, tzinfo=UTC)
    container.get_ltv_handler().record_orders(
        [
            Order(CustomerId(f"equal-{n:04}"), OrderId("1"), bought_on, Money(Decimal(20), USD))
            for n in range(EQUALS)
        ]
    )
    container.get_churn_scoring().run(datetime(2025, 5, 1, tzinfo=UTC))
    found = container.storage.repositories.ltv.find_customers(limit=EQUALS)
    return Verdict.over(
        ((each.customer_id, each.segment_id == "low_value") for each in found),
        "one-time buyers at one price",
    )


def _cohorts(run: DemoRun) -> Verdict:
    def months(first: date, day: date) -> int:
        return 12 * (day.year - first.year) + day.month - first.month

    revenue = defaultdict[tuple[str, int], Decimal](Decimal)
    active = defaultdict[tuple[str, int], set[str]](set)
    for customer_id in run.values:
        bought = run.recounts[customer_id].bought
        first = bought[0][0]
        for day, amount in bought:
            place = (f"{first:%Y-%m}", months(first, day))
            revenue[place] += amount
            active[place].add(customer_id)
    cohorts = run.container.storage.repositories.ltv.get_all_cohorts()
    cases: list[tuple[object, bool]] = [
        (
            f"{cohort.cohort_id} month {period.period}",
            period.revenue == revenue[cohort.cohort_id, period.period]
            and period.active_customers == len(active[cohort.cohort_id, period.period]),
        )
        for cohort in cohorts
        for period in cohort.periods
    ]
    cases.append(("their number", len(cases) == len(revenue)))
    return Verdict.over(cases, "months of cohorts, and their number")


def _sums(run: DemoRun) -> Verdict:
    found = run.container.storage.repositories.ltv.get_ltv_analytics()
    spent = [amount for each in run.recounts.values() for _, amount in each.bought]
    cases: list[tuple[object, bool]] = [("revenue", found.total.revenue == sum(spent, Decimal(0)))]
    for name, groups in (
        ("segments", found.by_segment),
        ("cohorts", found.by_cohort),
        ("sources", found.by_source),
    ):
        for field in ("customers", "revenue", "predicted_clv", "residual_value"):
            total = sum((Decimal(getattr(each, field)) for each in groups.values()), Decimal(0))
            cases.append((f"{field} by {name}", total == getattr(found.total, field)))
    return Verdict.over(cases, "sums")


def _currency(run: DemoRun) -> Verdict:
    def amounts() -> Iterator[tuple[object, bool]]:
        for customer_id, each in run.values.items():
            money = (each.actual_clv, each.residual_value, each.average_order_value)
            yield customer_id, {amount.currency for amount in money} == {USD}
            shown = each.predicted_clv.rounded()
            yield (
                customer_id,
                shown == shown.quantize(_CENT)
                and abs(shown - each.predicted_clv.amount) <= _CENT / 2,
            )

    return Verdict.over(amounts(), "amounts")


def _joining(run: DemoRun) -> Verdict:
    cases: list[tuple[object, bool]] = []
    repository = run.container.storage.repositories.retention
    for period in GridPeriod:
        cases += [
            (cell.cohort_starts_on, cell.active == cell.cohort_size)
            for cell in repository.get_retention_grid(period, GridMode.NDAY)
            if cell.offset == 0
        ]
    for row in run.container.get_retention_handler().get_retention_grid()["cohorts"]:
        first, *later = row["cells"]
        cases.append((row["cohort_starts_on"], (first["rate"], first["low"]) == (1, None)))
        cases += [(row["cohort_starts_on"], each["low"] is not None) for each in later]
    return Verdict.over(cases, "cells of retention grids")


def _future(run: DemoRun) -> Verdict:
    return Verdict.over(
        (
            (customer_id, each.last_purchase_at <= run.label.as_of)
            for customer_id, each in run.values.items()
        ),
        "customers",
    )


RULES: tuple[Rule[DemoRun], ...] = (
    Rule(
        "money",
        "`actual_clv` is what was spent until the run, refunds netted, times the margin",
        "`domain/value/ltv.py`",
        _actual,
    ),
    Rule(
        "money",
        "Groups by segment, cohort and source add up to the total, without rounding",
        "`domain/repositories/cohorts.py`",
        _sums,
    ),
    Rule(
        "money",
        "Amounts are in the deployment's currency, and shown in its smallest unit",
        "`domain/values.py`",
        _currency,
    ),
    Rule(
        "value",
        "A purchase is a day with an order; `frequency` counts them after the first",
        "Fader, Hardie & Lee (2005), `domain/value/ledgers.py`",
        _frequency,
    ),
    Rule(
        "value",
        "`predicted_clv` is actual plus residual value; lists begin with the greatest",
        _VALUES,
        _predicted,
    ),
    Rule(
        "value",
        "An interval holds the median; it is a point where nothing more has at least 80%",
        "`domain/models/interval.py`",
        _interval,
    ),
    Rule(
        "segments",
        "A customer is in the highest value segment whose bound they reach",
        _VALUES,
        _segments,
    ),
    Rule(
        "segments",
        "A segment by quantile holds no more than its share of customers",
        "`application/scoring/valuation.py`",
        _shares,
    ),
    Rule(
        "segments",
        "Customers of one value are in one segment, and not the best where most are equal",
        "`application/scoring/valuation.py`",
        _equals,
    ),
    Rule(
        "dates",
        "A cohort is the month of first purchase; its months count from there",
        "`domain/repositories/cohorts.py`",
        _cohorts,
    ),
    Rule(
        "dates",
        "A cohort's first period holds all of it by definition, so its rate has no interval",
        "`application/retention/grids.py`",
        _joining,
    ),
    Rule(
        "dates",
        "What happened after the run's time does not count",
        "`application/scoring/churn_scoring.py`",
        _future,
    ),
)
