"""What came of a campaign, over HTTP."""

from dataclasses import replace

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from campaign_dispatch import dispatching
from succotash.domain.campaigns.assignment import Arm
from succotash.domain.campaigns.campaigns import (
    CampaignChange,
    CampaignMetrics,
    CampaignStatus,
    changed_campaign,
)
from succotash.domain.campaigns.definition import Budget, CampaignDefinition
from succotash.domain.campaigns.effect import Finding
from succotash.domain.campaigns.estimates import Estimate
from succotash.domain.campaigns.readings import LookReading, LookTold, LookTotals
from succotash.domain.campaigns.totals import ArmTotals, GroupTotals
from succotash.domain.repositories.storage import Repositories
from succotash.domain.values import CampaignId, Currency, system_clock
from tests.builders import an_order, days, usd
from tests.builders.campaigns import EVERYBODY, GREETING, a_running_campaign, add_people, terms
from tests.http.campaigns import CAMPAIGNS, READY, create
from tests.http.gateway import Gateway

CAMPAIGN = CampaignId("campaign")
PATH = f"{CAMPAIGNS}/{CAMPAIGN}/performance"
PEOPLE = [f"p{number:03d}" for number in range(300)]
STARTED = system_clock() - days(60)
"""Two of three looks have come."""
LOOKS = tuple(STARTED + days(number) for number in (20, 40, 80))


@pytest.fixture
def repositories(gateway: Gateway) -> Repositories:
    """With a campaign of 300 members; who was written to bought for 20 or 30, one in six others."""
    found = gateway.container.storage.repositories
    definition = CampaignDefinition(
        audience=EVERYBODY,
        message=GREETING,
        holdout_share=0.4,
        attribution_days=10,
        looks=LOOKS,
        budget=Budget(usd("0.05"), usd(100)),
    )
    running = a_running_campaign(definition=definition)
    draft = replace(running, status=CampaignStatus.DRAFT, ends_at=STARTED + days(70))
    change = CampaignChange({"status": CampaignStatus.ACTIVE})
    active = changed_campaign(draft, change, STARTED, Currency("USD"))
    found.retention.save_retention_campaign(active)
    add_people(found, PEOPLE)
    found.retention.assign_members(terms(holdout=0.4, at=STARTED), "dispatch")
    members = found.retention.get_campaign_members(CAMPAIGN, limit=len(PEOPLE))
    found.ltv.record_orders(
        [
            an_order(
                f"later-{place}",
                customer_id=str(member.customer_id),
                amount="30" if place % 2 else "20",
                ordered_at=STARTED + days(5),
            )
            for place, member in enumerate(members)
            if member.arm is Arm.TREATMENT or place % 6 == 0
        ]
    )
    return found


def test_a_draft_has_rates_without_an_effect(gateway: Gateway) -> None:
    found = gateway.call("GET", f"{create(gateway)}/performance").json
    assert (found["delivery_rate"], found["cost"], found["effect"]) == (None, None, None)
    assert found["delivered_rate"] is None


def test_a_campaign_before_its_first_look_has_no_evidence_yet(gateway: Gateway) -> None:
    path = create(gateway, **READY)
    gateway.call("PATCH", path, json_body={"status": "active"})

    effect = gateway.call("GET", f"{path}/performance").json["effect"]

    assert effect["finding"] == "not_enough_evidence"
    assert effect["summary"].startswith("Not enough evidence yet: the first look is on ")
    assert effect["look"] is None
    assert [each["members"] for each in effect["looks"]] == [None] * 4


def test_an_effect_is_shown_in_money_with_an_interval(
    gateway: Gateway, repositories: Repositories
) -> None:
    metrics = CampaignMetrics(targeted=200, sent=180, opened=90, clicked=9, converted=3)
    repositories.retention.update_campaign_metrics(CAMPAIGN, metrics)

    found = gateway.call("GET", PATH).json

    assert (found["delivery_rate"], found["cost"]) == (0.9, {"amount": "9.00", "currency": "USD"})
    effect = found["effect"]
    assert (effect["finding"], effect["look"], effect["crossed_at"]) == ("more", 2, 1)
    assert effect["summary"].startswith("The campaign raised revenue.")
    assert (effect["interval"], effect["is_final"], effect["currency"]) == (
        "repeated",
        False,
        "USD",
    )
    written, held_out = (effect["everybody"][arm] for arm in ("treatment", "holdout"))
    assert written["members"] + held_out["members"] == len(PEOPLE)
    assert (written["customers"], written["customer_rate"]) == (written["members"], 1)
    assert 0 < held_out["customer_rate"] < 0.4
    added = {
        end: float(amount) for end, amount in effect["everybody"]["incremental_revenue"].items()
    }
    assert 0 < added["low"] < added["value"] < added["high"]
    assert added["value"] == pytest.approx(
        float(written["revenue"]) - float(held_out["revenue_per_member"]) * written["members"],
        rel=1e-4,
    )
    assert effect["everybody"]["incremental_customers"]["low"] > 0
    assert [(each["look"], each["finding"]) for each in effect["looks"]] == [
        (1, "more"),
        (2, "more"),
        (3, None),
    ]
    names = [(each["segment_by"], each["segment"]) for each in effect["segments"]]
    assert names == [("risk_level", "medium"), ("value_segment", "low_value")]
    assert "by chance" in effect["segments_note"]


def test_what_a_look_counted_stays_when_orders_come_late(
    gateway: Gateway, repositories: Repositories
) -> None:
    before = gateway.call("GET", PATH).json
    late = [
        an_order(f"late-{each}", customer_id=each, amount="99", ordered_at=STARTED + days(6))
        for each in PEOPLE
    ]
    repositories.ltv.record_orders(late)
    assert gateway.call("GET", PATH).json == before


@pytest.mark.parametrize("told", [LookTold(Finding.LESS, Estimate(-2, -3, -1)), None])
def test_what_a_look_told_stays_where_it_was_stored(
    gateway: Gateway, repositories: Repositories, told: LookTold | None
) -> None:
    totals = LookTotals(ArmTotals(GroupTotals(members=9), GroupTotals(members=1)))
    reading = LookReading(0, STARTED + days(21), totals, told)
    repositories.retention.save_look_readings(CAMPAIGN, [reading])
    first = gateway.call("GET", PATH).json["effect"]["looks"][0]
    assert first["members"] == 10
    if told is None:
        # Of an earlier release: as it follows from what the look counted.
        assert (first["finding"], first["incremental_revenue"]) == ("not_enough_evidence", None)
    else:
        assert first["finding"] == "less"
        wanted = {"value": "-2.0000", "low": "-3.0000", "high": "-1.0000"}
        assert first["incremental_revenue"] == wanted


def test_looks_are_read_after_each_run(gateway: Gateway, repositories: Repositories) -> None:
    report = dispatching(gateway.container)({"id": "nightly"}, LambdaContext())
    readings = repositories.retention.get_look_readings(CAMPAIGN)
    assert report["looks_read"] == 1
    assert [each.look for each in readings] == [0, 1]
    assert {each.told and each.told.finding for each in readings} == {Finding.MORE}
    assert gateway.call("GET", PATH).json["effect"]["looks"][0]["members"] == len(PEOPLE)


def test_a_campaign_that_stopped_at_a_crossing_shows_the_stagewise_interval(
    gateway: Gateway, repositories: Repositories
) -> None:
    campaign = repositories.retention.get_retention_campaign(CAMPAIGN)
    ended = changed_campaign(
        campaign,
        CampaignChange({"status": CampaignStatus.COMPLETED}),
        LOOKS[0] + days(1),
        Currency("USD"),
    )
    repositories.retention.save_retention_campaign(ended)

    effect = gateway.call("GET", PATH).json["effect"]

    assert (effect["look"], effect["interval"], effect["is_final"]) == (1, "stagewise", True)


def test_looks_must_come_after_the_first_window_has_closed(gateway: Gateway) -> None:
    soon = (system_clock() + days(5)).isoformat()
    path = create(gateway, **READY, looks=[soon], attribution_days=10)
    answer = gateway.call("PATCH", path, json_body={"status": "active"})
    assert answer.status == 422
    assert answer.json["errors"][0]["message"] == (
        "Must be after the first attribution window has closed"
    )
