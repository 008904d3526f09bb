"""How wrong models were at each length of time that was held out, and how far values look beyond.

Candidates compete on the longest time that can be held out, up to the horizon of values, since that
is what they are used for; errors at shorter horizons are reported. An error grows with the horizon,
so a value that looks further ahead than anything judged says so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Self

from succotash.domain.models.backtest import Backtest, SpendBacktest
from succotash.domain.values import Json

REPORTED_DAYS = (30, 90, 180, 365)


def judged_horizons(longest: int, *, also: Iterable[int] = ()) -> list[int]:
    """The horizons to judge on, ascending: those reported, and `also`, up to the longest."""
    return sorted({longest, *(days for days in (*REPORTED_DAYS, *also) if days < longest)})


@dataclass(frozen=True, slots=True)
class HorizonErrors:
    """How wrong the chosen models, and the other candidates, were on the first days held out."""

    days: int
    model: str
    purchases: Backtest
    spend: SpendBacktest
    candidates: tuple[tuple[str, Backtest], ...]
    """All that were judged, by name; the chosen one first."""

    def to_dict(self) -> dict[str, Json]:
        """Plain numbers, lists and None, as JSON takes them."""
        return {
            "days": self.days,
            "model": self.model,
            **_errors(self.purchases),
            "actual_revenue": self.spend.actual_revenue,
            "predicted_revenue": self.spend.predicted_revenue,
            "revenue_error_percent": self.spend.error_percent,
            "candidates": [{"model": name, **_errors(each)} for name, each in self.candidates],
        }


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known of how wrong values are; shown with every value."""

    horizon_days: int
    """How far values look ahead."""
    judged_days: int | None
    """The longest time that their models were judged on; None where no time could be held out."""
    purchases_error_percent: float | None = None
    """Of the total of purchases on those days, above 0 where too many were foreseen."""
    revenue_error_percent: float | None = None
    """Of the total of revenue."""

    @classmethod
    def of(cls, horizon_days: int, longest: HorizonErrors | None) -> Self:
        """By the errors on the longest time that was held out."""
        if longest is None:
            return cls(horizon_days, None)
        return cls(
            horizon_days,
            longest.days,
            longest.purchases.error_percent,
            longest.spend.error_percent,
        )

    @classmethod
    def of_dict(cls, kept: Mapping[str, Json]) -> Self:
        """What `to_dict` gave; TypeError for anything else."""
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
        """How far the models were judged, in words."""
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


def _errors(result: Backtest) -> dict[str, Json]:
    return {
        "actual_purchases": result.actual_purchases,
        "predicted_purchases": result.predicted_purchases,
        "error_percent": result.error_percent,
        "log_loss": result.log_loss,
        "brier": result.brier,
    }
