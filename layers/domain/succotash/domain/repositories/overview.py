"""The port to the figures of a period."""

from abc import ABC, abstractmethod

from succotash.domain.retention.labels import Labelled
from succotash.domain.scoring.overview import OverviewFigures, OverviewQuery


class OverviewRepository(ABC):
    """Figures of a period and of the one before it."""

    @abstractmethod
    def find_overview(self, query: OverviewQuery) -> Labelled[OverviewFigures]:
        """Find all figures at one moment, with the run that those about customers are of."""
