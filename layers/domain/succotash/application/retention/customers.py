"""Who is slipping away, and why."""

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
from succotash.application.scoring.runs import find_run
from succotash.application.value.customers import value_or_none
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.retention.retention import ChurnPrediction, RiskLevel
from succotash.domain.values import PAGE, Currency, CustomerId
from succotash.errors import NotFoundError

HISTORY_SHOWN = 20


class CustomerRisks:
    """The current run's predictions, and what stands behind each."""

    def __init__(self, storage: Storage, currency: Currency) -> None:
        self._storage = storage
        self._currency = currency

    def get_churn_risks(
        self, *, risk: RiskLevel | None = None, limit: int = PAGE, cursor: str | None = None
    ) -> ChurnRiskList:
        """A page of customers, the greatest value at risk first."""
        after = after_value(cursor, self._currency)
        found = self._storage.repositories.retention.find_churn_predictions(
            risk=risk, limit=require_page(limit), after=after
        )
        return {
            "customers": [churn_risk_view(each) for each in found],
            "next_cursor": next_cursor(
                found, limit, lambda each: (str(_amount_at_risk(each)), each.customer_id)
            ),
        }

    def analyze_user_retention(self, customer_id: str) -> CustomerRetention:
        """One customer's risk, engagement, value and history.

        NotFoundError where the current run has no prediction for them.
        """

        def work(repositories: Repositories) -> CustomerRetention:
            prediction = repositories.retention.get_churn_prediction(CustomerId(customer_id))
            customer = prediction.customer_id
            return {
                "customer_id": customer,
                "churn_risk": churn_risk_view(prediction),
                "engagement": engagement_or_none(repositories, customer),
                "value": value_or_none(repositories, customer),
                "history": _history(repositories, customer),
                "run": find_run(repositories, prediction.run_id),
            }

        return self._storage.in_transaction(work)


def _amount_at_risk(prediction: ChurnPrediction) -> Decimal:
    """What lists are ordered by."""
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
