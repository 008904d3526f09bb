"""What every storage does with requests for scoring runs, and tells of how far they have come."""

from collections.abc import Callable

import pytest

from succotash.domain.repositories.retention import RetentionRepository
from succotash.domain.retention.retention import GIVEN_UP_AFTER, run_id_of
from succotash.domain.scoring.progress import RunStage
from succotash.domain.values import SHARDS, After, RunId, Shard
from succotash.errors import NotFoundError, RunInProgressError
from tests.builders import NOON, a_run, days, minutes

RUN = run_id_of(NOON)
LATER = NOON + minutes(5)


def test_a_run_is_planned_then_scoring_then_finished(retention: RetentionRepository) -> None:
    retention.request_scoring_run(RUN, NOON, LATER)
    planned = retention.find_run_progress(RUN)
    assert (planned.stage, planned.requested_at, planned.started_at) == (
        RunStage.PLANNED,
        LATER,
        None,
    )

    retention.note_run_started(RUN, NOON, LATER + minutes(1))
    run = a_run(NOON)
    retention.open_scoring_run(run)
    retention.finish_shard(run, Shard(3, SHARDS), 7)
    scoring = retention.find_run_progress(RUN)
    assert (scoring.stage, scoring.shards_scored, scoring.customers_scored) == (
        RunStage.SCORING,
        1,
        7,
    )

    retention.finish_scoring_run(RUN, 7)
    retention.note_run_ended(RUN, NOON, LATER + minutes(2))
    finished = retention.find_run_progress(RUN)
    assert (finished.stage, finished.requested_at, finished.started_at, finished.ended_at) == (
        RunStage.FINISHED,
        LATER,
        LATER + minutes(1),
        LATER + minutes(2),
    )


def test_a_run_that_is_withheld_says_so(retention: RetentionRepository) -> None:
    retention.open_scoring_run(a_run(NOON))
    retention.withhold_scoring_run(RUN)
    assert retention.find_run_progress(RUN).stage is RunStage.WITHHELD


def test_a_run_that_failed_says_why_until_it_is_asked_for_again(
    retention: RetentionRepository,
) -> None:
    retention.request_scoring_run(RUN, NOON, LATER)
    retention.note_run_ended(RUN, NOON, LATER, "CURRENCY is USD")
    failed = retention.find_run_progress(RUN)
    assert (failed.stage, failed.failure) == (RunStage.FAILED, "CURRENCY is USD")
    retention.request_scoring_run(RUN, NOON, LATER)
    assert retention.find_run_progress(RUN).stage is RunStage.PLANNED


@pytest.mark.parametrize(
    "begin",
    [
        lambda retention: retention.request_scoring_run(RUN, NOON, LATER),
        lambda retention: retention.note_run_started(RUN, NOON, LATER),
    ],
)
def test_one_run_at_a_time_is_asked_for(
    retention: RetentionRepository, begin: Callable[[RetentionRepository], None]
) -> None:
    begin(retention)
    for other in (NOON, NOON + minutes(1)):
        with pytest.raises(RunInProgressError) as caught:
            retention.request_scoring_run(run_id_of(other), other, LATER + minutes(1))
        assert caught.value.run_id == RUN
    much_later = LATER + GIVEN_UP_AFTER
    retention.request_scoring_run(run_id_of(much_later), much_later, much_later)


def test_a_run_that_has_ended_lets_another_be_asked_for(retention: RetentionRepository) -> None:
    retention.request_scoring_run(RUN, NOON, LATER)
    retention.note_run_ended(RUN, NOON, LATER, "unknown")
    other = NOON + minutes(1)
    retention.request_scoring_run(run_id_of(other), other, LATER)


def test_a_failed_run_makes_way_for_another_within_the_hour(
    retention: RetentionRepository,
) -> None:
    retention.open_scoring_run(a_run(NOON))
    other = a_run(LATER)
    with pytest.raises(RunInProgressError) as caught:
        retention.open_scoring_run(other)
    assert caught.value.run_id == RUN
    retention.note_run_ended(RUN, NOON, LATER, "unknown")
    retention.open_scoring_run(other)
    assert retention.find_run_progress(other.run_id).stage is RunStage.SCORING


def test_neither_a_finished_run_nor_an_older_one_is_asked_for(
    retention: RetentionRepository,
) -> None:
    retention.open_scoring_run(a_run(NOON))
    retention.finish_scoring_run(RUN, 0)
    for as_of in (NOON, NOON - days(1)):
        with pytest.raises(RunInProgressError) as caught:
            retention.request_scoring_run(run_id_of(as_of), as_of, LATER)
        assert caught.value.run_id == RUN


def test_an_older_run_than_the_published_one_stands_in_no_way(
    retention: RetentionRepository,
) -> None:
    retention.note_run_started(RUN, NOON, LATER)
    published = a_run(NOON + minutes(1))
    retention.open_scoring_run(published)
    retention.finish_scoring_run(published.run_id, 0)
    other = NOON + minutes(2)
    retention.request_scoring_run(run_id_of(other), other, LATER)
    assert retention.find_run_progress(run_id_of(other)).stage is RunStage.PLANNED


def test_nobody_knows_a_run_that_was_never_asked_for(retention: RetentionRepository) -> None:
    for unknown in (RunId("nowhere"), RunId("initial")):
        with pytest.raises(NotFoundError):
            retention.find_run_progress(unknown)
    assert retention.get_run_progress() == []


def test_runs_are_listed_the_latest_first_by_page(retention: RetentionRepository) -> None:
    moments = [NOON + days(number) for number in range(3)]
    retention.open_scoring_run(a_run(moments[0]))
    retention.finish_scoring_run(run_id_of(moments[0]), 0)
    for as_of in moments[1:]:
        retention.note_run_ended(run_id_of(as_of), as_of, as_of, "unknown")
    first = retention.get_run_progress(limit=2)
    assert [each.as_of for each in first] == [moments[2], moments[1]]
    behind = After(first[-1].as_of, first[-1].run_id)
    [last] = retention.get_run_progress(limit=2, after=behind)
    assert (last.as_of, last.stage) == (moments[0], RunStage.FINISHED)
