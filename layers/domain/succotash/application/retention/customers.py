"""Customers at risk, with the reasons."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from succotash.application.paging import after_value, next_cursor, require_page
from succotash.application.retention.views import (
    ChurnRiskList,
    ChurnRiskView,
    CustomerRetention,
    EngagementView,
    HistoryEntry,
    churn_risk_view,
    engagement_view,
)
from succotash.application.scoring.run_views import run_or_none
from succotash.application.value.views import customer_value_view
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import ChurnPrediction, RiskLevel, UserEngagementProfile
from succotash.domain.value.ltv import CustomerLTV
from succotash.domain.values import PAGE, Currency, CustomerId, SegmentId
from succotash.errors import NotFoundError

HISTORY_SHOWN = 20


class CustomerRisks:
    """The current run's predictions, and what stands behind each."""

    def __init__(self, storage: Storage, currency: Currency) -> None:
        self._storage = storage
        self._currency = currency

    def get_churn_risks(
        self,
        *,
        risk: RiskLevel | None = None,
        segment_id: str | None = None,
        limit: int = PAGE,
        cursor: str | None = None,
    ) -> ChurnRiskList:
        """A page of customers, the greatest value at risk first: of a risk level and a segment.

        NotFoundError for a segment that there is not.
        """
        after = after_value(cursor, self._currency)
        segment = None if segment_id is None else SegmentId(segment_id)
        repositories = self._storage.repositories
        page = repositories.retention.find_predictions(
            risk=risk, segment_id=segment, limit=require_page(limit), after=after
        )
        if segment is not None and not page.found:
            repositories.ltv.get_ltv_segment(segment)
        return {
            "customers": [churn_risk_view(each) for each in page.found],
            "next_cursor": next_cursor(
                page.found, limit, lambda each: (str(_amount_at_risk(each)), each.customer_id)
            ),
            "run": run_or_none(page.run),
        }

    def analyze_user_retention(self, customer_id: str) -> CustomerRetention:
        """One customer's risk, engagement, value and history.

        NotFoundError where the current run has no prediction for them.
        """

        def work(repositories: Repositories) -> CustomerRetention:
            results = _results_of_one_run(repositories, CustomerId(customer_id))
            prediction, profile, value = results.prediction.found, results.profile, results.value
            return {
                "customer_id": prediction.customer_id,
                "churn_risk": churn_risk_view(prediction),
                "engagement": None if profile is None else engagement_view(profile),
                "value": None if value is None else customer_value_view(value),
                "history": _history(repositories, prediction.customer_id),
                "run": run_or_none(results.prediction.run),
            }

        return self._storage.in_transaction(work)


@dataclass(frozen=True, slots=True)
class _Results:
    """The results about one customer."""

    prediction: Labelled[ChurnPrediction]
    profile: UserEngagementProfile | None
    value: CustomerLTV | None

    @property
    def are_of_one_run(self) -> bool:
        """Whether no run was published between two of the statements that read them."""
        others = {each.run_id for each in (self.profile, self.value) if each is not None}
        return others <= {self.prediction.found.run_id}


def _results_of_one_run(repositories: Repositories, customer_id: CustomerId) -> _Results:
    """Read again where a run was published meanwhile; NotFoundError without a prediction."""
    while True:
        prediction = repositories.retention.find_prediction(customer_id)
        results = _Results(
            prediction,
            _or_none(repositories.retention.get_user_engagement_profile, customer_id),
            _or_none(repositories.ltv.get_customer_ltv, customer_id),
        )
        if results.are_of_one_run:
            return results


def _or_none[T](get: Callable[[CustomerId], T], customer_id: CustomerId) -> T | None:
    """None where there is nothing: who was active may never have bought."""
    try:
        return get(customer_id)
    except NotFoundError:
        return None


def _amount_at_risk(prediction: ChurnPrediction) -> Decimal:
    """The amount by which lists are ordered."""
    return Decimal(0) if prediction.value_at_risk is None else prediction.value_at_risk.amount


def churn_risk_or_none(repositories: Repositories, customer_id: CustomerId) -> ChurnRiskView | None:
    """The current run's prediction, serialised for the API; None where it has none."""
    try:
        return churn_risk_view(repositories.retention.get_churn_prediction(customer_id))
    except NotFoundError:
        return None


def engagement_or_none(
    repositories: Repositories, customer_id: CustomerId
) -> EngagementView | None:
    """The current run's profile, serialised for the API; None where it has none."""
    try:
        return engagement_view(repositories.retention.get_user_engagement_profile(customer_id))
    except NotFoundError:
        return None


def _history(repositories: Repositories, customer_id: CustomerId) -> list[HistoryEntry]:
    entries: list[HistoryEntry] = [
        {
            "at": order.ordered_at,
            "kind": "order" if order.refund_of is None else "refund",
            "id": order.order_id,
            "amount": order.amount.exact(),
            "currency": order.amount.currency,
        }
        for order in repositories.ltv.get_orders(customer_id, newest=HISTORY_SHOWN)
    ]
    entries.extend(
        {"at": event.occurred_at, "kind": event.name or event.kind, "id": event.event_id}
        for event in repositories.retention.get_activity(customer_id, limit=HISTORY_SHOWN)
    )
    entries.sort(key=lambda entry: (entry["at"], entry["id"]), reverse=True)
    return entries[:HISTORY_SHOWN]
