"""Whether risk levels are of use: what customers of CDNOW did after them, which no run saw."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from local.cdnow import amounts_by_day
from succotash.domain.retention.retention import ChurnPrediction, RiskLevel
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.unit.scoring.runs import record_cdnow, run

AFTER = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Afterwards:
    """Predictions, the greatest value at risk first, and what each customer brought in 180 days."""

    predictions: Sequence[ChurnPrediction]
    brought: dict[str, list[float]]

    def of(self, *levels: RiskLevel) -> list[ChurnPrediction]:
        return [each for each in self.predictions if each.risk_level in levels]

    def share(self, level: RiskLevel) -> float:
        return len(self.of(level)) / len(self.predictions)

    def returned(self, predictions: Sequence[ChurnPrediction]) -> float:
        """The share who bought again."""
        return sum(bool(self.brought[each.customer_id]) for each in predictions) / len(predictions)

    def revenue(self, predictions: Sequence[ChurnPrediction]) -> float:
        return sum(sum(self.brought[each.customer_id]) for each in predictions)


@pytest.fixture(scope="module", params=["1997-10-01", "1998-01-01"])
def afterwards(request: pytest.FixtureRequest) -> Afterwards:
    day = date.fromisoformat(request.param)
    storage = InMemoryStorage()
    record_cdnow(storage.repositories)
    run(storage, f"{day}T00:00:00Z")
    return Afterwards(
        storage.repositories.retention.find_churn_predictions(limit=5000),
        {
            customer: [amount for each, amount in days.items() if day <= each < day + AFTER]
            for customer, days in amounts_by_day().items()
        },
    )


def test_each_level_has_its_share_of_customers(afterwards: Afterwards) -> None:
    assert afterwards.share(RiskLevel.LOW) >= 0.05
    assert 0.05 <= afterwards.share(RiskLevel.HIGH) <= 0.15
    assert afterwards.share(RiskLevel.LOST) >= 0.10


def test_nearly_half_of_the_high_come_back(afterwards: Afterwards) -> None:
    assert afterwards.returned(afterwards.of(RiskLevel.HIGH)) >= 0.45


def test_the_lost_come_back_half_as_often_as_everybody(afterwards: Afterwards) -> None:
    everybody = afterwards.returned(afterwards.predictions)
    assert everybody == pytest.approx(0.234, abs=0.02)
    assert afterwards.returned(afterwards.of(RiskLevel.LOST)) <= everybody / 2


def test_of_those_who_do_not_come_by_themselves_the_high_bring_most(
    afterwards: Afterwards,
) -> None:
    high = afterwards.of(RiskLevel.HIGH)
    others = afterwards.of(RiskLevel.MEDIUM, RiskLevel.HIGH, RiskLevel.LOST)
    share_of_revenue = afterwards.revenue(high) / afterwards.revenue(others)
    assert share_of_revenue >= 2.5 * len(high) / len(others)


def test_the_list_opens_with_customers_who_may_be_kept(afterwards: Afterwards) -> None:
    first = afterwards.predictions[:100]
    assert min(each.probability_alive for each in first) > 0.05
    assert afterwards.returned(first) > 0.5


def test_a_chance_of_coming_back_is_what_it_says(afterwards: Afterwards) -> None:
    """By fifths of customers, within a tenth of everybody."""
    ranked = sorted(afterwards.predictions, key=lambda each: each.return_probability or 0.0)
    for place in range(5):
        part = ranked[place * len(ranked) // 5 : (place + 1) * len(ranked) // 5]
        said = sum(each.return_probability or 0.0 for each in part) / len(part)
        assert said == pytest.approx(afterwards.returned(part), abs=0.1)
