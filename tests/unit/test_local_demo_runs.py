"""The demo's scoring runs."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from local.demo import SCORED_AT, Answer
from local.demo_runs import EARLIER, RUNS, score_demo
from succotash.domain.values import Json


class Runs:
    """An API that knows published runs, and the function that makes them."""

    def __init__(self, *published: str) -> None:
        self.published = list(published)
        self.asked: list[tuple[str | None, str]] = []

    def call(
        self,
        method: str,
        path: str,
        body: Json = None,  # noqa: ARG002
        *,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> Answer:
        assert (method, path) == ("GET", "/retention/model")
        last = len(self.published) - 1
        states = ["current" if place == last else "superseded" for place in range(last + 1)]
        runs = zip(self.published, states, strict=True)
        return Answer(200, {"runs": [{"as_of": at, "state": state} for at, state in runs]})

    def invoke(self, function: str, event: str) -> None:
        assert function == "ChurnScoring"
        asked = json.loads(event)
        self.asked.append((asked.get("step"), asked["time"]))
        if "step" not in asked:
            self.published.append(asked["time"])

    def score(self) -> list[tuple[str | None, str]]:
        self.asked.clear()
        score_demo(self.call, self.invoke)
        return self.asked


def instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def test_earlier_runs_come_first_and_the_months_between_get_receipts_before_the_last() -> None:
    assert Runs().score() == [
        *((None, instant(at)) for at in EARLIER),
        ("backfill", instant(SCORED_AT)),
        (None, instant(SCORED_AT)),
    ]


def test_the_runs_are_in_order_and_end_with_the_data() -> None:
    assert sorted(RUNS) == list(RUNS)
    assert RUNS[-1] == SCORED_AT


def test_a_scoring_that_was_broken_off_goes_on_where_it_stood() -> None:
    runs = Runs(*map(instant, EARLIER[:2]))

    assert [time for _, time in runs.score()] == [
        *map(instant, EARLIER[2:]),
        instant(SCORED_AT),
        instant(SCORED_AT),
    ]


def test_what_is_scored_up_to_the_end_or_later_is_left_as_it_is() -> None:
    runs = Runs()
    runs.score()
    assert runs.score() == []
    assert Runs(instant(datetime(2026, 3, 1, tzinfo=UTC))).score() == []
