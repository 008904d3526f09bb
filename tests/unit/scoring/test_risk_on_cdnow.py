"""Whether risk levels are of use: what customers of CDNOW did after them, which no run saw."""

from datetime import date

import pytest

from local.cdnow import amounts_by_day
from local.risk_report import DAYS, Afterwards
from succotash.domain.retention.retention import RiskLevel


@pytest.fixture(scope="module", params=DAYS, ids=str)
def afterwards(request: pytest.FixtureRequest) -> Afterwards:
    day = request.param
    assert isinstance(day, date)
    return Afterwards.of(day, amounts_by_day())


def test_each_level_has_its_share_of_customers(afterwards: Afterwards) -> None:
    assert afterwards.share(RiskLevel.LOW) >= 0.05
    assert 0.05 <= afterwards.share(RiskLevel.HIGH) <= 0.15
    assert afterwards.share(RiskLevel.LOST) >= 0.10


def test_nearly_half_of_the_high_come_back(afterwards: Afterwards) -> None:
    assert afterwards.returned(afterwards.at(RiskLevel.HIGH)) >= 0.45


def test_the_lost_come_back_half_as_often_as_everybody(afterwards: Afterwards) -> None:
    everybody = afterwards.returned(afterwards.predictions)
    assert everybody == pytest.approx(0.234, abs=0.02)
    assert afterwards.returned(afterwards.at(RiskLevel.LOST)) <= everybody / 2


def test_of_those_who_do_not_come_by_themselves_the_high_bring_most(
    afterwards: Afterwards,
) -> None:
    assert afterwards.revenue_of_high >= 2.5


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


def test_of_the_lost_who_are_alive_for_certain_it_is_told_why(afterwards: Afterwards) -> None:
    supposed = "P(alive) 1 is supposed: the model lets nobody leave before a second purchase"
    lost = afterwards.at(RiskLevel.LOST)

    assert any(each.probability_alive == 1 for each in lost)
    for each in lost:
        assert (supposed in each.reasons) == (each.probability_alive == 1)
