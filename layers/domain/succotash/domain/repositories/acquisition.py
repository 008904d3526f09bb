"""The port to costs of acquisition."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date

from succotash.domain.retention.labels import Labelled
from succotash.domain.value.acquisition import AcquisitionCost, SourceValue
from succotash.domain.values import Currency, Money


class AcquisitionRepository(ABC):
    """Costs of winning customers, by month and source.

    A month is named by its first day.
    """

    @abstractmethod
    def save_acquisition_costs(self, month: date, costs: Mapping[str, Money]) -> None:
        """Replace the costs of the month by source; those of other sources are deleted."""

    @abstractmethod
    def lock_acquisition_costs(self, month: date) -> list[AcquisitionCost]:
        """Costs of the month as they are now, by source, to replace them; there may be none.

        Until the transaction ends, another that locks or saves costs of the same month waits.
        """

    @abstractmethod
    def get_acquisition_costs(
        self, *, start: date | None = None, end: date | None = None
    ) -> list[AcquisitionCost]:
        """Costs of the months from `start` to `end`, both included: latest first, then by source.

        None leaves a side open.
        """

    @abstractmethod
    def find_source_values(
        self, currency: Currency, *, start: date | None = None, end: date | None = None
    ) -> Labelled[list[SourceValue]]:
        """The current run's customers by source, with their cost in this currency.

        Of the months of first purchase from `start` to `end`, both included. Sources that have
        either customers or a cost, by name. Customers are those of the run's rollups.
        """
