"""The demo data of a local run: loaded, scored as of 1 July 1998, and removed again."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from local.demo import SCORED_AT, Call, Progress, Summary, load, scheduled_event
from local.demo_removal import remove_demo
from local.past_campaign import run_past_campaign
from succotash.container import Container

if TYPE_CHECKING:
    from local.server import Gateway

type Step = Callable[[str], AbstractContextManager[Progress]]


@contextmanager
def untold(_: str) -> Iterator[Progress]:
    """A step that nobody hears of."""
    yield lambda _: None


class LocalDemo:
    """Brings the demo data into a local run, and takes it out."""

    def __init__(
        self, gateway: "Gateway", token: str, container: Container, admin_url: str | None = None
    ) -> None:
        self._gateway = gateway
        self._call = gateway.call(token)
        self._container = container
        self._admin_url = admin_url

    def load(self, step: Step = untold) -> Summary:
        """Load all that is not there yet, score it, and let a campaign run in the summer after."""
        with step("Loading the demo data") as progress:
            loaded = load(self._call, progress)
        with step("Scoring every customer"):
            self._score(self._call)
        with step("Running a campaign of 1998"):
            run_past_campaign(self._container)
        return loaded

    def clear(self) -> int:
        """Remove all of it, and nothing else; how many rows."""
        return remove_demo(self._container.settings.storage, self._admin_url)

    def _score(self, call: Call) -> None:
        """A receipt for each month and the scheduled run, unless customers are scored already."""
        runs = call("GET", "/retention/model").body["runs"]
        if not any(run["state"] == "current" and run["customers"] for run in runs):
            event = scheduled_event(SCORED_AT)
            self._gateway.functions.invoke("ChurnScoring", json.dumps(event | {"step": "backfill"}))
            self._gateway.functions.invoke("ChurnScoring", json.dumps(event))
