"""Segments of customers by value in memory."""

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import override

from succotash.domain.repositories.segments import SegmentRepository
from succotash.domain.retention.retention import Labelled
from succotash.domain.value.ltv import LTVSegment, SegmentResult
from succotash.domain.values import Money, RunId, SegmentId
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic


class InMemorySegmentRepository(InMemoryRepository, SegmentRepository):
    """Segments of customers by value."""

    @override
    @atomic
    def save_ltv_segment(self, segment: LTVSegment) -> None:
        self.tables.segments[segment.segment_id] = dataclasses.replace(segment, result=None)

    @override
    @atomic
    def save_segment_bounds(self, run_id: RunId, bounds: Mapping[SegmentId, Money]) -> None:
        self.tables.runs[run_id]
        for segment_id in bounds:
            self.tables.segments[segment_id]
        self.tables.segment_bounds[run_id] = dict(bounds)

    @override
    @atomic
    def get_ltv_segment(self, segment_id: SegmentId) -> LTVSegment:
        return self._with_result(self.tables.segments[segment_id])

    @override
    @atomic
    def find_segments(self) -> Labelled[list[LTVSegment]]:
        def place(segment: LTVSegment) -> tuple[bool, float, Decimal, str]:
            quantile, bound = segment.lower_quantile, segment.lower_bound
            amount = bound.amount if bound is not None else Decimal(0)
            return quantile is None, quantile or 0, amount, segment.segment_id

        segments = sorted(self.tables.segments.values(), key=place)
        return self.tables.labelled([self._with_result(segment) for segment in segments])

    def _with_result(self, segment: LTVSegment) -> LTVSegment:
        run_id = self.tables.current_run()
        bounds = self.tables.segment_bounds.get(run_id) or {}
        if (bound := bounds.get(segment.segment_id)) is None:
            return segment
        worth = [
            value.predicted_clv.units()
            for value in self.tables.values_by_run[run_id]
            if value.segment_id == segment.segment_id
        ]
        total = Money.of_units(sum(worth), bound.currency)
        return dataclasses.replace(segment, result=SegmentResult(run_id, bound, len(worth), total))
