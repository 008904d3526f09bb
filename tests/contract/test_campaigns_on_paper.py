"""What a campaign's performance shows, look by look, against adding up raw orders on paper."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from statistics import fmean

import pytest

from succotash.application.campaigns.definitions import Campaigns
from succotash.application.campaigns.effect_views import (
    DifferenceView,
    EffectView,
    GroupView,
    MoneyEstimateView,
)
from succotash.domain.campaigns.assignment import Arm
from succotash.domain.campaigns.definition import CampaignDefinition
from succotash.domain.campaigns.looks import LookPlan
from succotash.domain.campaigns.members import CampaignMember
from succotash.domain.people.identities import Join
from succotash.domain.repositories.storage import Storage
from succotash.domain.value.ledgers import Order
from succotash.domain.values import CampaignId, CustomerId
from tests.builders import NOON, USD, an_order, days
from tests.builders.campaigns import (
    EVERYBODY,
    GREETING,
    a_running_campaign,
    add_people,
    email_of,
    terms,
)
from tests.builders.campaigns import listed as audience
from tests.contract.on_paper import joined_on_paper, settled_on_paper

CAMPAIGN = CampaignId("campaign")
WINDOW = days(14)
LOOKS = (NOON + days(15), NOON + days(30), NOON + days(45))
EDGES = (0, 1e-6, 0.5, 13.9, 14 - 1e-6, 14, 14 + 1e-6, 20)
"""Days after the assignment, by a microsecond about its window's ends."""
FORESEEN = 12.5


@dataclass(frozen=True)
class Outcome:
    """What came of a member, and what the run before the campaign foresaw."""

    revenue: Decimal
    has_bought: bool
    foreseen: float


@dataclass
class Sent:
    """A campaign in a storage, and its members' orders on paper."""

    storage: Storage
    members: dict[str, CampaignMember] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    emails: dict[str, str] = field(default_factory=dict)
    """Of customers who are known by one."""
    counted: dict[str, Outcome] = field(default_factory=dict)
    """As it was when each member's look was read."""

    def record(self, orders: Iterable[Order]) -> None:
        given = list(orders)
        self.storage.repositories.ltv.record_orders(given)
        self.orders += given
        for each in given:
            if each.canonical_email is not None:
                self.emails.setdefault(each.customer_id, each.canonical_email)

    def assign(self, names: list[str], at: datetime) -> None:
        add_people(self.storage.repositories, names)
        self.emails |= {name: email_of(name) for name in names}
        self.orders += [an_order(f"o-{name}", customer_id=name) for name in names]
        retention = self.storage.repositories.retention
        found = terms(holdout=0.4, at=at, audience=audience(*names))
        retention.assign_members(found, f"dispatch {at}")
        for member in retention.get_campaign_members(CAMPAIGN, limit=1000):
            self.members.setdefault(member.person_key, member)

    def read(self, now: datetime) -> EffectView:
        campaigns = Campaigns(self.storage, lambda: now, lambda: "id", USD)
        effect = campaigns.get_campaign_performance(CAMPAIGN)["effect"]
        assert effect is not None
        return effect

    def count(self, now: datetime) -> None:
        """Count members whose look has come and was not read before."""
        reached = max((look for look in LOOKS if look <= now), default=NOON)
        for key, member in self.members.items():
            if member.assigned_at + WINDOW <= reached and key not in self.counted:
                self.counted[key] = self.outcome(member)

    def outcome(self, member: CampaignMember) -> Outcome:
        ends = member.assigned_at + WINDOW
        revenue, has_bought = Decimal(0), False
        for customer, email in self.emails.items():
            if email != member.canonical_email:
                continue
            within = [
                each
                for each in self.orders
                if each.customer_id == customer
                and each.amount.currency == USD
                and member.assigned_at < each.ordered_at <= ends
            ]
            for _, net, is_purchase in settled_on_paper(within, ends):
                revenue += net
                has_bought = has_bought or is_purchase
        # Of who was erased nothing is known.
        foreseen = 0.0 if member.canonical_email is None else FORESEEN
        return Outcome(revenue, has_bought, foreseen)

    def arm(self, arm: Arm, name: str | None = None) -> list[Outcome]:
        return [
            each
            for key, each in self.counted.items()
            if self.members[key].arm is arm
            and name in {None, self.members[key].risk_level, self.members[key].value_segment}
        ]


def invented(luck: Random, names: list[str], at: datetime) -> Iterable[Order]:
    """Orders about the ends of each one's window; of some in euros, under a second id, for nothing,
    given back within the window, after it, or in excess, or from before the campaign."""
    for name in names:
        for each in range(luck.randrange(4)):
            moment = at + timedelta(days=luck.choice(EDGES))
            customer = luck.choice((name, f"{name}-second"))
            order = an_order(
                f"p{each}",
                customer_id=customer,
                ordered_at=moment,
                amount=luck.choice(("0", "10", "12.3456", "99.99")),
                currency=luck.choice(("USD", "USD", "USD", "EUR")),
                email=email_of(name),
            )
            yield order
            if luck.random() < 0.4:
                later = moment + timedelta(days=luck.choice((0, 1, 14)), microseconds=1)
                back = -luck.choice((order.amount.amount, Decimal("3.21"), Decimal(150)))
                yield replace(
                    an_order(
                        f"b{each}",
                        customer_id=customer,
                        ordered_at=later,
                        amount=back,
                        currency=order.amount.currency,
                        email=email_of(name),
                    ),
                    refund_of=order.order_id,
                )
        if luck.random() < 0.2:
            yield an_order(
                "earlier",
                customer_id=name,
                ordered_at=at + days(1),
                amount="-1",
                refund_of=f"o-{name}",
                email=email_of(name),
            )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_campaigns_performance_agrees_with_adding_up_on_paper(
    storage: Storage, seed: int
) -> None:
    luck = Random(seed)  # noqa: S311 - the same business each time
    plan = LookPlan.of(NOON, WINDOW, LOOKS)
    definition = CampaignDefinition(
        audience=EVERYBODY,
        message=GREETING,
        holdout_share=0.4,
        attribution_days=WINDOW.days,
        looks=LOOKS,
        activated_at=NOON,
        boundaries=plan.document(),
    )
    storage.repositories.retention.save_retention_campaign(
        a_running_campaign(definition=definition)
    )
    sent = Sent(storage)
    for number, moment in enumerate((NOON, NOON + days(1), NOON + days(16), NOON + days(40))):
        names = [f"p{number}{each:02}" for each in range(40)]
        sent.assign(names, moment)
        sent.record(invented(luck, names, moment))
    told: list[tuple[str | None, MoneyEstimateView | None]] = []
    for now in (NOON + days(14), LOOKS[0], LOOKS[1] - days(1), LOOKS[1], LOOKS[2] + days(9)):
        sent.count(now)
        effect = sent.read(now)
        check(sent, effect, now)
        known = [(each["finding"], each["incremental_revenue"]) for each in effect["looks"]]
        assert known[: len(told)] == told
        told = known[: sum(look <= now for look in LOOKS)]
        if now == LOOKS[0]:
            change(sent)


def change(sent: Sent) -> None:
    """What comes late, moves to another e-mail or is erased leaves looks that were read as they
    were."""
    repositories = sent.storage.repositories
    late = [each for each in sent.members.values() if each.assigned_at == NOON + days(16)]
    for member in [*sent.members.values()][:3]:
        email = str(member.canonical_email)
        name = email.removesuffix("@example.com")
        sent.record([an_order("late", customer_id=name, ordered_at=NOON + days(3), amount="77")])
    source, target, gone = (
        str(each.canonical_email).removesuffix("@example.com") for each in late[:3]
    )
    join = Join(CustomerId(source), CustomerId(target), addition="-2")
    repositories.customers.join_customers([join])
    sent.orders = joined_on_paper(sent.orders, join.source, join.target, join.addition)
    sent.emails.pop(source)
    repositories.retention.forget_members(email_of(gone))
    for key, member in sent.members.items():
        if member.canonical_email == email_of(gone):
            # A member still, of no segment.
            sent.members[key] = replace(
                member, canonical_email=None, risk_level=None, value_segment=None
            )


def check(sent: Sent, effect: EffectView, now: datetime) -> None:
    reached = sum(look <= now for look in LOOKS)
    assert effect["look"] == (reached or None)
    for place, look in enumerate(effect["looks"]):
        closed = sum(each.assigned_at + WINDOW <= LOOKS[place] for each in sent.members.values())
        assert look["members"] == (closed if place < reached else None)
    check_groups(sent, effect["everybody"])
    for segment in effect["segments"]:
        check_groups(sent, segment, segment["segment"])


def check_groups(sent: Sent, shown: DifferenceView, segment: str | None = None) -> None:
    treated, held_out = (sent.arm(each, segment) for each in (Arm.TREATMENT, Arm.HOLDOUT))
    for view, counted in ((shown["treatment"], treated), (shown["holdout"], held_out)):
        check_group(view, counted)
    whole, each = shown["incremental_revenue"], shown["incremental_revenue_per_member"]
    if whole is not None and each is not None:
        for end in ("low", "value", "high"):
            assert float(whole[end]) == pytest.approx(float(each[end]) * len(treated), abs=0.01)
        assert whole["low"] <= whole["value"] <= whole["high"]
    customers = shown["incremental_customers"]
    if customers is not None:
        rate = adjusted_difference(
            [(float(one.has_bought), one.foreseen) for one in treated],
            [(float(one.has_bought), one.foreseen) for one in held_out],
        )
        assert customers["value"] == pytest.approx(rate * len(treated), abs=1e-3)


def adjusted_difference(*arms: list[tuple[float, float]]) -> float:
    """Means of outcomes, the first less the second, less what the forecasts explain of it.

    The slope is that of all members about the means of their own group.
    """
    means = [(fmean(y for y, _ in arm), fmean(x for _, x in arm)) for arm in arms]
    about = [
        (y - mean_y, x - mean_x)
        for arm, (mean_y, mean_x) in zip(arms, means, strict=True)
        for y, x in arm
    ]
    spread = sum(x * x for _, x in about)
    slope = sum(y * x for y, x in about) / spread if spread else 0.0
    (first_y, first_x), (second_y, second_x) = means
    return (first_y - second_y) - slope * (first_x - second_x)


def check_group(view: GroupView, counted: list[Outcome]) -> None:
    revenue = sum((each.revenue for each in counted), Decimal(0))
    bought = sum(each.has_bought for each in counted)
    assert (view["members"], view["customers"]) == (len(counted), bought)
    assert view["revenue"] == pytest.approx(revenue, abs=Decimal("0.0001"))
    if counted:
        assert view["customer_rate"] == round(bought / len(counted), 4)
        assert view["revenue_per_member"] == pytest.approx(
            revenue / len(counted), abs=Decimal("0.0001")
        )
    else:
        assert (view["customer_rate"], view["revenue_per_member"]) == (None, None)
