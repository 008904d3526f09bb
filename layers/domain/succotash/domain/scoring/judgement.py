"""The known error of values, without the models that found it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

from succotash.domain.values import Json


@dataclass(frozen=True, slots=True)
class Judgement:
    """The known error of values; shown with every value."""

    horizon_days: int
    """The horizon of values."""
    judged_days: int | None
    """The longest time that their models were judged on; None where no time could be held out."""
    purchases_error_percent: float | None = None
    """The error of the total of purchases on those days, above 0 where too many were predicted."""
    revenue_error_percent: float | None = None
    """The error of the total of revenue."""

    @classmethod
    def of_dict(cls, kept: Mapping[str, Json]) -> Self:
        """Read a judgement that `to_dict` wrote; TypeError for anything else."""
        match kept:
            case {
                "horizon_days": int(horizon_days),
                "judged_days": (int() | None) as judged_days,
                "purchases_error_percent": (int() | float() | None) as purchases,
                "revenue_error_percent": (int() | float() | None) as revenue,
            }:
                return cls(horizon_days, judged_days, purchases, revenue)
            case _:
                raise TypeError(kept)

    @property
    def note(self) -> str:
        """Say in words how far the models were judged."""
        if self.judged_days is None:
            return (
                f"The {self.horizon_days} days ahead were never judged: the history is too short "
                "to hold any days out."
            )
        if self.judged_days >= self.horizon_days:
            return f"Judged on {self.judged_days} held-out days, as far as values look ahead."
        return (
            f"Judged on {self.judged_days} held-out days; values look {self.horizon_days} days "
            f"ahead, {self.horizon_days - self.judged_days} days further than anything judged."
        )

    def to_dict(self) -> dict[str, Json]:
        """Serialised to be stored with the run, and for the API."""
        return asdict(self) | {"note": self.note}
