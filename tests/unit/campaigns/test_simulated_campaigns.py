"""Campaigns on CDNOW's revenue with a known effect, at eight looks, stopped at the first crossing.

In short, and with `make simulate` as many as the claims deserve.
"""

from math import sqrt

import pytest

from local.simulated_campaigns import (
    CAMPAIGNS,
    KNOWN,
    LARGE,
    LOOKS,
    MEMBERS,
    NOTHING,
    campaigns,
    population,
    share,
)
from succotash.domain.campaigns.effect import Finding

MANY = pytest.param(CAMPAIGNS, marks=pytest.mark.simulation)


def margin(chance: float, count: int) -> float:
    """Three standard errors of a share of so many campaigns, where they are few."""
    return 0.0 if count >= CAMPAIGNS else 3 * sqrt(chance * (1 - chance) / count)


@pytest.mark.parametrize("count", [60, MANY])
def test_the_final_interval_covers_a_known_effect(count: int) -> None:
    found = campaigns(KNOWN, MEMBERS, count)

    covered = share(each.is_covered for each in found)
    assert all(each.has_interval for each in found)
    assert 0.93 - margin(0.95, count) <= covered <= 0.97 + margin(0.95, count)


@pytest.mark.parametrize("count", [60, MANY])
def test_a_campaign_without_effect_is_seldom_called_effective(count: int) -> None:
    found = campaigns(NOTHING, MEMBERS, count)

    called = share(each.effect.finding is not Finding.NOT_ENOUGH_EVIDENCE for each in found)
    assert called <= 0.064 + margin(0.05, count)


@pytest.mark.parametrize("count", [20, MANY])
def test_a_large_effect_is_mostly_called_before_the_last_look(count: int) -> None:
    found = campaigns(LARGE, MEMBERS, count)

    early = share(
        each.effect.finding is Finding.MORE and (each.effect.look or LOOKS) < LOOKS
        for each in found
    )
    assert early > 0.5


@pytest.mark.parametrize("members", [300, 1_000, 3_000])
@pytest.mark.parametrize("count", [60, MANY])
def test_intervals_that_are_shown_hold_in_small_campaigns(members: int, count: int) -> None:
    for change in (NOTHING, KNOWN):
        shown = [each for each in campaigns(change, members, count) if each.has_interval]

        least = 0.93 - margin(0.95, count)
        assert sum(each.is_covered for each in shown) >= least * len(shown)


def test_no_campaign_of_300_shows_an_interval() -> None:
    """Of these 30 people are held out, of whom five buy."""
    assert not any(each.has_interval for each in campaigns(NOTHING, 300, 60))


def test_what_the_run_foresaw_narrows_the_interval_on_cdnow() -> None:
    narrowed = [each.effect.everybody.narrowed_by for each in campaigns(NOTHING, MEMBERS, 60)]

    assert 0.1 < sum(narrowed) / len(narrowed) < 0.2
    assert len(population().revenue) == 2_357
