"""The port to segments of customers by value."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from succotash.domain.retention.labels import Labelled
from succotash.domain.value.ltv import LTVSegment
from succotash.domain.values import Money, RunId, SegmentId


class SegmentRepository(ABC):
    """Segments of customers by value.

    Readers see the results of the current run.
    """

    @abstractmethod
    def save_ltv_segment(self, segment: LTVSegment) -> None:
        """Insert or replace a segment's rule; its `result` is not written here."""

    @abstractmethod
    def save_segment_bounds(self, run_id: RunId, bounds: Mapping[SegmentId, Money]) -> None:
        """Remember from which predicted CLV each segment starts in this run."""

    @abstractmethod
    def get_ltv_segment(self, segment_id: SegmentId) -> LTVSegment:
        """The segment with its result; NotFoundError if unknown."""

    @abstractmethod
    def find_segments(self) -> Labelled[list[LTVSegment]]:
        """Segments with their results: by lower quantile, then bound, then id; quantiles first."""

    def get_all_ltv_segments(self) -> list[LTVSegment]:
        """The result of `find_segments`, without the run."""
        return self.find_segments().found
