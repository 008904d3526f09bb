"""Segments of customers by value in PostgreSQL."""

from collections.abc import Mapping
from typing import override

from succotash.domain.repositories.segments import SegmentRepository
from succotash.domain.value.ltv import LTVSegment, SegmentResult
from succotash.domain.values import Money, RunId, SegmentId
from succotash.errors import NotFoundError
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.rows import only
from succotash.infrastructure.postgres.session import Jsonb, Row
from succotash.infrastructure.postgres.sql import segments as sql


class PostgresSegmentRepository(PostgresRepository, SegmentRepository):
    """Segments of customers by value."""

    @override
    def save_ltv_segment(self, segment: LTVSegment) -> None:
        bound = segment.lower_bound
        self._run(
            sql.SAVE_LTV_SEGMENT,
            segment_id=segment.segment_id,
            name=segment.name,
            description=segment.description,
            lower_quantile=segment.lower_quantile,
            lower_bound=None if bound is None else bound.units(),
            currency=None if bound is None else bound.currency,
        )

    @override
    def save_segment_bounds(self, run_id: RunId, bounds: Mapping[SegmentId, Money]) -> None:
        [[is_run, unknown_segments]] = self._run(
            sql.SAVE_SEGMENT_BOUNDS,
            run_id=run_id,
            bounds=Jsonb(
                [
                    {"segment_id": segment_id, "units": bound.units(), "currency": bound.currency}
                    for segment_id, bound in bounds.items()
                ]
            ),
        )
        if not is_run:
            raise NotFoundError("scoring run")
        if unknown_segments:
            raise NotFoundError("segment")

    @override
    def get_ltv_segment(self, segment_id: SegmentId) -> LTVSegment:
        return _segment(only("segment", self._run(sql.GET_LTV_SEGMENT, segment_id=segment_id)))

    @override
    def get_all_ltv_segments(self) -> list[LTVSegment]:
        return [_segment(row) for row in self._run(sql.GET_ALL_LTV_SEGMENTS)]


def _segment(row: Row) -> LTVSegment:
    segment_id, name, description, quantile, bound, currency = row[:6]
    run_id, run_bound, run_currency, customers, total_value = row[6:]
    return LTVSegment(
        segment_id,
        name,
        description,
        quantile,
        None if bound is None else Money(bound, currency),
        None
        if run_id is None
        else SegmentResult(
            run_id, Money(run_bound, run_currency), customers, Money(total_value, run_currency)
        ),
    )
