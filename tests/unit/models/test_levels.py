import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.cdnow import HOLDOUT_END, histories
from succotash.domain.models.bg_nbd import BGNBD, fit_bg_nbd
from succotash.domain.models.levels import (
    HIGH,
    LOW,
    MEDIUM,
    RiskBasis,
    RiskThresholds,
    risk_levels,
    risk_scores,
    thresholds,
)
from succotash.domain.retention.risk import RiskRule

RULE = RiskRule()


def cdnow() -> tuple[RiskBasis, RiskThresholds]:
    """CDNOW as of 1998-07-01: every customer's basis, and the cuts from the merged sample."""
    known = histories(HOLDOUT_END)
    sample = known.sample()
    model = fit_bg_nbd(sample).model
    merged = RiskBasis.of(model, sample.frequency, sample.recency, sample.age + 1, 90)
    single = RiskBasis.of(model, known.frequency, known.recency, known.age + 1, 90)
    return single, thresholds(RULE, merged, sample.weight)


def test_on_cdnow_the_fixed_cut_would_call_nearly_everybody_high() -> None:
    basis, _ = cdnow()

    assert (basis.probability_inactive > 0.7).mean() == pytest.approx(0.86, abs=0.005)


def test_on_cdnow_each_level_is_of_use() -> None:
    basis, cuts = cdnow()
    levels = risk_levels(RULE, cuts, basis)
    shares = np.bincount(levels, minlength=3) / len(levels)

    assert shares == pytest.approx([0.12, 0.79, 0.09], abs=0.01)
    high, low = levels == HIGH, levels == LOW
    assert (basis.frequency[high] > 0).all()
    assert np.median(basis.probability_alive[low]) > 0.8
    assert 0.2 < np.median(basis.probability_alive[high]) < 0.5


def test_cuts_from_the_merged_sample_are_those_of_the_single_customers() -> None:
    basis, cuts = cdnow()

    assert thresholds(RULE, basis, np.ones_like(basis.frequency)) == cuts


def test_a_quarter_of_those_worth_acting_on_have_lost_as_much_as_the_high() -> None:
    basis, cuts = cdnow()
    worth = basis.worth_acting_on(RULE)

    assert (basis.probability_lost[worth] >= cuts.high_from).mean() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    ("frequency", "alive", "silent", "lost", "level"),
    [
        (9, 0.95, 0.20, 0.05, LOW),  # loyal
        (9, 0.55, 0.49, 0.40, LOW),  # still likelier to buy than not
        (9, 0.35, 0.70, 0.60, HIGH),  # slipping away
        (0, 1.00, 0.96, 0.00, MEDIUM),  # bought once, nothing to be expected
        (0, 0.30, 0.96, 0.60, MEDIUM),  # bought once, under a model where one may leave at once
        (9, 0.01, 0.99, 0.70, MEDIUM),  # gone
        (1, 0.60, 0.93, 0.07, MEDIUM),  # rare buyer
    ],
)
def test_the_rule_puts_each_kind_of_customer_where_it_says(
    frequency: float, alive: float, silent: float, lost: float, level: int
) -> None:
    cuts = RiskThresholds(low_up_to=0.5, high_from=0.3)
    basis = RiskBasis(*(np.array([float(each)]) for each in (frequency, alive, silent, lost)))

    assert risk_levels(RULE, cuts, basis)[0] == level


def test_the_loss_fades_for_the_long_gone() -> None:
    model = BGNBD(0.25, 38.0, 0.62, 2.7)
    ages = np.array([110.0, 200.0, 300.0, 5_000.0])
    lost = RiskBasis.of(model, np.full(4, 8.0), np.full(4, 100.0), ages, 90).probability_lost

    assert lost[0] < lost[1]
    assert lost[2] > lost[3]
    assert lost[3] < 0.2


def test_the_loss_is_what_leaving_adds_to_the_silence() -> None:
    model = BGNBD(0.25, 38.0, 0.62, 2.7)
    history = np.array([3.0]), np.array([100.0]), np.array([220.0])
    basis = RiskBasis.of(model, *history, 90)

    if_alive = model.probability_silent_if_alive(*history, 90)
    assert basis.probability_lost == pytest.approx(basis.probability_inactive - if_alive)


def test_where_nobody_is_worth_acting_on_nobody_is_high() -> None:
    once = RiskBasis(np.zeros(3), np.ones(3), np.array([0.3, 0.8, 0.96]), np.zeros(3))
    cuts = thresholds(RULE, once, np.ones(3))

    assert risk_levels(RULE, cuts, once).tolist() == [LOW, MEDIUM, MEDIUM]


def test_a_rule_without_a_high_share_calls_nobody_high() -> None:
    basis, _ = cdnow()
    none = RiskRule(high_share=0)
    cuts = thresholds(none, basis, np.ones_like(basis.frequency))

    assert not (risk_levels(none, cuts, basis) == HIGH).any()


probabilities = st.floats(0, 1)


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 9), probabilities, probabilities, probabilities), min_size=1
    ),
    rule=st.builds(RiskRule, probabilities, probabilities, probabilities, probabilities),
)
@settings(deadline=None)
def test_scores_agree_with_levels_and_rise_with_the_churn_probability(
    rows: list[tuple[int, float, float, float]], rule: RiskRule
) -> None:
    basis = RiskBasis(*np.array(rows, dtype=np.float64).T)
    cuts = thresholds(rule, basis, np.ones(len(rows)))
    levels = risk_levels(rule, cuts, basis)
    scores = risk_scores(cuts, levels, basis.probability_inactive)

    assert scores.dtype == np.int8
    for level, first, last in ((LOW, 1, 4), (MEDIUM, 5, 7), (HIGH, 8, 10)):
        of_level = levels == level
        by_probability = scores[of_level][np.argsort(basis.probability_inactive[of_level])]
        assert (np.diff(by_probability) >= 0).all()
        assert ((by_probability >= first) & (by_probability <= last)).all()
    silent = basis.probability_inactive
    assert silent[levels == LOW].max(initial=0) <= silent[levels != LOW].min(initial=1)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_rule_of_impossible_numbers_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        RiskRule(high_share=share)
