"""The looks at a campaign's effect, fixed when it is activated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Self

from succotash.domain.values import Json
from succotash.errors import InvalidInputError

MOST_LOOKS = 20


@dataclass(frozen=True, slots=True)
class Look:
    """A time at which the effect is read, and the error spent by then."""

    at: datetime
    spent: float


@dataclass(frozen=True, slots=True)
class LookPlan:
    """When the effect is read, and how much of the error each look may have spent.

    A member counts from the first look at or after the close of its attribution window, so each
    look has the members of the looks before it and more. What may be spent goes by the calendar,
    from the first close to the last look, since nobody knows yet how many people there will be; how
    much two looks have in common goes by the members counted.
    """

    opens_at: datetime
    """When the first window closes: before it nobody counts."""
    looks: tuple[Look, ...]

    @classmethod
    def of(cls, starts_at: datetime, window: timedelta, dates: Sequence[datetime]) -> Self:
        """Plan the looks at a campaign that starts then; InvalidInputError if they are wrong."""
        # Most who know campaigns plan no looks, and loading the statistics takes a while.
        from succotash.domain.campaigns.boundaries import obrien_fleming_spent

        opens_at = starts_at + window
        if not 1 <= len(dates) <= MOST_LOOKS:
            raise InvalidInputError.of("looks", "out_of_range", f"Must be 1 to {MOST_LOOKS} looks")
        if any(after <= before for before, after in pairwise(dates)):
            raise InvalidInputError.of("looks", "not_ascending", "Must be in ascending order")
        if dates[0] <= opens_at:
            raise InvalidInputError.of(
                "looks", "too_early", "Must be after the first attribution window has closed"
            )
        whole = dates[-1] - opens_at
        return cls(
            opens_at,
            tuple(Look(each, obrien_fleming_spent((each - opens_at) / whole)) for each in dates),
        )

    @classmethod
    def of_document(cls, document: Mapping[str, Any], dates: Sequence[datetime]) -> Self:
        """Read a plan as it was stored, with the dates."""
        spent = document["spent"]
        return cls(
            datetime.fromisoformat(document["opens_at"]),
            tuple(Look(at, float(error)) for at, error in zip(dates, spent, strict=True)),
        )

    def document(self) -> dict[str, Json]:
        """All that a campaign stores about its looks besides their dates."""
        return {
            "opens_at": self.opens_at.isoformat(),
            "spent": [each.spent for each in self.looks],
            "expected": [*self.expected_boundaries()],
        }

    def reached(self, now: datetime) -> int:
        """The number of looks that have come."""
        return sum(each.at <= now for each in self.looks)

    def expected_boundaries(self) -> list[float]:
        """The statistic that would cross at each look, if members came at an even pace."""
        from succotash.domain.campaigns.boundaries import two_sided_boundaries

        elapsed = [(each.at - self.opens_at).total_seconds() for each in self.looks]
        return two_sided_boundaries(elapsed, [each.spent for each in self.looks])
