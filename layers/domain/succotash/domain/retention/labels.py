"""The run that an answer was read from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from succotash.domain.values import Json, RunId


@dataclass(frozen=True, slots=True)
class RunLabel:
    """The run that numbers come from, the instant they hold for, and its settings."""

    run_id: RunId
    as_of: datetime
    settings: Mapping[str, Json]
    models: Mapping[str, Json]

    @property
    def time_zone(self) -> str:
        """The zone whose days the run counts."""
        match self.settings.get("time_zone"):
            case str(zone):
                return zone
            case _:
                return "UTC"


@dataclass(frozen=True, slots=True)
class Labelled[T]:
    """A result, and the run it was read from: both of one statement."""

    run: RunLabel
    found: T
