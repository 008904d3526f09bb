"""Customers at risk, with the reasons."""

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
from succotash.domain.retention.customers import CustomerRecord
from succotash.domain.retention.retention import ChurnPrediction, RiskLevel
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
        record = self._storage.repositories.retention.find_customer_record(
            CustomerId(customer_id), limit=HISTORY_SHOWN
        )
        found = record.found
        return {
            "customer_id": found.prediction.customer_id,
            "churn_risk": churn_risk_view(found.prediction),
            "engagement": None if found.profile is None else engagement_view(found.profile),
            "value": None if found.value is None else customer_value_view(found.value),
            "history": _history(found),
            "run": run_or_none(record.run),
        }


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


def _history(record: CustomerRecord) -> list[HistoryEntry]:
    entries: list[HistoryEntry] = [
        {
            "at": order.ordered_at,
            "kind": "order" if order.refund_of is None else "refund",
            "id": order.order_id,
            "amount": order.amount.exact(),
            "currency": order.amount.currency,
        }
        for order in record.orders
    ]
    entries.extend(
        {"at": event.occurred_at, "kind": event.name or event.kind, "id": event.event_id}
        for event in record.events
    )
    entries.sort(key=lambda entry: (entry["at"], entry["id"]), reverse=True)
    return entries[:HISTORY_SHOWN]
