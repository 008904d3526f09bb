"""Churn predictions in SQLite."""

# ruff: noqa: S608 - constants made of constants; what varies is always a parameter

from datetime import date
from typing import override

from succotash.domain.repositories.predictions import PredictionRepository
from succotash.domain.retention.retention import ChurnPrediction, ChurnPredictions, RiskLevel
from succotash.domain.values import PAGE, CustomerId, RunId, Shard
from succotash.errors import NotFoundError
from succotash.infrastructure.sqlite.columns import json_text, json_value
from succotash.infrastructure.sqlite.connection import Row
from succotash.infrastructure.sqlite.functions import shard_parameters
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run
from succotash.infrastructure.sqlite.sightings import MEANT

_DELETE_PREDICTIONS = """
DELETE FROM churn_predictions
WHERE run_id = :run_id AND (:shards IS NULL OR shard_of(customer_id, :shards) = :shard)
"""
_SAVE_PREDICTION = """
INSERT INTO churn_predictions (
    run_id, customer_id, churn_probability, probability_alive, risk_level, risk_score,
    horizon_days, last_seen_on, predicted_churn_date, reasons, engagement_score
)
VALUES (
    :run_id, :customer_id, :churn_probability, :probability_alive, :risk_level, :risk_score,
    :horizon_days, :last_seen_on, :predicted_churn_date, :reasons, :engagement_score
)
ON CONFLICT (run_id, customer_id) DO UPDATE SET
    churn_probability = excluded.churn_probability,
    probability_alive = excluded.probability_alive,
    risk_level = excluded.risk_level,
    risk_score = excluded.risk_score,
    horizon_days = excluded.horizon_days,
    last_seen_on = excluded.last_seen_on,
    predicted_churn_date = excluded.predicted_churn_date,
    reasons = excluded.reasons,
    engagement_score = excluded.engagement_score
"""
_PREDICTION = f"""
SELECT * FROM churn_predictions
WHERE run_id = (SELECT run_id FROM current_run) AND customer_id = {MEANT}
"""
_PREDICTIONS = """
SELECT * FROM churn_predictions
WHERE run_id = (SELECT run_id FROM current_run)
  AND (:risk IS NULL OR risk_level = :risk)
  AND (:after_chance IS NULL OR churn_probability < :after_chance
       OR (churn_probability = :after_chance AND customer_id > :after_id))
ORDER BY churn_probability DESC, customer_id
LIMIT :limit
"""


class SQLitePredictionRepository(SQLiteRepository, PredictionRepository):
    """Churn predictions."""

    @override
    def save_churn_prediction(self, prediction: ChurnPrediction) -> None:
        churn_date = prediction.predicted_churn_date
        with self._unit.writing() as session:
            session.run(
                _SAVE_PREDICTION,
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
            )

    @override
    def save_churn_predictions(
        self, run_id: RunId, shard: Shard | None, predictions: ChurnPredictions
    ) -> None:
        with self._unit.writing() as session:
            named_run(session, run_id)
            session.run(_DELETE_PREDICTIONS, run_id=run_id, **shard_parameters(shard))
            session.run_for_each(
                _SAVE_PREDICTION,
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
                    }
                    for place, customer_id in enumerate(predictions.customer_ids)
                ),
            )

    @override
    def get_churn_prediction(self, customer_id: CustomerId) -> ChurnPrediction:
        with self._unit.reading() as session:
            for row in session.run(_PREDICTION, customer_id=customer_id):
                return _prediction(row)
        raise NotFoundError("churn prediction")

    @override
    def find_churn_predictions(
        self,
        *,
        risk: RiskLevel | None = None,
        limit: int = PAGE,
        after: tuple[float, CustomerId] | None = None,
    ) -> list[ChurnPrediction]:
        with self._unit.reading() as session:
            rows = session.run(
                _PREDICTIONS,
                risk=risk,
                limit=limit,
                after_chance=None if after is None else after[0],
                after_id=None if after is None else after[1],
            )
        return [_prediction(row) for row in rows]


def _prediction(row: Row) -> ChurnPrediction:
    churn_date = row["predicted_churn_date"]
    return ChurnPrediction(
        customer_id=row["customer_id"],
        churn_probability=row["churn_probability"],
        probability_alive=row["probability_alive"],
        risk_level=RiskLevel(row["risk_level"]),
        risk_score=row["risk_score"],
        horizon_days=row["horizon_days"],
        last_seen_on=date.fromisoformat(row["last_seen_on"]),
        predicted_churn_date=None if churn_date is None else date.fromisoformat(churn_date),
        reasons=tuple(json_value(row["reasons"])),
        engagement_score=row["engagement_score"],
        run_id=row["run_id"],
    )
