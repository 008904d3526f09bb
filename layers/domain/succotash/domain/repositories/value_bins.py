"""The port to how customers' values are distributed."""

from abc import ABC, abstractmethod

from succotash.domain.retention.labels import Labelled
from succotash.domain.value.distribution import ValueBin, ValueMeasure
from succotash.domain.values import RunId


class ValueBinRepository(ABC):
    """The distribution of values in a run; readers see the current run only."""

    @abstractmethod
    def build_value_bins(self, run_id: RunId) -> None:
        """Count the run's values by bins of each amount.

        Repeating it replaces what was counted. NotFoundError where there is no such run.
        """

    @abstractmethod
    def find_value_bins(self, measure: ValueMeasure) -> Labelled[list[ValueBin]]:
        """Customers of the current run by this amount, the least first; no bin is empty.

        Of the values that there were when the run counted them.
        """
