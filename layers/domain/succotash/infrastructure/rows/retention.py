"""Churn predictions, engagement profiles and where customers stand, of rows."""

from collections.abc import Sequence

from succotash.domain.retention.lifecycle import LifecycleCounts
from succotash.domain.retention.retention import (
    ChurnPrediction,
    EngagementSegment,
    GridCell,
    RetentionAnalytics,
    RiskLevel,
    UserEngagementProfile,
)
from succotash.errors import CurrencyMismatchError
from succotash.infrastructure.rows.row import Row


def churn_prediction_of(row: Row) -> ChurnPrediction:
    """A churn prediction."""
    return ChurnPrediction(
        customer_id=row["customer_id"],
        churn_probability=row["churn_probability"],
        probability_alive=row["probability_alive"],
        risk_level=RiskLevel(row["risk_level"]),
        risk_score=row["risk_score"],
        horizon_days=row["horizon_days"],
        last_seen_on=row.day("last_seen_on"),
        predicted_churn_date=row.optional_day("predicted_churn_date"),
        reasons=tuple(row.json("reasons")),
        engagement_score=row["engagement_score"],
        likely_inactive_since=row.optional_day("likely_inactive_since"),
        return_probability=row["return_probability"],
        value_at_risk=row.optional_money("value_at_risk", "value_at_risk_currency"),
        run_id=row["run_id"],
        value_segment=row["segment_id"],
    )


def churn_predictions_of(rows: Sequence[Row]) -> list[ChurnPrediction]:
    """Churn predictions; one row without any is none."""
    return [churn_prediction_of(row) for row in rows if row["customer_id"] is not None]


def engagement_profile_of(row: Row) -> UserEngagementProfile:
    """An engagement profile."""
    return UserEngagementProfile(
        customer_id=row["customer_id"],
        sessions=row["sessions"],
        clicks=row["clicks"],
        conversions=row["conversions"],
        average_session_seconds=row["average_session_seconds"],
        last_session_at=row.optional_instant("last_session_at"),
        interests=row.json("interests"),
        engagement_score=row["engagement_score"],
        segment=EngagementSegment(row["segment"]),
        run_id=row["run_id"],
    )


def retention_analytics_of(row: Row) -> RetentionAnalytics:
    """The state of all customers; CurrencyMismatchError if values are in several currencies."""
    by_risk_level = row.json("by_risk_level")
    if row["currency"] != row["other_currency"]:
        raise CurrencyMismatchError(row["currency"], row["other_currency"])
    return RetentionAnalytics(
        run_id=row["run_id"],
        customers=sum(by_risk_level.values()),
        by_risk_level=by_risk_level,
        by_segment=row.json("by_segment"),
        average_churn_probability=row["average_churn_probability"],
        average_engagement_score=row["average_engagement_score"],
        value_at_risk=row.optional_money("amount"),
    )


def lifecycle_counts_of(rows: Sequence[Row]) -> list[LifecycleCounts]:
    """Customers by period and what their presence in it means; one row without a period is none."""
    return [
        LifecycleCounts(
            starts_on=row.day("starts_on"),
            arrived=row["arrived"],
            returned=row["returned"],
            resurrected=row["resurrected"],
            dormant=row["dormant"],
        )
        for row in rows
        if row["starts_on"] is not None
    ]


def grid_cells_of_cohorts(rows: Sequence[Row]) -> list[GridCell]:
    """Cells of a materialised retention grid, from a row for each cohort; one without is none."""
    return [
        GridCell(starts_on, size, offset, active)
        for row in rows
        if (starts_on := row.optional_day("cohort_starts_on")) is not None
        for size in [row["cohort_size"]]
        for offset, active in row.json("cells")
    ]


def grid_cells_of(rows: Sequence[Row]) -> list[GridCell]:
    """Cells of a materialised retention grid, which have no revenue; one row without is none."""
    return [
        GridCell(
            cohort_starts_on=row.day("cohort_starts_on"),
            cohort_size=row["cohort_size"],
            offset=row["cell_offset"],
            active=row["active"],
        )
        for row in rows
        if row["cohort_starts_on"] is not None
    ]
