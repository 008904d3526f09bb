"""What decides how urgent a churn risk is; the reasoning stands in `domain.models.levels`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RiskRule:
    """What an operator may set; every share and probability lies between 0 and 1."""

    high_share: float = 0.25
    """Of the customers worth acting on, those whom the silence has cost most."""
    low_share: float = 0.25
    """Of the customers worth acting on, those likeliest to buy by themselves."""
    silent_from: float = 0.5
    """Whoever is likelier to buy than this leaves them is at low risk in any shop."""
    gone_below: float = 0.05
    """With P(alive) below this a customer is gone, and no longer worth acting on."""

    def __post_init__(self) -> None:
        numbers = (self.high_share, self.low_share, self.silent_from, self.gone_below)
        if not all(0 <= each <= 1 for each in numbers):
            raise ValueError("the numbers of a risk rule lie between 0 and 1")


DEFAULT_RISK_RULE = RiskRule()
