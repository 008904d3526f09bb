"""Defining segments of customers by value."""

from succotash.application.scoring.run_views import run_or_none
from succotash.application.value.views import SegmentList, SegmentView, segment_view
from succotash.domain.repositories.storage import Storage
from succotash.domain.value.ltv import LTVSegment
from succotash.domain.value.segments import segment_violation
from succotash.domain.values import Currency
from succotash.errors import InvalidInputError


class SegmentDefinitions:
    """Each segment's rule, and what the current run found for it."""

    def __init__(self, storage: Storage, currency: Currency) -> None:
        self._storage = storage
        self._currency = currency

    def get_segments(self) -> SegmentList:
        """Every segment."""
        segments = self._storage.repositories.ltv.find_segments()
        return {
            "segments": [segment_view(each, self._currency) for each in segments.found],
            "run": run_or_none(segments.run),
        }

    def put_segment(self, segment: LTVSegment) -> SegmentView:
        """Define a segment, replacing what it was; it takes effect with the next run.

        InvalidInputError unless it has either a quantile from 0 to below 1 or a bound that can be
        kept, not negative and in the deployment's currency.
        """
        if (violation := segment_violation(segment, self._currency)) is not None:
            raise InvalidInputError([violation])
        ltv = self._storage.repositories.ltv
        ltv.save_ltv_segment(segment)
        return segment_view(ltv.get_ltv_segment(segment.segment_id), self._currency)
