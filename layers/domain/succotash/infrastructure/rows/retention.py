"""Churn predictions and engagement profiles, of rows."""

from collections.abc import Sequence

from succotash.domain.retention.retention import ChurnPrediction, RiskLevel
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
