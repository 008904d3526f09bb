"""Settings of a run."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from succotash.domain.models.selection import DEFAULT_CANDIDATES, Candidate
from succotash.domain.retention.risk import DEFAULT_RISK_RULE, RETURN_HORIZONS, RiskRule
from succotash.domain.values import Currency, Json


@dataclass(frozen=True, slots=True)
class ScoringSettings:
    """Settings that the numbers depend on; stored with the run."""

    currency: Currency
    time_zone: str = "UTC"
    value_horizon_days: int = 365
    churn_horizon_days: int = 90
    discount_rate: float = 0.10
    """Per year."""
    margin: float = 1.0
    risk_rule: RiskRule = DEFAULT_RISK_RULE
    purchase_models: Sequence[Candidate] = DEFAULT_CANDIDATES
    """The models that compete in the backtest; without one, the first is used."""
    publishes_worse: bool = False
    """Whether a run whose backtest is worse than the simple rule replaces the one before it."""
    runs_kept: int = 2
    """Superseded runs whose rows stay."""
    whole_limit: int = 50_000
    """Up to so many customers are read, and scored, all at once."""
    sample_customers: int = 200_000
    """With more, models are fitted to as many whole shards as hold this number; see ADR 10."""

    @property
    def return_horizon_days(self) -> int:
        """Within which a customer comes back, or is likely lost."""
        return RETURN_HORIZONS * self.churn_horizon_days

    def view(self) -> dict[str, Json]:
        """Serialised to be stored with the run, and for the API."""
        return {
            "currency": self.currency,
            "time_zone": self.time_zone,
            "value_horizon_days": self.value_horizon_days,
            "churn_horizon_days": self.churn_horizon_days,
            "return_horizon_days": self.return_horizon_days,
            "discount_rate": self.discount_rate,
            "margin": self.margin,
            "risk_rule": dict(asdict(self.risk_rule)),
            "purchase_models": [str(each) for each in self.purchase_models],
        }
