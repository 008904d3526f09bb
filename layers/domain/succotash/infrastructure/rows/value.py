"""Customers, orders, and what customers are worth, of rows."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from succotash.domain.value.ledgers import Customer, Order
from succotash.domain.value.ltv import (
    Cohort,
    CohortPeriod,
    CustomerLTV,
    LTVAnalytics,
    LTVSegment,
    SegmentResult,
    ValueGroup,
)
from succotash.domain.value.order_import import OrderImport, Position, RejectedLine, WarnedLine
from succotash.domain.value.refunds import RefundTotals, RefundWarning
from succotash.errors import Violation
from succotash.infrastructure.rows.row import Row


def customer_of(row: Row) -> Customer:
    """A customer."""
    return Customer(
        customer_id=row["customer_id"],
        first_seen_at=row.instant("first_seen_at"),
        canonical_email=row["canonical_email"],
        lead_id=row["lead_id"],
    )


def order_of(row: Row) -> Order:
    """An order or a refund."""
    return Order(
        customer_id=row["customer_id"],
        order_id=row["order_id"],
        ordered_at=row.instant("ordered_at"),
        amount=row.money("amount"),
        refund_of=row["refund_of"],
    )


def order_import_of(row: Row) -> OrderImport:
    """The progress of an import."""
    return OrderImport(
        import_id=row["import_id"],
        position=Position(offset=row["byte_offset"], line=row["line"]),
        recorded=row["recorded"],
        unchanged=row["unchanged"],
        conflicting=row["conflicting"],
        rejected=row["rejected"],
        erased=row["erased"],
        replaced=row["replaced"],
        skipped=row.json("skipped"),
        is_finished=row.flag("is_finished"),
        warned=row["warned"],
    )


def rejected_line_of(row: Row) -> RejectedLine:
    """A line of a file that was not taken."""
    return RejectedLine(
        line=row["line"],
        violations=tuple(Violation(*each) for each in row.json("violations")),
        is_conflicting=row.flag("is_conflicting"),
    )


def warned_line_of(row: Row) -> WarnedLine:
    """A line of a file whose refund does not fit."""
    return WarnedLine(line=row["line"], warning=RefundWarning(row["code"]))


def refund_warning_of(row: Row) -> RefundWarning | None:
    """Why a refund deserves a second look, if it does."""
    if row.flag("is_refund"):
        return RefundWarning.OF_REFUND
    if row.flag("exceeds_order"):
        return RefundWarning.EXCEEDS_ORDER
    return RefundWarning.OF_ANOTHER_CUSTOMER if row.flag("is_of_another") else None


def refund_totals_of(row: Row) -> RefundTotals:
    """Refunds that match no order, and orders refunded beyond their amount."""
    return RefundTotals(
        unmatched=row["unmatched"],
        unmatched_units=int(row["unmatched_units"]),
        over_refunded=row["over_refunded"],
        over_refunded_units=int(row["over_refunded_units"]),
    )


def customer_ltv_of(row: Row) -> CustomerLTV:
    """The value of a customer."""
    return CustomerLTV(
        customer_id=row["customer_id"],
        actual_clv=row.money("actual_clv"),
        residual_value=row.money("residual_value"),
        average_order_value=row.money("average_order_value"),
        order_count=row["order_count"],
        frequency=row["frequency"],
        lifetime_months=row["lifetime_months"],
        probability_alive=row["probability_alive"],
        expected_purchases_30=row["expected_purchases_30"],
        expected_purchases_90=row["expected_purchases_90"],
        expected_purchases_365=row["expected_purchases_365"],
        segment_id=row["segment_id"],
        cohort_id=row["cohort_id"],
        first_purchase_at=row.instant("first_purchase_at"),
        last_purchase_at=row.instant("last_purchase_at"),
        run_id=row["run_id"],
        residual_low=row.optional_money("residual_low"),
        residual_high=row.optional_money("residual_high"),
        residual_median=row.optional_money("residual_median"),
        probability_of_no_purchase=row["probability_of_no_purchase"],
        risk_level=row["risk_level"],
    )


def customer_values_of(rows: Sequence[Row]) -> list[CustomerLTV]:
    """The values of customers; one row without a customer stands for none."""
    return [customer_ltv_of(row) for row in rows if row["customer_id"] is not None]


def segment_of(row: Row) -> LTVSegment:
    """A segment, and what the current run found for it."""
    bound = row.optional_money("resolved_bound", "resolved_currency")
    return LTVSegment(
        segment_id=row["segment_id"],
        name=row["name"],
        description=row["description"],
        lower_quantile=row["lower_quantile"],
        lower_bound=row.optional_money("lower_bound"),
        result=None
        if bound is None
        else SegmentResult(
            run_id=row["run_id"],
            lower_bound=bound,
            customers=row["customers"],
            total_value=row.money("total_value", "resolved_currency"),
        ),
    )


def cohorts_of(rows: Sequence[Row]) -> list[Cohort]:
    """Cohorts, of one row per period and cohort; a cohort without periods has one row, too."""
    found = [row for row in rows if row["cohort_id"] is not None]
    return [
        _cohort(list(group)) for _, group in groupby(found, key=lambda row: str(row["cohort_id"]))
    ]


def _cohort(rows: Sequence[Row]) -> Cohort:
    row = rows[0]
    return Cohort(
        cohort_id=row["cohort_id"],
        starts_on=row.day("starts_on"),
        customers=row["customers"],
        revenue=row.money("revenue"),
        average_ltv=row.money("average_ltv"),
        periods=tuple(
            CohortPeriod(
                period=each["period"],
                active_customers=each["active_customers"],
                revenue=each.amount("period_revenue"),
            )
            for each in rows
            if each["period"] is not None
        ),
        run_id=row["run_id"],
    )


def ltv_analytics_of(rows: Sequence[Row]) -> LTVAnalytics:
    """The value of all customers, from one row per group, the first of dimension `total`."""
    groups: dict[str, dict[str | None, ValueGroup]] = {}
    for row in rows:
        groups.setdefault(row["dimension"], {})[row["name"]] = _value_group(row)
    [total] = groups["total"].values()
    return LTVAnalytics(
        run_id=rows[0]["run_id"],
        total=total,
        by_segment=_named(groups, "segment"),
        by_cohort=_named(groups, "cohort"),
        by_source=_named(groups, "source"),
        by_campaign=_named(groups, "campaign"),
        backtest=rows[0].json("backtest"),
    )


def _named(
    groups: Mapping[str, Mapping[str | None, ValueGroup]], dimension: str
) -> dict[str, ValueGroup]:
    """Groups of a dimension by name; who has none, as no campaign, is in no group."""
    return {name: each for name, each in groups.get(dimension, {}).items() if name is not None}


def _value_group(row: Row) -> ValueGroup:
    return ValueGroup(
        customers=row["customers"],
        revenue=row.amount("revenue"),
        predicted_clv=row.amount("predicted_clv"),
        residual_value=row.amount("residual_value"),
    )
