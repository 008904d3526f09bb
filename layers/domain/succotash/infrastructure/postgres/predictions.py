"""Churn predictions in PostgreSQL."""

import json
from typing import override

from succotash.domain.repositories.predictions import PredictionRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import ChurnPrediction, ChurnPredictions, RiskLevel
from succotash.domain.values import PAGE, CustomerId, Money, RunId, SegmentId, Shard
from succotash.infrastructure.postgres import bulk
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.runs import replace_rows
from succotash.infrastructure.postgres.session import Jsonb
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.postgres.sql.partitions import partition
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.retention import churn_prediction_of, churn_predictions_of
from succotash.infrastructure.rows.row import only

_SQL = statements("predictions")


class PostgresPredictionRepository(PostgresRepository, PredictionRepository):
    """Churn predictions."""

    @override
    def save_churn_prediction(self, prediction: ChurnPrediction) -> None:
        at_risk = prediction.value_at_risk
        rows = self._run(
            _SQL["save_prediction"],
            run_id=prediction.run_id,
            customer_id=prediction.customer_id,
            churn_probability=prediction.churn_probability,
            probability_alive=prediction.probability_alive,
            risk_level=prediction.risk_level,
            risk_score=prediction.risk_score,
            horizon_days=prediction.horizon_days,
            last_seen_on=prediction.last_seen_on,
            predicted_churn_date=prediction.predicted_churn_date,
            reasons=Jsonb([*prediction.reasons]),
            engagement_score=prediction.engagement_score,
            likely_inactive_since=prediction.likely_inactive_since,
            return_probability=prediction.return_probability,
            value_at_risk=0 if at_risk is None else at_risk.units(),
            currency=None if at_risk is None else at_risk.currency,
        )
        only("scoring run", rows)

    @override
    def save_churn_predictions(
        self, run_id: RunId, shard: Shard | None, predictions: ChurnPredictions
    ) -> None:
        chunks = bulk.lines(
            (run_id, str(predictions.horizon_days), predictions.currency),
            (
                bulk.texts(predictions.customer_ids),
                bulk.numbers(predictions.churn_probability),
                bulk.numbers(predictions.probability_alive),
                bulk.texts(predictions.risk_level),
                bulk.numbers(predictions.risk_score),
                bulk.texts(predictions.last_seen_on),
                bulk.optional(predictions.predicted_churn_date),
                bulk.texts(json.dumps(list(each)) for each in predictions.reasons),
                bulk.numbers(predictions.engagement_score),
                bulk.optional(predictions.likely_inactive_since),
                bulk.numbers(predictions.return_probability),
                bulk.amounts(predictions.value_at_risk),
            ),
        )
        replace_rows(
            self._work,
            run_id,
            _SQL.of_shard("clear_predictions", partition(shard)),
            _SQL.of_shard("copy_predictions", partition(shard)),
            chunks,
        )

    @override
    def find_prediction(self, customer_id: CustomerId) -> Labelled[ChurnPrediction]:
        rows = self._run(_SQL["find_prediction"], customer_id=customer_id)
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
        page: dict[str, object] = {
            "amount": "Infinity" if after is None else after[0].amount,
            "id": "" if after is None else after[1],
            "limit": limit,
            "segment_id": segment_id,
        }
        rows = (
            self._run(_SQL["find_predictions"], **page)
            if risk is None
            else self._run(_SQL["find_predictions_of_risk"], risk=risk, **page)
        )
        return labelled(rows, churn_predictions_of(rows))
