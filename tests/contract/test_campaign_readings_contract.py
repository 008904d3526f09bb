"""What every storage counts at the looks at a campaign."""

from dataclasses import asdict, replace

import pytest

from succotash.domain.campaigns.assignment import Arm
from succotash.domain.campaigns.effect import Finding
from succotash.domain.campaigns.estimates import Estimate
from succotash.domain.campaigns.readings import LookReading, LookTerms, LookTold, LookTotals
from succotash.domain.campaigns.totals import ArmTotals, GroupTotals
from succotash.domain.repositories.storage import Repositories
from succotash.domain.value.ledgers import Order
from succotash.domain.values import CampaignId, Currency
from tests.builders import NOON, a_value, an_order, days, usd
from tests.builders.campaigns import a_running_campaign, add_people, email_of, terms
from tests.builders.campaigns import listed as audience

CAMPAIGN = CampaignId("campaign")
USD = Currency("USD")
LOOKS = LookTerms(CAMPAIGN, [NOON + days(10), NOON + days(20)], None, days(10), USD)


@pytest.fixture(autouse=True)
def _campaign(repositories: Repositories) -> None:
    repositories.retention.save_retention_campaign(a_running_campaign("campaign"))


def assign(repositories: Repositories, *ids: str, holdout: float = 0, after: float = 0) -> None:
    """Add people, and make members of them some days after noon."""
    add_people(repositories, ids)
    found = terms(holdout=holdout, at=NOON + days(after), audience=audience(*ids))
    repositories.retention.assign_members(found, f"dispatch {after}")


def bought(customer_id: str, amount: str, after: float, order_id: str = "", **more: str) -> Order:
    own = order_id or f"{customer_id}-{after}"
    when = NOON + days(after)
    return an_order(own, customer_id=customer_id, amount=amount, ordered_at=when, **more)


def everybody(repositories: Repositories, terms: LookTerms = LOOKS) -> list[GroupTotals]:
    """Of the treatment, look by look."""
    return [each.everybody.treatment for each in repositories.retention.total_looks(terms)]


def expected(*members: tuple[float, float, int]) -> GroupTotals:
    """Sums over members, each with revenue, what was foreseen, and whether they bought."""
    sums = dict.fromkeys(asdict(GroupTotals()), 0.0)
    for y, x, b in members:
        for name in sums:
            term = 1.0 if name == "members" else 1.0 * b if "b" in name else 1.0
            for letter in "" if name == "members" else name.replace("b", ""):
                term *= {"y": y, "x": x}[letter]
            sums[name] += term
    return GroupTotals(**sums)  # type: ignore[arg-type]  # counts are whole


def test_looks_count_members_at_the_close_of_their_window(repositories: Repositories) -> None:
    assign(repositories, "at")
    assign(repositories, "later", after=0.5)
    assign(repositories, "open", after=10.5)
    first, second = everybody(repositories)
    assert (first.members, second.members) == (1, 1)
    only_second = replace(LOOKS, looks=LOOKS.looks[1:], after=LOOKS.looks[0])
    assert everybody(repositories, only_second) == [second]
    assert everybody(repositories, replace(LOOKS, looks=LOOKS.looks[:1])) == [first]


def test_sums_are_those_of_revenue_within_the_window(repositories: Repositories) -> None:
    assign(repositories, "one", "two", "three")
    repositories.ltv.record_orders(
        [
            bought("one", "4.0001", 0),  # at the assignment: too early
            bought("one", "5", 1),
            bought("one", "7.25", 10),  # at the close: within
            bought("one", "100", 10.001),
            bought("two", "30", 2, "refunded"),
            bought("two", "-30", 3, refund_of="refunded"),
            bought("three", "50", 4, "partly"),
            bought("three", "-20", 5, refund_of="partly"),
            bought("three", "-29", 11, refund_of="partly"),  # after the close
            bought("three", "-1", 5, "earlier", refund_of="o-three"),
        ]
    )
    [first, _] = everybody(repositories)
    wanted = expected((12.25, 12.5, 1), (0, 12.5, 0), (30, 12.5, 1))
    assert asdict(first) == pytest.approx(asdict(wanted))


def test_an_order_for_nothing_is_a_purchase_and_over_refunds_count(
    repositories: Repositories,
) -> None:
    assign(repositories, "free", "over")
    repositories.ltv.record_orders(
        [
            bought("free", "0", 1),
            bought("over", "10", 1, "o"),
            bought("over", "-15", 2, refund_of="o"),
        ]
    )
    [first, _] = everybody(repositories)
    assert asdict(first) == pytest.approx(asdict(expected((0, 12.5, 1), (-5, 12.5, 0))))


def test_all_accounts_of_an_address_count_together(repositories: Repositories) -> None:
    assign(repositories, "main")
    mail = email_of("main")
    repositories.ltv.record_orders(
        [bought("main", "3", 1, email=mail), bought("second", "4", 2, email=mail)]
    )
    [first, _] = everybody(repositories)
    assert (first.members, first.b, first.y) == (1, 1, 7)


def test_amounts_in_another_currency_do_not_count(repositories: Repositories) -> None:
    assign(repositories, "one")
    repositories.ltv.record_orders([bought("one", "3", 1)])
    [first, _] = everybody(repositories, replace(LOOKS, currency=Currency("EUR")))
    assert first == GroupTotals(members=1)


def test_arms_and_segments_are_told_apart(repositories: Repositories) -> None:
    people = [f"p{number:02d}" for number in range(20)]
    assign(repositories, *people, holdout=0.4)
    repositories.ltv.record_orders([bought(each, "2", 1) for each in people])
    members = repositories.retention.get_campaign_members(CAMPAIGN, limit=100)
    held_out = sum(each.arm is Arm.HOLDOUT for each in members)
    [first, second] = repositories.retention.total_looks(LOOKS)
    assert first.everybody.holdout.members == held_out > 0
    assert first.everybody.treatment.y == 2 * (20 - held_out)
    assert set(first.segments) == {"risk_level:medium", "value_segment:low_value"}
    assert first.segments["risk_level:medium"] == first.everybody
    assert second == LookTotals()


def test_who_was_erased_counts_as_a_member(repositories: Repositories) -> None:
    assign(repositories, "one")
    repositories.ltv.record_orders([bought("one", "3", 1)])
    repositories.retention.forget_members(email_of("one"))
    [first, _] = repositories.retention.total_looks(LOOKS)
    assert first == LookTotals(ArmTotals(GroupTotals(members=1)))


def test_a_reading_stays_as_it_was_first_saved(repositories: Repositories) -> None:
    group = GroupTotals(members=3, b=1, y=0.1 + 0.2, yyyy=1e17, x=12.5)
    totals = LookTotals(ArmTotals(group), {"risk_level:high": ArmTotals(holdout=group)})
    told = LookTold(Finding.MORE, Estimate(0.1 + 0.2, -1.5, 1e9))
    first = LookReading(0, NOON, totals, told)
    untold = LookTold(Finding.NOT_ENOUGH_EVIDENCE, None)
    second = LookReading(1, NOON + days(1), LookTotals(), untold)
    third = LookReading(2, NOON + days(2), LookTotals())
    retention = repositories.retention
    assert retention.get_look_readings(CAMPAIGN) == []
    retention.save_look_readings(CAMPAIGN, [first])
    retention.save_look_readings(
        CAMPAIGN, [replace(first, totals=LookTotals(), told=None), second, third]
    )
    assert retention.get_look_readings(CAMPAIGN) == [first, second, third]
    assert retention.get_look_readings(CampaignId("other")) == []


def test_what_was_foreseen_is_what_the_run_before_foresaw(repositories: Repositories) -> None:
    assign(repositories, "one")
    repositories.ltv.save_customer_ltv(a_value("one", residual="99"))
    [member] = repositories.retention.get_memberships(email_of("one"))
    assert member.foreseen_value == usd("12.5")
    assert everybody(repositories)[0].x == 12.5
