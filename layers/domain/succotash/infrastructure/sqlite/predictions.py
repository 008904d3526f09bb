"""Churn predictions in SQLite."""

from typing import override

from succotash.domain.repositories.predictions import PredictionRepository
from succotash.domain.retention.retention import (
    ChurnPrediction,
    ChurnPredictions,
    Labelled,
    RiskLevel,
)
from succotash.domain.values import PAGE, CustomerId, Money, RunId, SegmentId, Shard
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.retention import churn_prediction_of, churn_predictions_of
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.sqlite.columns import json_text
from succotash.infrastructure.sqlite.functions import shard_parameters
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("predictions")


class SQLitePredictionRepository(SQLiteRepository, PredictionRepository):
    """Churn predictions."""

    @override
    def save_churn_prediction(self, prediction: ChurnPrediction) -> None:
        churn_date = prediction.predicted_churn_date
        inactive_since, at_risk = prediction.likely_inactive_since, prediction.value_at_risk
        with self._unit.writing() as session:
            session.run(
                _SQL["save_prediction"],
                run_id=named_run(session, prediction.run_id),
                customer_id=prediction.customer_id,
                churn_probability=prediction.churn_probability,
                probability_alive=prediction.probability_alive,
                risk_level=prediction.risk_level,
                risk_score=prediction.risk_score,
                horizon_days=prediction.horizon_days,
                last_seen_on=prediction.last_seen_on.isoformat(),
                predicted_churn_date=None if churn_date is None else churn_date.isoformat(),
                reasons=json_text(prediction.reasons),
                engagement_score=prediction.engagement_score,
                likely_inactive_since=(
                    None if inactive_since is None else inactive_since.isoformat()
                ),
                return_probability=prediction.return_probability,
                value_at_risk=0 if at_risk is None else at_risk.units(),
                currency=None if at_risk is None else at_risk.currency,
            )

    @override
    def save_churn_predictions(
        self, run_id: RunId, shard: Shard | None, predictions: ChurnPredictions
    ) -> None:
        with self._unit.writing() as session:
            named_run(session, run_id)
            session.run(_SQL["delete_predictions"], run_id=run_id, **shard_parameters(shard))
            session.run_for_each(
                _SQL["save_prediction"],
                (
                    {
                        "run_id": run_id,
                        "customer_id": customer_id,
                        "churn_probability": float(predictions.churn_probability[place]),
                        "probability_alive": float(predictions.probability_alive[place]),
                        "risk_level": predictions.risk_level[place],
                        "risk_score": int(predictions.risk_score[place]),
                        "horizon_days": predictions.horizon_days,
                        "last_seen_on": predictions.last_seen_on[place],
                        "predicted_churn_date": predictions.predicted_churn_date[place],
                        "reasons": json_text(list(predictions.reasons[place])),
                        "engagement_score": int(predictions.engagement_score[place]),
                        "likely_inactive_since": predictions.likely_inactive_since[place],
                        "return_probability": float(predictions.return_probability[place]),
                        "value_at_risk": int(predictions.value_at_risk[place]),
                        "currency": predictions.currency,
                    }
                    for place, customer_id in enumerate(predictions.customer_ids)
                ),
            )

    @override
    def find_prediction(self, customer_id: CustomerId) -> Labelled[ChurnPrediction]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_prediction"], customer_id=customer_id)
        return labelled(rows, churn_prediction_of(only("churn prediction", rows)))

    @override
    def find_predictions(
        self,
        *,
        risk: RiskLevel | None = None,
        segment_id: SegmentId | None = None,
        limit: int = PAGE,
        after: tuple[Money, CustomerId] | None = None,
    ) -> Labelled[list[ChurnPrediction]]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["find_predictions"],
                risk=risk,
                segment_id=segment_id,
                limit=limit,
                after_units=None if after is None else after[0].units(),
                after_id=None if after is None else after[1],
            )
        return labelled(rows, churn_predictions_of(rows))
