"""Audiences: every storage finds whom a plain reading of the conditions means."""

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from succotash.domain.campaigns.alternatives import AudienceField, Kind, Number
from succotash.domain.campaigns.audiences import Audience, Condition, Group, Operator, Rule
from succotash.domain.repositories.storage import Repositories
from succotash.domain.retention.retention import EngagementSegment, RiskLevel
from succotash.domain.values import CustomerId
from succotash.errors import InvalidInputError
from tests.builders import (
    a_campaign,
    a_consent,
    a_lead,
    a_prediction,
    a_profile,
    a_run,
    a_value,
    an_order,
    at,
    usd,
)
from tests.builders.campaigns import add_people, email_of, listed, terms

PEOPLE = 60
F = AudienceField
TEXTS: Mapping[AudienceField, Sequence[str]] = {
    F.RISK_LEVEL: [*RiskLevel],
    F.ENGAGEMENT_SEGMENT: [*EngagementSegment],
    F.VALUE_SEGMENT: ["low_value", "high_value"],
    F.LEAD_SOURCE: ["google", "newsletter", "direct"],
    F.COHORT: ["2024-04", "2024-05"],
}
PROBABILITIES = [0.0, 0.1, 0.1 + 0.2, 0.5, 1.0]
AMOUNTS = [Decimal(each) for each in ("0", "0.0001", "12.5", "30", "42.5001")]
COUNTS = [0, 1, 2, 30, 31]
NUMBERS: Mapping[Kind, Sequence[Number]] = {
    Kind.PROBABILITY: PROBABILITIES,
    Kind.AMOUNT: AMOUNTS,
    Kind.COUNT: COUNTS,
}
type Known = dict[AudienceField, str | float | Decimal | None]


def some_people(repositories: Repositories) -> dict[str, Known]:
    """Customers of the current run with what is known of each, drawn the same each time."""
    draw = random.Random(20240501)  # noqa: S311 - people to test with
    everybody: dict[str, Known] = {}
    for number in range(PEOPLE):
        customer, known = f"customer{number:02d}", dict.fromkeys(AudienceField)
        everybody[customer] = known
        if draw.random() < 0.7:
            source = draw.choice(TEXTS[F.LEAD_SOURCE])
            lead = a_lead(f"lead{number}", email=email_of(customer), source=source)
            repositories.forms.save_lead(lead)
            known[F.LEAD_SOURCE] = source
        repositories.ltv.record_orders(
            [an_order(f"o{number}", customer_id=customer, email=email_of(customer))]
        )
        if draw.random() < 0.9:
            amount, days = draw.choice(AMOUNTS), draw.choice(COUNTS)
            prediction = replace(
                a_prediction(
                    customer,
                    probability=draw.choice(PROBABILITIES),
                    risk=draw.choice([*RiskLevel]),
                    at_risk=str(amount),
                ),
                last_seen_on=date(1970, 1, 1) - timedelta(days=days),
            )
            repositories.retention.save_churn_prediction(prediction)
            known[F.RISK_LEVEL] = prediction.risk_level
            known[F.CHURN_PROBABILITY] = prediction.churn_probability
            known[F.VALUE_AT_RISK], known[F.DAYS_INACTIVE] = amount, days
        if draw.random() < 0.8:
            value = replace(
                a_value(
                    customer,
                    actual=draw.choice(AMOUNTS),
                    orders=draw.choice(COUNTS[1:]),
                    segment=draw.choice(TEXTS[F.VALUE_SEGMENT]),
                    cohort=draw.choice(TEXTS[F.COHORT]),
                ),
                residual_value=usd("12.5"),
            )
            repositories.ltv.save_customer_ltv(value)
            known[F.VALUE_SEGMENT], known[F.COHORT] = value.segment_id, value.cohort_id
            known[F.PREDICTED_VALUE] = value.actual_clv.amount + Decimal("12.5")
            known[F.PURCHASES] = value.order_count
        if draw.random() < 0.5:
            segment = draw.choice([*EngagementSegment])
            profile = a_profile(customer, segment=segment)
            repositories.retention.save_user_engagement_profile(profile)
            known[F.ENGAGEMENT_SEGMENT] = segment
    repositories.consents.record_consents(
        [a_consent(f"c-{each}", email=email_of(each)) for each in everybody]
    )
    return everybody


def meets(rule: Rule, known: Known) -> bool:
    """The plain reading of a rule."""
    if isinstance(rule, Group):
        each = (meets(inner, known) for inner in rule.rules)
        return all(each) if rule.match == "all" else any(each)
    value, [first, *_] = known[rule.field], rule.values
    if value is None:
        return False
    if rule.operator is Operator.IN or rule.operator is Operator.EQUAL:
        return value in rule.values
    if isinstance(value, str) or isinstance(first, str):
        raise TypeError(rule)
    return {
        Operator.GREATER: value > first,
        Operator.LESS: value < first,
        Operator.AT_LEAST: value >= first,
        Operator.AT_MOST: value <= first,
    }[rule.operator]


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    field = draw(st.sampled_from(AudienceField))
    known: Sequence[str | Number] = TEXTS[field] if field.is_text else NUMBERS[field.kind]
    values = st.sampled_from(known)
    operators = [Operator.EQUAL, Operator.IN] if field.is_text else [*Operator]
    operator = draw(st.sampled_from(operators))
    most = 3 if operator is Operator.IN else 1
    return Condition(field, operator, tuple(draw(st.lists(values, min_size=1, max_size=most))))


rules: st.SearchStrategy[Rule] = st.recursive(
    conditions(),
    lambda inner: st.builds(
        Group, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3).map(tuple)
    ),
    max_leaves=6,
)


def found(repositories: Repositories, audience: Audience, campaign_id: str) -> set[str | None]:
    """Whom a dispatch to this audience assigns."""
    retention, asked = repositories.retention, terms(campaign_id, audience=audience)
    retention.save_retention_campaign(a_campaign(campaign_id))
    assigned = retention.assign_members(asked, "dispatch")
    members = retention.get_campaign_members(asked.campaign_id, limit=PEOPLE)
    assert len(members) == assigned.treatment + assigned.holdout
    return {each.customer_id for each in members}


def test_an_audience_is_whom_a_plain_reading_of_its_conditions_means(
    repositories: Repositories,
) -> None:
    everybody = some_people(repositories)
    campaigns = itertools.count()

    @settings(max_examples=80, deadline=None, derandomize=True)
    @given(rules)
    def check(rule: Rule) -> None:
        audience = Audience(rule)
        try:
            audience.alternatives()
        except InvalidInputError:
            return
        expected = {each for each, known in everybody.items() if meets(rule, known)}
        assert found(repositories, audience, f"campaign{next(campaigns)}") == expected

    check()


def test_listed_customers_are_meant_by_their_ids_and_their_aliases(
    repositories: Repositories,
) -> None:
    some_people(repositories)
    repositories.customers.save_aliases({CustomerId("alias"): CustomerId("customer07")})
    audience = listed("customer01", "alias", "nobody")
    assert found(repositories, audience, "campaign") == {"customer01", "customer07"}


def test_days_of_inactivity_end_on_the_runs_day_in_the_deployments_zone(
    repositories: Repositories,
) -> None:
    add_people(repositories, ["ada"])
    run = a_run(at("2024-06-01T23:30:00"))
    repositories.retention.open_scoring_run(run)
    prediction = replace(a_prediction("ada"), run_id=run.run_id, last_seen_on=date(2024, 6, 1))
    repositories.retention.save_churn_prediction(prediction)
    repositories.retention.finish_scoring_run(run.run_id, 1)
    audience = Audience(Condition(F.DAYS_INACTIVE, Operator.EQUAL, (1,)))
    for zone, reached in (("UTC", 0), ("Europe/Berlin", 1)):
        asked = terms(audience=audience, time_zone=zone, holdout=0)
        assert repositories.retention.count_reach(asked).treatment == reached
