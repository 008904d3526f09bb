"""The scoring runs of the demo, each as the schedule would have made it at its date."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from local.demo import SCORED_AT, Call, scheduled_event

EARLIER = (
    datetime(1998, 1, 1, tzinfo=UTC),
    datetime(1998, 4, 1, tzinfo=UTC),
    datetime(1998, 6, 1, tzinfo=UTC),
    datetime(1998, 6, 24, tzinfo=UTC),
)
"""Two quarters, a month and a week before SCORED_AT: each period of the dashboard has a run to be
compared with, and more of them would make a first start slower."""
RUNS = (*EARLIER, SCORED_AT)

type Invoke = Callable[[str, str], object]
"""Invokes a function by its logical id with an event."""


def score_demo(call: Call, invoke: Invoke) -> None:
    """Let the runs take place, earliest first, unless a later one is published.

    A run sees only what was there at its date. Months without one get their receipts before the
    last, which grades them all.
    """
    runs = call("GET", "/retention/model").body["runs"]
    published = [each["as_of"] for each in runs if each["state"] == "current"]
    for at in RUNS:
        if any(datetime.fromisoformat(each) >= at for each in published):
            continue
        event = scheduled_event(at)
        if at == SCORED_AT:
            invoke("ChurnScoring", json.dumps(event | {"step": "backfill"}))
        invoke("ChurnScoring", json.dumps(event))
