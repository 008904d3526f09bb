"""The port to churn predictions."""

from abc import ABC, abstractmethod

from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import ChurnPrediction, ChurnPredictions, RiskLevel
from succotash.domain.values import PAGE, CustomerId, Money, RunId, SegmentId, Shard


class PredictionRepository(ABC):
    """Churn predictions.

    Readers see the current run only, all of it or none. What is saved without a run joins the
    current run. Those who ask about one customer may name an alias.
    """

    @abstractmethod
    def save_churn_prediction(self, prediction: ChurnPrediction) -> None:
        """Insert or replace one prediction in its run.

        NotFoundError where it names a run that does not exist.
        """

    @abstractmethod
    def save_churn_predictions(
        self, run_id: RunId, shard: Shard | None, predictions: ChurnPredictions
    ) -> None:
        """Replace a shard's predictions in a run, in bulk; without a shard, all of the run's."""

    @abstractmethod
    def find_prediction(self, customer_id: CustomerId) -> Labelled[ChurnPrediction]:
        """The customer's prediction; NotFoundError where the current run has none."""

    def get_churn_prediction(self, customer_id: CustomerId) -> ChurnPrediction:
        """The result of `find_prediction`, without the run."""
        return self.find_prediction(customer_id).found

    def get_high_risk_customers(self, *, limit: int = 100) -> list[ChurnPrediction]:
        """Predictions with risk level high, greatest value at risk first, then by id."""
        return self.find_churn_predictions(risk=RiskLevel.HIGH, limit=limit)

    def find_churn_predictions(
        self,
        *,
        risk: RiskLevel | None = None,
        segment_id: SegmentId | None = None,
        limit: int = PAGE,
        after: tuple[Money, CustomerId] | None = None,
    ) -> list[ChurnPrediction]:
        """The result of `find_predictions`, without the run."""
        return self.find_predictions(
            risk=risk, segment_id=segment_id, limit=limit, after=after
        ).found

    @abstractmethod
    def find_predictions(
        self,
        *,
        risk: RiskLevel | None = None,
        segment_id: SegmentId | None = None,
        limit: int = PAGE,
        after: tuple[Money, CustomerId] | None = None,
    ) -> Labelled[list[ChurnPrediction]]:
        """Predictions, greatest value at risk first, then by id; behind `after`.

        An unknown value at risk counts as 0 here.
        """
