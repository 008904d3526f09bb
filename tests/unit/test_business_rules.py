"""The check of business rules: it passes on the demo, and fails where a result is wrong."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from local.check_business_logic import RULES, as_markdown, judged, with_table
from local.rules.demo_run import DemoRun
from local.rules.rule import Verdict
from succotash.domain.retention.retention import (
    ChurnPrediction,
    EngagementSegment,
    RiskLevel,
    UserEngagementProfile,
)
from succotash.domain.value.ltv import CustomerLTV
from succotash.domain.values import SegmentId
from tests.builders import usd

pytestmark = pytest.mark.long

SOMEBODY = "cdnow-0001"


@pytest.fixture(scope="module")
def run() -> DemoRun:
    return DemoRun.make()


def broken(run: DemoRun) -> set[str]:
    return {rule.text for rule, verdict in judged(run) if not verdict.is_obeyed}


def test_the_running_code_obeys_every_rule(run: DemoRun) -> None:
    assert broken(run) == set()
    assert len({rule.text for rule in RULES}) == len(RULES)


type Change[T] = Callable[[T], T]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda each: replace(each, risk_level=RiskLevel.LOST, risk_score=1), "`lost`"),
        (lambda each: replace(each, churn_probability=1e-3), "P(no purchase and no activity)"),
        (lambda each: replace(each, probability_alive=0.123), "A customer has one P(alive)"),
        (lambda each: replace(each, value_at_risk=usd("1e6")), "Value at risk"),
        (lambda each: replace(each, risk_score=10), "Risk scores"),
        (
            lambda each: replace(each, predicted_churn_date=each.last_seen_on),
            "A predicted churn date",
        ),
        (
            lambda each: replace(each, last_seen_on=each.last_seen_on - timedelta(1)),
            "`last_seen_on`",
        ),
    ],
)
def test_a_wrong_risk_breaks_its_rule(
    run: DemoRun, change: Change[ChurnPrediction], rule: str
) -> None:
    customer_id = next(
        each.customer_id
        for each in run.predictions.values()
        if each.risk_level is RiskLevel.MEDIUM and each.churn_probability < 1
    )
    predictions = {**run.predictions, customer_id: change(run.predictions[customer_id])}

    found = broken(replace(run, predictions=predictions))
    assert any(text.startswith(rule) for text in found)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda each: replace(each, actual_clv=each.actual_clv + usd("0.0001")), "`actual_clv`"),
        (lambda each: replace(each, frequency=99), "A purchase is a day"),
        (lambda each: replace(each, segment_id=SegmentId("vip")), "A customer is in the highest"),
        (lambda each: replace(each, probability_of_no_purchase=0.1), "An interval"),
        (lambda each: replace(each, residual_median=usd("1e9")), "An interval"),
        (
            lambda each: replace(each, last_purchase_at=each.last_purchase_at + timedelta(9_999)),
            "What happened after",
        ),
    ],
)
def test_a_wrong_value_breaks_its_rule(
    run: DemoRun, change: Change[CustomerLTV], rule: str
) -> None:
    customer_id, value = next(
        (customer_id, each)
        for customer_id, each in run.values.items()
        if each.interval_is_point and each.segment_id == "low_value"
    )

    found = broken(replace(run, values={**run.values, customer_id: change(value)}))
    assert any(text.startswith(rule) for text in found)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda each: replace(each, engagement_score=100), "Engagement is"),
        (lambda each: replace(each, segment=EngagementSegment.NEW_USERS), "The engagement segment"),
    ],
)
def test_a_wrong_profile_breaks_its_rule(
    run: DemoRun, change: Change[UserEngagementProfile], rule: str
) -> None:
    profiles = {**run.profiles, SOMEBODY: change(run.profiles[SOMEBODY])}

    found = broken(replace(run, profiles=profiles))
    assert any(text.startswith(rule) for text in found)


def test_an_order_that_was_not_counted_breaks_the_rules_on_money(run: DemoRun) -> None:
    counted = run.recounts[SOMEBODY]
    more = replace(counted, bought=[*counted.bought, (counted.bought[-1][0], Decimal(5))])

    found = broken(replace(run, recounts={**run.recounts, SOMEBODY: more}))
    assert {text.split()[0] for text in found} >= {"`actual_clv`", "Groups", "A"}


def test_a_rule_of_no_cases_is_not_obeyed() -> None:
    assert not Verdict.over([], "customers").is_obeyed


def test_a_broken_rule_names_a_case() -> None:
    verdict = Verdict.over([("ada", True), ("bob", False)], "customers")

    assert verdict == Verdict(is_obeyed=False, evidence="1 of 2 customers break it, such as bob")


def test_the_table_takes_the_place_of_the_one_before(run: DemoRun) -> None:
    table = as_markdown(judged(run)[:1])

    page = with_table("# Rules\n<!-- rules -->\nold\n<!-- end -->\n", table)
    assert page == f"# Rules\n<!-- rules -->\n{table}\n<!-- end -->\n"
    with pytest.raises(ValueError, match="0 places"):
        with_table("# Rules", table)
