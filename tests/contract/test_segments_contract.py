"""What every LTVRepository does with segments and their bounds."""

from dataclasses import replace
from decimal import Decimal

import pytest

from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import INITIAL_RUN
from succotash.domain.value.ltv import (
    DEFAULT_SEGMENTS,
    LTVSegment,
    SegmentResult,
)
from succotash.domain.values import (
    Money,
    RunId,
    SegmentId,
)
from succotash.errors import NotFoundError
from tests.builders import (
    NOON,
    USD,
    a_run,
    a_value,
    usd,
)
from tests.contract.valued import save_values


class TestSegments:
    def test_the_default_segments_are_there_from_the_start(self, ltv: LTVRepository) -> None:
        assert ltv.get_all_ltv_segments() == list(DEFAULT_SEGMENTS)

    def test_an_unknown_segment_is_not_found(self, ltv: LTVRepository) -> None:
        with pytest.raises(NotFoundError) as caught:
            ltv.get_ltv_segment(SegmentId("nowhere"))
        assert caught.value.kind == "segment"

    def test_a_segment_comes_back_as_it_was_saved_without_a_result(
        self, ltv: LTVRepository
    ) -> None:
        segment = LTVSegment(
            SegmentId("gold"),
            "Größe",
            "a\tb",
            lower_bound=Money(Decimal("1000.0001"), type(USD)("EUR")),
            result=SegmentResult(INITIAL_RUN, usd(1), 1, usd(1)),
        )
        ltv.save_ltv_segment(segment)
        assert ltv.get_ltv_segment(segment.segment_id) == replace(segment, result=None)
        renamed = LTVSegment(segment.segment_id, "Gold", lower_quantile=0.1 + 0.2)
        ltv.save_ltv_segment(renamed)
        assert ltv.get_ltv_segment(segment.segment_id) == renamed

    def test_segments_are_listed_by_quantile_then_bound_then_id(self, ltv: LTVRepository) -> None:
        for segment in (
            LTVSegment(SegmentId("z"), "", lower_bound=usd("9.5")),
            LTVSegment(SegmentId("y"), "", lower_bound=usd("10")),
            LTVSegment(SegmentId("x"), "", lower_bound=usd("10")),
            LTVSegment(SegmentId("top"), "", lower_quantile=1.0),
            LTVSegment(SegmentId("also_vip"), "", lower_quantile=0.95),
        ):
            ltv.save_ltv_segment(segment)
        assert [segment.segment_id for segment in ltv.get_all_ltv_segments()] == [
            "low_value",
            "medium_value",
            "high_value",
            "also_vip",
            "vip",
            "top",
            "z",
            "x",
            "y",
        ]

    @pytest.mark.parametrize("bounds_first", [True, False])
    def test_a_segments_result_is_that_of_the_current_run(
        self, repositories: Repositories, *, bounds_first: bool
    ) -> None:
        ltv, run = repositories.ltv, a_run()
        bounds = {SegmentId("low_value"): usd(0), SegmentId("vip"): usd("50.0001")}
        repositories.retention.open_scoring_run(run)
        if bounds_first:
            ltv.save_segment_bounds(run.run_id, bounds)
        save_values(
            repositories,
            run.run_id,
            [
                a_value("a", actual="60", residual="0.0001", segment="vip"),
                a_value("b", actual="50", residual="0.0001", segment="vip"),
                a_value("c", actual="1", residual="2", segment="low_value"),
            ],
            NOON,
        )
        ltv.save_segment_bounds(run.run_id, {SegmentId("low_value"): usd(7)} | bounds)
        ltv.build_rollups(run.run_id, NOON, "UTC")
        assert ltv.get_ltv_segment(SegmentId("vip")).result is None
        repositories.retention.finish_scoring_run(run.run_id, 3)
        vip = ltv.get_ltv_segment(SegmentId("vip"))
        assert vip.result == SegmentResult(run.run_id, usd("50.0001"), 2, usd("110.0002"))
        low = ltv.get_ltv_segment(SegmentId("low_value")).result
        assert low == SegmentResult(run.run_id, usd(0), 1, usd(3))
        assert ltv.get_ltv_segment(SegmentId("high_value")).result is None
        assert ltv.get_all_ltv_segments()[0].result == low

    def test_bounds_need_their_run_and_their_segments(self, repositories: Repositories) -> None:
        with pytest.raises(NotFoundError) as caught:
            repositories.ltv.save_segment_bounds(RunId("nowhere"), {SegmentId("vip"): usd(1)})
        assert caught.value.kind == "scoring run"
        repositories.retention.open_scoring_run(a_run())
        with pytest.raises(NotFoundError) as caught:
            repositories.ltv.save_segment_bounds(a_run().run_id, {SegmentId("nowhere"): usd(1)})
        assert caught.value.kind == "segment"
