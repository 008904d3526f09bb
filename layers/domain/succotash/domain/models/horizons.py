"""The error of models at each held-out horizon, and how far values look beyond.

Candidates compete on the longest time that can be held out, up to the horizon of values, since that
is what they are used for; errors at shorter horizons are reported. An error grows with the horizon,
so a value that looks further ahead than anything judged says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from succotash.domain.models.backtest import Backtest, SpendBacktest
from succotash.domain.scoring.judgement import Judgement
from succotash.domain.values import Json

REPORTED_DAYS = (30, 90, 180, 365)


def judged_horizons(longest: int, *, also: Iterable[int] = ()) -> list[int]:
    """The horizons to judge on, ascending: those reported, and `also`, up to the longest."""
    return sorted({longest, *(days for days in (*REPORTED_DAYS, *also) if days < longest)})


@dataclass(frozen=True, slots=True)
class HorizonErrors:
    """The errors of the chosen models, and of the other candidates, on the first days held out."""

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


def judgement_of(horizon_days: int, longest: HorizonErrors | None) -> Judgement:
    """The judgement of values by the errors on the longest held-out time."""
    if longest is None:
        return Judgement(horizon_days, None)
    return Judgement(
        horizon_days,
        longest.days,
        longest.purchases.error_percent,
        longest.spend.error_percent,
    )


def _errors(result: Backtest) -> dict[str, Json]:
    return {
        "actual_purchases": result.actual_purchases,
        "predicted_purchases": result.predicted_purchases,
        "error_percent": result.error_percent,
        "log_loss": result.log_loss,
        "brier": result.brier,
    }
