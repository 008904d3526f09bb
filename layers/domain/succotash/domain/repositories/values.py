"""The port to what customers are worth."""

from abc import ABC, abstractmethod

from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import RiskLevel
from succotash.domain.value.ltv import CustomerLTV, CustomerValues
from succotash.domain.values import (
    PAGE,
    CohortId,
    Currency,
    CustomerId,
    Money,
    RunId,
    SegmentId,
    Shard,
)


class ValueRepository(ABC):
    """The value of customers.

    Readers see the values of the current run only, all of them or none. A value saved without a
    run joins the current run. Money that comes back is in the currency it was saved in. Those who
    ask about one customer may name an alias.
    """

    @abstractmethod
    def save_customer_ltv(self, value: CustomerLTV) -> None:
        """Insert or replace one customer's value in its run.

        NotFoundError where it names a run that does not exist.
        """

    @abstractmethod
    def save_customer_values(
        self, run_id: RunId, currency: Currency, shard: Shard | None, values: CustomerValues
    ) -> None:
        """Replace a shard's values in a run, in bulk; without a shard, all of the run's values.

        Doing it twice changes nothing.
        """

    @abstractmethod
    def find_value(self, customer_id: CustomerId) -> Labelled[CustomerLTV]:
        """The customer's value; NotFoundError where the current run has none."""

    def get_customer_ltv(self, customer_id: CustomerId) -> CustomerLTV:
        """The result of `find_value`, without the run."""
        return self.find_value(customer_id).found

    @abstractmethod
    def find_values(
        self,
        *,
        segment_id: SegmentId | None = None,
        cohort_id: CohortId | None = None,
        risk: RiskLevel | None = None,
        limit: int = PAGE,
        after: tuple[Money, CustomerId] | None = None,
    ) -> Labelled[list[CustomerLTV]]:
        """Customers by predicted CLV, highest first, then by id; behind `after`."""

    def find_customers(
        self,
        *,
        segment_id: SegmentId | None = None,
        cohort_id: CohortId | None = None,
        risk: RiskLevel | None = None,
        limit: int = PAGE,
        after: tuple[Money, CustomerId] | None = None,
    ) -> list[CustomerLTV]:
        """The result of `find_values`, without the run."""
        return self.find_values(
            segment_id=segment_id, cohort_id=cohort_id, risk=risk, limit=limit, after=after
        ).found

    def get_customers_by_segment(
        self, segment_id: SegmentId, *, limit: int = PAGE
    ) -> list[CustomerLTV]:
        """A segment's customers, ordered as in `find_customers`."""
        return self.find_customers(segment_id=segment_id, limit=limit)

    def get_customers_by_cohort(
        self, cohort_id: CohortId, *, limit: int = PAGE
    ) -> list[CustomerLTV]:
        """A cohort's customers, ordered as in `find_customers`."""
        return self.find_customers(cohort_id=cohort_id, limit=limit)
