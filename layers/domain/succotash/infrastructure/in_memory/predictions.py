"""Churn predictions in memory."""

import dataclasses
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import override

from succotash.domain.repositories.predictions import PredictionRepository
from succotash.domain.retention.retention import (
    ChurnPrediction,
    ChurnPredictions,
    Labelled,
    RiskLevel,
)
from succotash.domain.values import PAGE, CustomerId, Money, RunId, SegmentId, Shard
from succotash.infrastructure.in_memory.ledger import in_shard
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic


class InMemoryPredictionRepository(InMemoryRepository, PredictionRepository):
    """Churn predictions."""

    @override
    @atomic
    def save_churn_prediction(self, prediction: ChurnPrediction) -> None:
        run_id = self.tables.run_named(prediction.run_id)
        self.tables.predictions[run_id, prediction.customer_id] = dataclasses.replace(
            prediction, run_id=run_id, value_segment=None
        )

    @override
    @atomic
    def save_churn_predictions(
        self, run_id: RunId, shard: Shard | None, predictions: ChurnPredictions
    ) -> None:
        self.tables.runs[run_id]
        self.tables.predictions.discard(
            [key for key in self.tables.predictions_by_run.keys(run_id) if in_shard(key[1], shard)]
        )
        for place, customer_id in enumerate(predictions.customer_ids):
            churn_date = predictions.predicted_churn_date[place]
            inactive_since = predictions.likely_inactive_since[place]
            self.tables.predictions[run_id, CustomerId(customer_id)] = ChurnPrediction(
                CustomerId(customer_id),
                churn_probability=predictions.churn_probability[place],
                probability_alive=predictions.probability_alive[place],
                risk_level=RiskLevel(predictions.risk_level[place]),
                risk_score=predictions.risk_score[place],
                horizon_days=predictions.horizon_days,
                last_seen_on=date.fromisoformat(predictions.last_seen_on[place]),
                predicted_churn_date=date.fromisoformat(churn_date) if churn_date else None,
                reasons=tuple(predictions.reasons[place]),
                engagement_score=predictions.engagement_score[place],
                likely_inactive_since=(
                    date.fromisoformat(inactive_since) if inactive_since else None
                ),
                return_probability=predictions.return_probability[place],
                value_at_risk=Money.of_units(
                    predictions.value_at_risk[place], predictions.currency
                ),
                run_id=run_id,
            )

    @override
    @atomic
    def find_prediction(self, customer_id: CustomerId) -> Labelled[ChurnPrediction]:
        run_id = self.tables.current_run()
        prediction = self.tables.predictions[run_id, self.tables.meant(customer_id)]
        return self.tables.labelled(self._with_segment(prediction))

    @override
    @atomic
    def find_predictions(
        self,
        *,
        risk: RiskLevel | None = None,
        segment_id: SegmentId | None = None,
        limit: int = PAGE,
        after: tuple[Money, CustomerId] | None = None,
    ) -> Labelled[list[ChurnPrediction]]:
        def place(prediction: ChurnPrediction) -> tuple[Decimal, str]:
            at_risk = prediction.value_at_risk
            return Decimal(0) if at_risk is None else -at_risk.amount, prediction.customer_id

        start = None if after is None else (-after[0].amount, after[1])
        matching = (
            each
            for each in map(
                self._with_segment, self.tables.predictions_by_run[self.tables.current_run()]
            )
            if risk in {None, each.risk_level}
            and segment_id in {None, each.value_segment}
            and (start is None or place(each) > start)
        )
        return self.tables.labelled(list(islice(sorted(matching, key=place), limit)))

    def _with_segment(self, prediction: ChurnPrediction) -> ChurnPrediction:
        run_id = prediction.run_id or self.tables.current_run()
        value = self.tables.values.get((run_id, prediction.customer_id))
        return dataclasses.replace(
            prediction, value_segment=None if value is None else value.segment_id
        )
