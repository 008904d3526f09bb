"""Segments of customers by value in SQLite."""

from collections.abc import Mapping
from typing import override

from succotash.domain.repositories.segments import SegmentRepository
from succotash.domain.value.ltv import LTVSegment, SegmentResult
from succotash.domain.values import Money, RunId, SegmentId
from succotash.errors import NotFoundError
from succotash.infrastructure.sqlite.columns import money
from succotash.infrastructure.sqlite.connection import Row
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run

_SAVE_SEGMENT = """
INSERT INTO ltv_segments (segment_id, name, description, lower_quantile, lower_bound, currency)
VALUES (:segment_id, :name, :description, :lower_quantile, :lower_bound, :currency)
ON CONFLICT (segment_id) DO UPDATE SET
    name = excluded.name,
    description = excluded.description,
    lower_quantile = excluded.lower_quantile,
    lower_bound = excluded.lower_bound,
    currency = excluded.currency
"""
_SEGMENT_IDS = "SELECT segment_id FROM ltv_segments"
_DELETE_BOUNDS = "DELETE FROM ltv_segment_bounds WHERE run_id = :run_id"
_SAVE_BOUND = """
INSERT INTO ltv_segment_bounds (run_id, segment_id, lower_bound, currency)
VALUES (:run_id, :segment_id, :lower_bound, :currency)
"""
_SEGMENTS = """
WITH valued AS (
    SELECT segment_id, COUNT(*) AS customers, exact_sum(predicted_clv) AS total_value
    FROM customer_ltv
    WHERE run_id = (SELECT run_id FROM current_run)
    GROUP BY segment_id
)
SELECT s.*, b.run_id, b.lower_bound AS resolved_bound, b.currency AS resolved_currency,
       coalesce(valued.customers, 0) AS customers, coalesce(valued.total_value, 0) AS total_value
FROM ltv_segments AS s
LEFT JOIN ltv_segment_bounds AS b
       ON b.segment_id = s.segment_id AND b.run_id = (SELECT run_id FROM current_run)
LEFT JOIN valued ON valued.segment_id = s.segment_id
WHERE :segment_id IS NULL OR s.segment_id = :segment_id
ORDER BY s.lower_quantile IS NULL, s.lower_quantile, s.lower_bound, s.segment_id
"""


class SQLiteSegmentRepository(SQLiteRepository, SegmentRepository):
    """Segments of customers by value."""

    @override
    def save_ltv_segment(self, segment: LTVSegment) -> None:
        bound = segment.lower_bound
        with self._unit.writing() as session:
            session.run(
                _SAVE_SEGMENT,
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
            if bounds.keys() - {row["segment_id"] for row in session.run(_SEGMENT_IDS)}:
                raise NotFoundError("segment")
            session.run(_DELETE_BOUNDS, run_id=run_id)
            session.run_for_each(
                _SAVE_BOUND,
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
            for row in session.run(_SEGMENTS, segment_id=segment_id):
                return _segment(row)
        raise NotFoundError("segment")

    @override
    def get_all_ltv_segments(self) -> list[LTVSegment]:
        with self._unit.reading() as session:
            return [_segment(row) for row in session.run(_SEGMENTS, segment_id=None)]


def _segment(row: Row) -> LTVSegment:
    bound = money(row["resolved_bound"], row["resolved_currency"])
    result = None
    if bound is not None:
        total = Money.of_units(int(row["total_value"]), bound.currency)
        result = SegmentResult(row["run_id"], bound, row["customers"], total)
    return LTVSegment(
        segment_id=row["segment_id"],
        name=row["name"],
        description=row["description"],
        lower_quantile=row["lower_quantile"],
        lower_bound=money(row["lower_bound"], row["currency"]),
        result=result,
    )
