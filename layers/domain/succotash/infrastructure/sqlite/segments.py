"""Segments of customers by value in SQLite."""

from collections.abc import Mapping
from typing import override

from succotash.domain.repositories.segments import SegmentRepository
from succotash.domain.retention.retention import Labelled
from succotash.domain.value.ltv import LTVSegment
from succotash.domain.values import Money, RunId, SegmentId
from succotash.errors import NotFoundError
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.rows.value import segment_of
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("segments")


class SQLiteSegmentRepository(SQLiteRepository, SegmentRepository):
    """Segments of customers by value."""

    @override
    def save_ltv_segment(self, segment: LTVSegment) -> None:
        bound = segment.lower_bound
        with self._unit.writing() as session:
            session.run(
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
        with self._unit.writing() as session:
            named_run(session, run_id)
            known = {row["segment_id"] for row in session.run(_SQL["get_segment_ids"])}
            if bounds.keys() - known:
                raise NotFoundError("segment")
            session.run(_SQL["delete_segment_bounds"], run_id=run_id)
            session.run_for_each(
                _SQL["save_segment_bound"],
                [
                    {
                        "run_id": run_id,
                        "segment_id": segment_id,
                        "lower_bound": bound.units(),
                        "currency": bound.currency,
                    }
                    for segment_id, bound in bounds.items()
                ],
            )

    @override
    def get_ltv_segment(self, segment_id: SegmentId) -> LTVSegment:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_ltv_segment"], segment_id=segment_id)
        return segment_of(only("segment", rows))

    @override
    def find_segments(self) -> Labelled[list[LTVSegment]]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_segments"])
        return labelled(rows, [segment_of(row) for row in rows])
