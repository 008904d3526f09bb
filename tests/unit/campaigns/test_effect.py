"""What is told of a campaign: at each look, at its end, and while there is too little to tell."""

from datetime import UTC, datetime, timedelta
from statistics import NormalDist

import numpy as np
import pytest

from succotash.domain.campaigns.boundaries import obrien_fleming_spent, two_sided_boundaries
from succotash.domain.campaigns.effect import CampaignEffect, Finding, IntervalKind, read_effect
from succotash.domain.campaigns.estimates import Reading
from succotash.domain.campaigns.looks import LookPlan
from succotash.domain.campaigns.totals import ArmTotals
from tests.unit.campaigns.members import drawn, summed

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = timedelta(days=30)
PLAN = LookPlan.of(START, WINDOW, [START + timedelta(days=each) for each in (40, 50, 60, 70)])
Z = NormalDist().inv_cdf(0.975)
NOTHING, MUCH, LESS = 0.0, 28.0, -34.0


def counted(looks: int, effect: float = NOTHING, **sizes: int) -> list[ArmTotals]:
    return [drawn(at, effect=effect, **sizes) for at in range(looks)]


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def interval(effect: CampaignEffect) -> tuple[float, float]:
    revenue = effect.everybody.revenue
    assert revenue is not None
    return revenue.low, revenue.high


def test_before_the_first_look_nothing_is_told() -> None:
    effect = read_effect(PLAN, [])

    assert effect.summary == "Not enough evidence yet: the first look is on 2026-02-10."
    assert effect.finding is Finding.NOT_ENOUGH_EVIDENCE
    assert (effect.looks_reached, effect.look, effect.everybody.revenue) == (0, None, None)


@pytest.mark.parametrize(
    ("treated", "held_out", "reason"),
    [
        (900, 10, "5 people of the holdout can be expected to buy, and 10 are needed"),
        (10, 900, "5 people of the treatment can be expected to buy, and 10 are needed"),
        (900, 0, "0 people of the holdout can be expected to buy, and 10 are needed"),
    ],
)
def test_with_few_customers_in_a_group_there_is_no_interval(
    treated: int, held_out: int, reason: str
) -> None:
    effect = read_effect(PLAN, counted(1, MUCH, treated=treated, held_out=held_out))

    assert effect.summary.startswith(f"Not enough evidence yet: {reason}.")
    assert effect.finding is Finding.NOT_ENOUGH_EVIDENCE
    assert effect.everybody.revenue is None
    assert effect.everybody.incremental_revenue is None


def test_a_holdout_that_bought_nothing_where_others_did_tells_something() -> None:
    written = drawn(1).treatment
    nobody = summed(np.zeros(100), np.full(100, 50.0))

    effect = read_effect(PLAN, [ArmTotals(written, nobody)])

    assert effect.finding is Finding.MORE


def test_where_all_outcomes_are_alike_there_is_no_interval() -> None:
    totals = ArmTotals(*(summed(np.full(100, 9.0), np.zeros(100)) for _ in range(2)))

    effect = read_effect(PLAN, [totals])

    assert effect.summary == "Not enough evidence yet: everybody's outcome is the same."
    assert effect.everybody.revenue is None


def test_where_a_few_purchases_decide_there_is_no_interval() -> None:
    random = np.random.default_rng(1)
    revenue = random.lognormal(0, 2.5, 2_000)
    totals = ArmTotals(summed(revenue[200:], np.zeros(1_800)), summed(revenue[:200], np.zeros(200)))

    effect = read_effect(PLAN, [totals])

    assert effect.summary.startswith(
        "Not enough evidence yet: a few large purchases decide what the holdout is worth. About "
    )
    assert effect.everybody.revenue is None
    assert effect.everybody.customers is None  # everybody bought, so nobody differs
    assert effect.shortfall is not None
    assert effect.shortfall.people > 2_000


def test_customers_have_an_interval_where_revenue_is_too_skewed_for_one() -> None:
    random = np.random.default_rng(1)
    revenue = random.lognormal(0, 2.5, 2_000) * (random.random(2_000) < 0.5)
    totals = ArmTotals(summed(revenue[200:], np.zeros(1_800)), summed(revenue[:200], np.zeros(200)))

    effect = read_effect(PLAN, [totals]).everybody

    assert effect.revenue is None
    assert effect.customers is not None
    found = Reading.of(totals).customers
    assert found is not None
    [limit] = two_sided_boundaries([totals.information], [PLAN.looks[0].spent])
    assert (effect.customers.low, effect.customers.high) == pytest.approx(found.interval(limit))


def test_an_interval_with_0_in_it_is_not_enough_evidence() -> None:
    effect = read_effect(PLAN, counted(2))

    low, high = interval(effect)
    assert low < 0 < high
    assert effect.summary.startswith("Not enough evidence yet: the interval includes zero.")
    assert (effect.look, effect.interval, effect.is_final) == (2, IntervalKind.REPEATED, False)
    assert effect.crossed_at is None


def test_a_repeated_interval_reaches_as_far_as_the_boundary_of_its_look() -> None:
    totals = counted(2)
    whole = totals[0] + totals[1]
    information = [totals[0].information, whole.information]
    limit = two_sided_boundaries(information, [each.spent for each in PLAN.looks[:2]])[1]

    found = Reading.of(whole).revenue

    assert found is not None
    assert interval(read_effect(PLAN, totals)) == pytest.approx(found.interval(limit))


@pytest.mark.parametrize(
    ("amount", "finding", "word"), [(MUCH, Finding.MORE, "raised"), (LESS, Finding.LESS, "lowered")]
)
def test_a_crossing_is_told_at_once(amount: float, finding: Finding, word: str) -> None:
    effect = read_effect(PLAN, counted(2, amount))

    assert effect.finding is finding
    assert effect.summary == f"The campaign {word} revenue."
    assert (effect.crossed_at, effect.look, effect.is_final) == (2, 2, False)
    assert effect.interval is IntervalKind.REPEATED
    assert effect.shortfall is None


def test_a_campaign_that_stops_at_a_crossing_has_the_stagewise_interval() -> None:
    totals = counted(2, MUCH)

    stopped = read_effect(PLAN, totals, ended_at=day(55))

    assert (stopped.crossed_at, stopped.look, stopped.is_final) == (2, 2, True)
    assert stopped.interval is IntervalKind.STAGEWISE
    low, high = interval(stopped)
    wide_low, wide_high = interval(read_effect(PLAN, totals))
    assert low > 0
    assert high - low < wide_high - wide_low


def test_what_comes_after_a_stop_at_a_crossing_changes_nothing() -> None:
    totals = counted(4, MUCH)

    at_once = read_effect(PLAN, totals[:2], ended_at=day(55))
    later = read_effect(PLAN, totals, ended_at=day(55))

    assert later.everybody == at_once.everybody
    assert (later.look, later.looks_reached, later.summary) == (2, 4, at_once.summary)


def test_a_campaign_that_goes_on_past_a_crossing_has_the_repeated_interval() -> None:
    for looks, is_final in ((3, False), (4, True)):
        effect = read_effect(PLAN, counted(looks, MUCH), ended_at=day(69))

        assert (effect.crossed_at, effect.look, effect.is_final) == (2, looks, is_final)
        assert effect.interval is IntervalKind.REPEATED
        assert effect.summary.endswith(
            "That was clear at look 2; people who counted later are included."
        )


def test_a_campaign_that_ended_before_it_crossed_did_not_stop_for_that() -> None:
    for looks, is_final in ((2, False), (3, False), (4, True)):
        effect = read_effect(PLAN, counted(looks, MUCH), ended_at=day(5))

        assert (effect.crossed_at, effect.look, effect.is_final) == (2, looks, is_final)
        assert effect.interval is IntervalKind.REPEATED
        assert effect.everybody.totals == sum(counted(looks, MUCH), ArmTotals())


def test_a_campaign_that_ends_at_the_look_that_crosses_stopped_there() -> None:
    effect = read_effect(PLAN, counted(3, MUCH), ended_at=PLAN.looks[1].at)

    assert (effect.look, effect.interval, effect.is_final) == (2, IntervalKind.STAGEWISE, True)


def test_at_the_last_look_no_evidence_is_no_longer_called_not_yet() -> None:
    effect = read_effect(PLAN, counted(4))

    low, high = interval(effect)
    assert low < 0 < high
    assert effect.summary.startswith("Not enough evidence: the interval includes zero.")
    assert (effect.interval, effect.is_final) == (IntervalKind.STAGEWISE, True)


def test_a_campaign_that_ended_before_any_crossing_is_read_until_its_last_look() -> None:
    effect = read_effect(PLAN, counted(3), ended_at=day(5))

    assert (effect.look, effect.is_final) == (3, False)
    assert effect.shortfall is None or effect.shortfall.expected_at is None


def test_a_single_look_has_the_usual_interval() -> None:
    plan = LookPlan.of(START, WINDOW, [day(70)])
    totals = drawn(1, effect=10)

    effect = read_effect(plan, [totals])

    found = Reading.of(totals).revenue
    assert found is not None
    assert effect.everybody.revenue is not None
    assert interval(effect) == pytest.approx(found.interval(Z), rel=1e-3)
    assert effect.everybody.revenue.value == pytest.approx(found.value_at(0), rel=1e-3)


@pytest.mark.parametrize("seed", range(30))
def test_an_interval_excludes_0_where_the_boundary_is_crossed_and_only_there(seed: int) -> None:
    totals = [drawn(seed * 10 + at, effect=seed - 5) for at in range(4)]

    for looks in (1, 2, 3, 4):
        effect = read_effect(PLAN, totals[:looks])
        if effect.crossed_at in {None, looks}:
            crossed = effect.crossed_at is not None
            assert (effect.finding is not Finding.NOT_ENOUGH_EVIDENCE) == crossed
            stopped = read_effect(PLAN, totals[:looks], ended_at=PLAN.looks[looks - 1].at)
            assert stopped.finding is effect.finding


def test_a_look_with_too_few_is_left_out_and_its_error_is_left_to_the_next() -> None:
    few, many = drawn(1, 40, 4), drawn(2)
    first = LookPlan(PLAN.opens_at, PLAN.looks[1:])

    effect = read_effect(PLAN, [few, many])

    assert effect.look == 2
    assert interval(effect) == pytest.approx(interval(read_effect(first, [few + many])))


def test_how_many_more_people_would_be_enough_follows_the_pace() -> None:
    totals = counted(1, 12.0)
    found = Reading.of(totals[0]).revenue
    assert found is not None

    effect = read_effect(PLAN, totals)

    limit = PLAN.expected_boundaries()[-1]
    times = ((limit + NormalDist().inv_cdf(0.8)) / found.statistic()) ** 2
    assert effect.shortfall is not None
    assert effect.shortfall.people == pytest.approx(1_000 * (times - 1), abs=1)
    there = day(40) + timedelta(days=10) * (effect.shortfall.people / 1_000)
    looks = [each.at for each in PLAN.looks if each.at >= there]
    expected_at = looks[0] if looks else there
    assert effect.shortfall.expected_at == expected_at
    assert effect.summary.endswith(
        f"About {effect.shortfall.people:,} more people would probably be enough, "
        f"expected by {expected_at:%Y-%m-%d}."
    )


def test_without_anybody_new_enough_people_are_never_expected() -> None:
    effect = read_effect(PLAN, [*counted(1, 12.0), ArmTotals()])

    assert effect.shortfall is not None
    assert effect.shortfall.people > 0
    assert effect.shortfall.expected_at is None
    assert effect.summary.endswith("more people would probably be enough.")


def test_of_a_campaign_that_is_over_no_more_people_are_expected() -> None:
    effect = read_effect(PLAN, counted(1, 12.0), ended_at=PLAN.looks[0].at)

    assert effect.shortfall is not None
    assert effect.shortfall.expected_at is None
    assert effect.summary.endswith(
        "more people would probably be enough; the campaign is over, so nobody is assigned any "
        "more."
    )


def test_at_a_pace_that_is_next_to_nothing_enough_people_are_never_expected() -> None:
    effect = read_effect(PLAN, [*counted(1), drawn(5, 1, 0)])

    assert effect.shortfall is not None
    assert effect.shortfall.people > 1_000
    assert effect.shortfall.expected_at is None


def test_people_who_would_be_enough_at_the_last_look_may_not_be_at_the_first() -> None:
    effect = read_effect(PLAN, counted(1, MUCH))

    assert effect.finding is Finding.NOT_ENOUGH_EVIDENCE
    assert effect.shortfall is not None
    assert effect.shortfall.people == 0
    assert effect.shortfall.expected_at == PLAN.looks[1].at
    assert effect.summary.endswith("The people so far would probably be enough at a later look.")


def test_too_few_customers_say_how_many_more_people_would_be_enough() -> None:
    effect = read_effect(PLAN, counted(1, held_out=10))

    assert effect.shortfall is not None
    bought = effect.everybody.totals.treatment.b + effect.everybody.totals.holdout.b
    assert effect.shortfall.people == pytest.approx(910 * (10 / (bought * 10 / 910) - 1), abs=1)
    nobody = read_effect(PLAN, counted(1, held_out=0))
    assert nobody.shortfall is None


def test_groups_that_seem_alike_would_never_be_enough() -> None:
    alike = drawn(1)
    effect = read_effect(PLAN, [ArmTotals(alike.treatment, alike.treatment)])

    assert effect.everybody.revenue is not None
    assert effect.everybody.revenue.value == pytest.approx(0, abs=1e-9)
    assert effect.shortfall is None


def test_what_a_campaign_brought_is_that_of_everybody_assigned_to_it() -> None:
    effect = read_effect(PLAN, counted(3, MUCH)).everybody

    treated = effect.totals.treatment.members
    revenue, customers = effect.revenue, effect.customers
    assert revenue is not None
    assert customers is not None
    assert effect.incremental_revenue == revenue.times(treated)
    assert effect.incremental_customers == customers.times(treated)
    assert revenue.low < MUCH / 2 < revenue.high
    assert customers.low < 0 < customers.high


def test_what_was_foreseen_narrows_the_interval() -> None:
    random = np.random.default_rng(6)
    foreseen = random.exponential(30, 4_000)
    revenue = np.maximum(foreseen + random.normal(0, 15, 4_000), 0)
    totals = ArmTotals(summed(revenue[400:], foreseen[400:]), summed(revenue[:400], foreseen[:400]))

    effect = read_effect(PLAN, [totals])

    explained = np.corrcoef(foreseen, revenue)[0, 1] ** 2
    assert effect.everybody.narrowed_by == pytest.approx(1 - (1 - explained) ** 0.5, abs=0.05)
    assert effect.everybody.narrowed_by > 0.5


def test_each_segment_has_its_own_interval_and_a_note_says_what_that_means() -> None:
    vip, new = counted(2, MUCH), counted(2)
    tiny = [drawn(9, 20, 2), ArmTotals()]
    everybody = [sum(each, ArmTotals()) for each in zip(vip, new, tiny, strict=True)]

    effect = read_effect(PLAN, everybody, {"vip": vip, "new": new, "tiny": tiny})

    assert effect.segments["vip"].totals == vip[0] + vip[1]
    assert effect.segments["vip"].revenue is not None
    assert effect.segments["vip"].revenue.low > 0
    assert effect.segments["new"].revenue is not None
    assert effect.segments["new"].revenue.low < 0
    assert effect.segments["tiny"].revenue is None
    assert effect.segments["tiny"].too_small is not None
    assert effect.segments_note == (
        "Each interval holds for its own segment in 95% of campaigns, not for all of them at once: "
        "of 2 segments, up to 0.1 seem changed by chance."
    )


def test_the_error_left_by_the_calendar_is_spent_at_the_last_look() -> None:
    assert PLAN.looks[-1].spent == pytest.approx(obrien_fleming_spent(1.0))
