"""Two who read the looks at a campaign at once tell the same of them."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

from succotash.application.campaigns.effects import told_at
from succotash.application.campaigns.looks import CampaignLooks
from succotash.domain.campaigns.campaigns import CampaignChange, CampaignStatus, changed_campaign
from succotash.domain.campaigns.definition import CampaignDefinition
from succotash.domain.campaigns.readings import LookReading, LookTerms
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import CampaignId, Currency
from tests.builders import NOON, an_order, days
from tests.builders.campaigns import (
    EVERYBODY,
    GREETING,
    a_running_campaign,
    add_people,
    email_of,
    terms,
)

CAMPAIGN = CampaignId("campaign")
USD = Currency("USD")
LOOKS = (NOON + days(20), NOON + days(40), NOON + days(60))
PEOPLE = [f"p{number:03d}" for number in range(200)]


def test_what_a_look_tells_follows_from_what_is_stored_of_those_before(
    shared_storage: Storage,
) -> None:
    repositories = shared_storage.repositories
    retention = repositories.retention
    definition = CampaignDefinition(
        audience=EVERYBODY, message=GREETING, holdout_share=0.4, attribution_days=10, looks=LOOKS
    )
    draft = replace(a_running_campaign(definition=definition), status=CampaignStatus.DRAFT)
    active = CampaignChange({"status": CampaignStatus.ACTIVE})
    campaign = changed_campaign(replace(draft, ends_at=NOON + days(50)), active, NOON, USD)
    plan = campaign.definition.look_plan
    assert plan is not None
    retention.save_retention_campaign(campaign)
    for at, people in ((0, PEOPLE[::2]), (20, PEOPLE)):
        add_people(repositories, people)
        retention.assign_members(terms(holdout=0.4, at=NOON + days(at)), f"dispatch {at}")
    buy(shared_storage, "before")
    both = LookTerms(CAMPAIGN, LOOKS[:2], None, days(10), USD)
    [stale, _] = retention.total_looks(both)
    buy(shared_storage, "late")

    with ThreadPoolExecutor(1) as pool:
        with shared_storage.transaction() as theirs:
            reading = LookReading(0, LOOKS[0], stale)
            told = told_at(plan, [reading])
            theirs.retention.save_look_readings(CAMPAIGN, [replace(reading, told=told)])
            looks = CampaignLooks(shared_storage, lambda: LOOKS[1], USD)
            ours = pool.submit(looks.read, campaign)
            assert not wait([ours], 0.3).done, "who reads the same look waits"
        [first, second] = ours.result(30)

    assert first.totals == stale
    assert second.totals == retention.total_looks(both)[1]
    assert second.told == told_at(plan, [first, second])
    assert retention.get_look_readings(CAMPAIGN) == [first, second]


def buy(storage: Storage, name: str) -> None:
    """Let some of those who were written to buy, within their window."""
    members = storage.repositories.retention.get_campaign_members(CAMPAIGN, limit=len(PEOPLE))
    storage.repositories.ltv.record_orders(
        [
            an_order(
                f"{name}-{member.customer_id}",
                customer_id=str(member.customer_id),
                amount=str(5 + place % 40),
                email=email_of(str(member.customer_id)),
                ordered_at=member.assigned_at + days(5),
            )
            for place, member in enumerate(members)
            if member.arm == "treatment" or place % 3 == 0
        ]
    )
