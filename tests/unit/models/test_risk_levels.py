"""Levels and scores of churn risk, by the rule and on CDNOW."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.simulated_shops import WEEKLY, simulated_shop
from succotash.domain.models.bg_nbd import BGNBD
from succotash.domain.models.mbg_nbd import MBGNBD
from succotash.domain.models.pareto_nbd import ParetoNBD
from succotash.domain.models.purchases import Array, PurchaseModel
from succotash.domain.models.return_chance import ModelledReturn, ReturnCalibration
from succotash.domain.models.risk_levels import (
    HIGH,
    LOST,
    LOW,
    MEDIUM,
    RiskBasis,
    RiskThresholds,
    risk_levels,
    risk_scores,
    risk_thresholds,
)
from succotash.domain.models.selection import fit_purchases
from succotash.domain.retention.risk import RiskRule
from tests.unit.models.populations import SPEND, simulated

RULE = RiskRule()
HORIZON = 90.0


def basis(*rows: tuple[bool, float, float, float, float]) -> RiskBasis:
    """Has bought, P(inactive), chance of coming back, days since last seen, value at risk.

    Seen on one day only, and alive.
    """
    bought, inactive, chance, days, at_risk = np.array(rows, dtype=np.float64).T
    return RiskBasis(
        has_bought=bought == 1,
        probability_inactive=inactive,
        return_chance=chance,
        inactive_days=days,
        usual_gap=np.full(len(days), np.inf),
        alive=np.ones(len(days)),
        value_at_risk=at_risk,
    )


def levels_of(rule: RiskRule, found: RiskBasis) -> list[int]:
    levels = risk_levels(rule, risk_thresholds(rule, found, HORIZON), found, HORIZON)
    return [int(level) for level in levels]


@pytest.mark.parametrize(
    ("row", "level"),
    [
        ((True, 0.20, 0.95, 3, 900), LOW),  # loyal
        ((True, 0.50, 0.30, 40, 900), LOW),  # still as likely to buy as not
        ((True, 0.60, 0.60, 40, 900), LOW),  # of those least likely to churn, and likely to return
        ((True, 0.60, 0.39, 40, 900), MEDIUM),  # of those too, but not likely to return
        ((True, 0.70, 0.50, 60, 20), HIGH),  # slipping away with something left to lose
        ((True, 0.70, 0.50, 60, 19), MEDIUM),  # the same with less
        ((True, 0.95, 0.30, 200, 500), MEDIUM),  # of value, but not likely to return
        ((True, 0.99, 0.10, 91, 500), LOST),
        ((True, 0.99, 0.11, 91, 5), MEDIUM),  # not half as likely as everybody, but nearly
        ((True, 0.99, 0.01, 89, 5), MEDIUM),  # seen within the horizon
        ((False, 0.30, 0.80, 1, 0), LOW),  # a visitor
        ((False, 0.80, 0.50, 20, 0), MEDIUM),  # never bought, so there is nothing to lose
        ((False, 0.99, 0.02, 300, 0), LOST),
    ],
)
def test_the_rule_puts_each_kind_of_customer_where_it_says(
    row: tuple[bool, float, float, float, float], level: int
) -> None:
    thresholds = RiskThresholds(everybody=0.2, low_up_to=0.65, high_from=20.0)

    assert risk_levels(RULE, thresholds, basis(row), HORIZON).tolist() == [level]


@pytest.mark.parametrize(
    ("days", "gap", "alive", "chance", "at_risk", "level"),
    [
        (13, 7, 0.80, 0.80, 90, LOW),  # a weekly buyer who has not come for two weeks
        (15, 7, 0.86, 0.80, 90, LOW),  # longer, but hardly anybody like this has left
        (15, 7, 0.85, 0.80, 90, HIGH),  # and now some have
        (15, 7, 0.85, 0.80, 10, MEDIUM),  # the same with less to lose
        (15, np.inf, 0.50, 0.80, 90, LOW),  # seen on one day only: no rhythm to compare with
        (40, 7, 0.50, 0.10, 90, LOST),  # within the churn horizon, but likely gone
        (40, 7, 0.51, 0.10, 90, MEDIUM),
        (40, 21, 0.50, 0.10, 90, LOW),  # not twice their gap
    ],
)
def test_customers_are_slipping_away_by_their_own_rhythm(
    days: float, gap: float, alive: float, chance: float, at_risk: float, level: int
) -> None:
    thresholds = RiskThresholds(everybody=0.2, low_up_to=0.0, high_from=20.0)
    found = replace(
        basis((True, 0.3, chance, days, at_risk)),
        usual_gap=np.array([gap]),
        alive=np.array([alive]),
    )

    assert risk_levels(RULE, thresholds, found, HORIZON).tolist() == [level]


def test_those_slipping_away_take_no_place_of_the_low() -> None:
    """Of 100, of whom the 20 least likely to churn are silent, the next six are low."""
    rows = [(True, 0.6 + number / 1_000, 0.6, 30.0, 1.0) for number in range(100)]
    gaps = np.where(np.arange(100) < 20, 7.0, np.inf)
    found = replace(basis(*rows), usual_gap=gaps, alive=np.full(100, 0.8))

    levels = levels_of(replace(RULE, high_at_most=0.0), found)

    assert [place for place, level in enumerate(levels) if level == LOW] == list(range(20, 26))


def test_in_a_shop_where_hardly_anybody_returns_a_small_chance_is_not_likely() -> None:
    thresholds = RiskThresholds(everybody=0.01, low_up_to=0.0, high_from=0.0)

    assert thresholds.likely_from(RULE) == 0.1


@pytest.mark.parametrize(("seed", "leaving"), [(3, 0.02), (4, 0.05)])
def test_where_customers_come_weekly_those_who_begin_to_stay_away_are_high(
    seed: int, leaving: float
) -> None:
    rhythm = replace(WEEKLY, leaving=leaving)
    shop = simulated_shop(rhythm, 3_000, seed)
    model = fit_purchases(shop.sample()).model
    inactive = model.probability_inactive(*shop.history, HORIZON)
    x, t_x, age = shop.history
    found = RiskBasis(
        has_bought=np.ones(3_000, np.bool_),
        probability_inactive=inactive,
        return_chance=1 - model.probability_inactive(*shop.history, 2 * HORIZON),
        inactive_days=age - t_x,
        usual_gap=np.divide(t_x, x, out=np.full_like(x, np.inf), where=x > 0),
        alive=model.probability_alive(*shop.history),
        value_at_risk=model.expected_purchases(*shop.history, 365) * inactive,
    )
    levels = risk_levels(RULE, risk_thresholds(RULE, found, HORIZON), found, HORIZON)

    later = shop.bought_at - shop.age[shop.buyer]
    soon = shop.buyer[(later > 0) & (later <= 2 * HORIZON)]
    returned = np.bincount(soon, minlength=3_000) > 0
    assert 0.03 <= (levels == HIGH).mean() <= 0.1
    assert 0.45 <= returned[levels == HIGH].mean() <= 0.8
    assert returned[levels == LOW].mean() >= 0.9
    assert returned[levels == LOST].mean() <= 0.05


def test_in_a_shop_where_everybody_returns_likely_and_lost_are_chances_of_their_own() -> None:
    thresholds = RiskThresholds(everybody=0.9, low_up_to=0.0, high_from=0.0)

    assert thresholds.likely_from(RULE) == 0.45
    assert thresholds.lost_up_to(RULE) == 0.25


def test_high_are_at_most_the_tenth_with_the_greatest_value_at_risk() -> None:
    # Everybody is as likely to return as not, and nobody likely to come by themselves.
    everybody = basis(*[(True, 0.8, 0.5, 30.0, float(number)) for number in range(100)])
    rule = replace(RULE, low_at_least=0.0, likely_ratio=1.0)

    levels = levels_of(rule, replace(everybody, probability_inactive=np.linspace(0.7, 0.8, 100)))

    assert [place for place, level in enumerate(levels) if level == HIGH] == list(range(90, 100))


def test_of_equal_values_at_risk_at_the_edge_nobody_is_high() -> None:
    rows = [(True, 0.8, 0.5, 30.0, 5.0 if number < 95 else 9.0) for number in range(100)]
    rule = replace(RULE, low_at_least=0.0, likely_ratio=1.0, silent_from=0.1)
    # One customer less likely to churn, who takes the place at the low edge.
    rows[0] = (True, 0.2, 0.5, 30.0, 5.0)

    levels = levels_of(rule, basis(*rows))

    assert [place for place, level in enumerate(levels) if level == HIGH] == list(range(95, 100))


def test_equal_customers_are_all_high_or_none() -> None:
    rows = [(True, 0.8, 0.5, 30.0, 5.0)] * 50 + [(True, 0.2, 0.9, 3.0, 5.0)] * 50

    assert set(levels_of(RULE, basis(*rows))[:50]) == {MEDIUM}


def test_where_nobody_bought_nobody_is_high() -> None:
    visitors = basis(
        (False, 0.3, 0.9, 1, 0.0), (False, 0.8, 0.5, 50, 0.0), (False, 0.96, 0.1, 200, 0.0)
    )

    assert levels_of(replace(RULE, low_at_least=0.0), visitors) == [LOW, MEDIUM, MEDIUM]


def test_thresholds_of_nobody_call_nobody_high() -> None:
    nobody = RiskBasis(np.zeros(0, np.bool_), *(np.zeros(0) for _ in range(6)))
    thresholds = risk_thresholds(RULE, nobody, HORIZON)

    somebody = basis((True, 0.8, 0.5, 30.0, 1e9))
    assert risk_levels(RULE, thresholds, somebody, HORIZON).tolist() == [MEDIUM]


def test_a_rule_without_room_calls_nobody_high() -> None:
    rule = replace(RULE, high_at_most=0.0, low_at_least=0.0)
    rows = [(True, 0.8, 0.5, 30.0, float(number)) for number in range(20)]

    assert HIGH not in levels_of(rule, basis(*rows))


probabilities = st.floats(0, 1)


@given(
    rows=st.lists(
        st.tuples(
            st.booleans(), probabilities, probabilities, st.floats(0, 400), st.floats(0, 1e6)
        ),
        min_size=1,
    ),
    rule=st.builds(
        RiskRule, probabilities, probabilities, probabilities, st.floats(1, 9), st.floats(0, 0.9)
    ),
)
@settings(deadline=None)
def test_scores_agree_with_levels_and_rise_with_the_churn_probability(
    rows: list[tuple[bool, float, float, float, float]], rule: RiskRule
) -> None:
    found = basis(*rows)
    thresholds = risk_thresholds(rule, found, HORIZON)
    levels = risk_levels(rule, thresholds, found, HORIZON)
    scores = risk_scores(rule, thresholds, levels, found.probability_inactive)

    assert scores.dtype == np.int8
    for level, first, last in ((LOW, 1, 4), (MEDIUM, 5, 7), (HIGH, 8, 10), (LOST, 1, 1)):
        of_level = levels == level
        by_probability = scores[of_level][np.argsort(found.probability_inactive[of_level])]
        assert (np.diff(by_probability) >= 0).all()
        assert ((by_probability >= first) & (by_probability <= last)).all()
    assert (levels == HIGH).sum() <= rule.high_at_most * len(rows)
    assert not (levels == HIGH)[~found.has_bought].any()
    assert highest(found.return_chance[levels == LOST]) <= lowest(
        found.return_chance[levels == HIGH]
    )


def highest(values: Array) -> float:
    return float(values.max(initial=0.0))


def lowest(values: Array) -> float:
    return float(values.min(initial=1.0))


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_rule_of_impossible_numbers_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        RiskRule(high_at_most=share)


@pytest.mark.parametrize("ratio", [-0.1, 2.0, float("nan")])
def test_a_rule_in_which_the_lost_may_be_likely_to_return_is_refused(ratio: float) -> None:
    with pytest.raises(ValueError, match="the one of the lost is the lower"):
        RiskRule(lost_ratio=ratio)


@pytest.mark.parametrize(
    "model",
    [BGNBD(0.25, 31.0, 0.8, 2.5), MBGNBD(0.5, 45.0, 0.9, 1.6), ParetoNBD(0.55, 75.0, 0.6, 90.0)],
)
def test_in_shops_that_live_by_a_model_levels_are_what_they_say(model: PurchaseModel) -> None:
    """Customers of any age, and what they did in the 180 days after."""
    age = np.floor(np.random.default_rng(1).uniform(1, 730, 6_000))
    assert isinstance(model, BGNBD | MBGNBD | ParetoNBD)
    people = simulated(model, age, 2 * HORIZON, seed=2)
    inactive = model.probability_inactive(*people.history, HORIZON)
    expected = model.expected_purchases(*people.history, 365)
    x, t_x, _ = people.history
    said = ModelledReturn.of(model, *people.history, 2 * HORIZON)
    found = RiskBasis(
        has_bought=np.ones(6_000, np.bool_),
        probability_inactive=inactive,
        return_chance=ReturnCalibration().probability(said),
        inactive_days=people.age - people.recency,
        usual_gap=np.divide(t_x, x, out=np.full_like(x, np.inf), where=x > 0),
        alive=model.probability_alive(*people.history),
        value_at_risk=expected * SPEND.expected_spend(x, people.mean_spend) * inactive,
    )
    levels = risk_levels(RULE, risk_thresholds(RULE, found, HORIZON), found, HORIZON)

    returned = people.later > 0
    everybody = returned.mean()
    assert (levels == LOW).mean() >= 0.05
    assert 0.05 <= (levels == HIGH).mean() <= 0.10
    assert (levels == LOST).mean() >= 0.10
    assert returned[levels == HIGH].mean() >= 1.9 * everybody
    assert returned[levels == LOST].mean() <= 0.5 * everybody
    others = levels != LOW
    share = people.brought[levels == HIGH].sum() / people.brought[others].sum()
    assert share >= 2.5 * (levels == HIGH).sum() / others.sum()
