"""Results of simulated campaigns, kept in a file so that a simulation can go on later."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ToldCampaign:
    """The result published at a campaign's end."""

    effect: str
    """The name of its true effect."""
    seed: int
    finding: str
    look: int
    """The last one that was read."""
    low: float | None
    """The lower bound of the final interval of revenue per member; None without one."""
    high: float | None

    def covers(self, truth: float) -> bool:
        """Whether the interval holds the truth."""
        return self.low is None or self.high is None or self.low <= truth <= self.high


class SimulationResults:
    """Results by effect and seed, which are also lines of JSON in a file where one is given."""

    def __init__(self, file: Path | None = None) -> None:
        """With the results in the file; a last line that was cut off is dropped."""
        self._file = file
        self._told: dict[tuple[str, int], ToldCampaign] = {}
        if file is not None and file.exists():
            content = file.read_bytes()
            whole = content[: content.rfind(b"\n") + 1]
            if len(whole) < len(content):
                file.write_bytes(whole)
            self._keep(ToldCampaign(**json.loads(line)) for line in whole.splitlines())

    def has(self, effect: str, seed: int) -> bool:
        """Whether this campaign was simulated."""
        return (effect, seed) in self._told

    def add(self, told: Sequence[ToldCampaign]) -> None:
        """Keep these as well."""
        self._keep(told)
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(asdict(each)) + "\n" for each in told)

    def of(self, effect: str, seeds: Iterable[int]) -> list[ToldCampaign]:
        """Campaigns with this effect and these seeds; KeyError where one was not simulated."""
        return [self._told[effect, seed] for seed in seeds]

    def _keep(self, told: Iterable[ToldCampaign]) -> None:
        self._told |= {(each.effect, each.seed): each for each in told}
