"""The port to customers with what the current run found of them."""

from abc import ABC, abstractmethod
from collections.abc import Collection

from succotash.domain.retention.customers import (
    CustomerFilter,
    CustomerRecord,
    CustomerRow,
    FoundCustomer,
)
from succotash.domain.retention.labels import Labelled
from succotash.domain.values import CustomerId


class FoundCustomerRepository(ABC):
    """Customers with what the current run found of them: all of it of one run."""

    @abstractmethod
    def find_named_customers(
        self, names: Collection[CustomerId], canonical_email: str | None = None
    ) -> Labelled[list[FoundCustomer]]:
        """Find the customers with one of these ids or aliases, or with this e-mail, by id."""

    @abstractmethod
    def find_customer_record(
        self, customer_id: CustomerId, *, limit: int
    ) -> Labelled[CustomerRecord]:
        """The results and the newest orders and events of a customer, whom an alias names too.

        All is of one moment. NotFoundError where the current run has no prediction.
        """

    @abstractmethod
    def get_customers_by_id(
        self, wanted: CustomerFilter, *, limit: int, after: CustomerId | None = None
    ) -> list[CustomerRow]:
        """Customers that are wanted, by id, behind `after`, whether a run knows them or not."""
