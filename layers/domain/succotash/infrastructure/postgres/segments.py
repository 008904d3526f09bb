"""Segments of customers by value in PostgreSQL."""

from collections.abc import Mapping
from typing import override

from succotash.domain.repositories.segments import SegmentRepository
from succotash.domain.retention.retention import Labelled
from succotash.domain.value.ltv import LTVSegment
from succotash.domain.values import Money, RunId, SegmentId
from succotash.errors import NotFoundError
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.rows.value import segment_of

_SQL = statements("segments")


class PostgresSegmentRepository(PostgresRepository, SegmentRepository):
    """Segments of customers by value."""

    @override
    def save_ltv_segment(self, segment: LTVSegment) -> None:
        bound = segment.lower_bound
        self._run(
            _SQL["save_ltv_segment"],
            segment_id=segment.segment_id,
            name=segment.name,
            description=segment.description,
            lower_quantile=segment.lower_quantile,
            lower_bound=None if bound is None else bound.units(),
            currency=None if bound is None else bound.currency,
        )

    @override
    def save_segment_bounds(self, run_id: RunId, bounds: Mapping[SegmentId, Money]) -> None:
        [found] = self._run(
            _SQL["save_segment_bounds"],
            run_id=run_id,
            bounds=Jsonb(
                [
                    {"segment_id": segment_id, "units": bound.units(), "currency": bound.currency}
                    for segment_id, bound in bounds.items()
                ]
            ),
        )
        if found["run_id"] is None:
            raise NotFoundError("scoring run")
        if found["unknown_segments"]:
            raise NotFoundError("segment")

    @override
    def get_ltv_segment(self, segment_id: SegmentId) -> LTVSegment:
        return segment_of(
            only("segment", self._run(_SQL["get_ltv_segment"], segment_id=segment_id))
        )

    @override
    def find_segments(self) -> Labelled[list[LTVSegment]]:
        rows = self._run(_SQL["find_segments"])
        return labelled(rows, [segment_of(row) for row in rows])
