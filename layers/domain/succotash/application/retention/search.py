"""Looking for a customer by what people know them by: an e-mail, or a system's id."""

from typing import TypedDict

from succotash.application.retention.views import ChurnRiskView, churn_risk_view
from succotash.application.scoring.run_views import RunView, run_or_none
from succotash.application.value.views import CustomerValueView, customer_value_view
from succotash.domain.people.identities import CustomerName
from succotash.domain.repositories.storage import Storage


class FoundCustomerView(TypedDict):
    """A customer, and what the current run found of them."""

    customer_id: str
    email: str | None
    """In lower case; None where none is known."""
    aliases: list[str]
    """Other ids that shops use, such as `shopify:123456789`."""
    churn_risk: ChurnRiskView | None
    """None before a run has scored them."""
    value: CustomerValueView | None
    """None before a run has scored them, or where they never bought."""


class CustomerSearchView(TypedDict):
    """The customers found, by id; none if the list is empty."""

    customers: list[FoundCustomerView]
    run: RunView | None
    """None before the first run."""


class CustomerSearch:
    """Searches for customers."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def search_customers(self, name: CustomerName) -> CustomerSearchView:
        """Find all customers of this name: several if they are still to be joined."""
        found = self._storage.repositories.retention.find_named_customers(
            [name.customer_id, *name.former_ids], name.canonical_email
        )
        return {
            "customers": [
                {
                    "customer_id": each.customer_id,
                    "email": each.canonical_email,
                    "aliases": list(each.aliases),
                    "churn_risk": (
                        None if each.prediction is None else churn_risk_view(each.prediction)
                    ),
                    "value": None if each.value is None else customer_value_view(each.value),
                }
                for each in found.found
            ],
            "run": run_or_none(found.run),
        }
