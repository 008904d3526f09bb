"""Campaigns on CDNOW's revenue through the ledger: dispatched, read at eight looks, stopped.

What the answers say is compared with what follows from the same outcomes without a ledger, so that
the tables of `docs/explanation/campaign-effect.md`, which are made without one, hold for answers.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import numpy as np
import pytest

from local.simulated_campaigns import (
    HOLDOUT,
    KNOWN,
    LARGE,
    LOOKS,
    NOTHING,
    PLAN,
    STARTS_AT,
    WINDOW,
    Change,
    population,
)
from succotash.application.campaigns.dispatch import CampaignDispatch
from succotash.application.campaigns.effect_views import EffectView
from succotash.application.campaigns.rules import CampaignRules
from succotash.application.retention.retention_handler import RetentionHandler
from succotash.domain.campaigns.assignment import Arm
from succotash.domain.campaigns.campaigns import CampaignChange, CampaignStatus
from succotash.domain.campaigns.definition import CampaignDefinition
from succotash.domain.campaigns.effect import CampaignEffect, read_effect
from succotash.domain.campaigns.totals import ArmTotals, GroupTotals
from succotash.domain.values import CampaignId, Currency
from succotash.infrastructure.in_memory.storage import InMemoryStorage
from tests.builders import a_consent, a_prediction, a_value, an_order, days
from tests.builders.campaigns import CAMPAIGN_KEYS, EVERYBODY, GREETING, email_of

RULES = CampaignRules(tombstones=CAMPAIGN_KEYS)
MANY = pytest.param(40, 2_000, marks=pytest.mark.simulation)


@dataclass
class Shop:
    """A storage with one campaign, and what its members did."""

    change: Change
    seed: int
    now: datetime = STARTS_AT
    storage: InMemoryStorage = field(default_factory=InMemoryStorage)
    counted: list[ArmTotals] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        ids = count()
        parts = (self.storage, lambda: self.now, lambda: f"{self.seed}-{next(ids)}")
        self.handler = RetentionHandler(*parts, Currency("USD"), rules=RULES)
        self.dispatch = CampaignDispatch(*parts, RULES)
        definition = CampaignDefinition(
            audience=EVERYBODY,
            message=GREETING,
            holdout_share=HOLDOUT,
            attribution_days=WINDOW // timedelta(days=1),
            looks=tuple(each.at for each in PLAN.looks),
        )
        made = self.handler.create_retention_campaign(
            "Come back", ends_at=STARTS_AT + days(80), definition=definition
        )
        self.campaign_id = CampaignId(made["campaign_id"])
        self._set(CampaignStatus.ACTIVE)

    def assign(self, group: int, size: int) -> None:
        """Assign new customers, who then buy as those of CDNOW did, and as the campaign has it."""
        self.now = STARTS_AT + days(10 * group + 5)
        people = population()
        drawn = {
            f"c{group}-{number}": int(each)
            for number, each in enumerate(self.random.integers(0, len(people.revenue), size))
        }
        to = self.storage.repositories
        long_ago = STARTS_AT - days(200)
        for customer_id, place in drawn.items():
            mail = email_of(customer_id)
            first = an_order(
                f"f-{customer_id}", customer_id=customer_id, ordered_at=long_ago, email=mail
            )
            to.ltv.record_orders([first])
            to.retention.save_churn_prediction(a_prediction(customer_id))
            foreseen = f"{people.foreseen[place]:.4f}"
            to.ltv.save_customer_ltv(a_value(customer_id, residual=foreseen))
            to.consents.record_consents([a_consent(f"consent-{customer_id}", email=mail)])
        self.dispatch.dispatch(self.campaign_id)
        sums = {Arm.TREATMENT: GroupTotals(), Arm.HOLDOUT: GroupTotals()}
        for customer_id, place in drawn.items():
            [member] = to.retention.get_memberships(email_of(customer_id))
            spent = self._spent(place, member.arm)
            orders = [
                an_order(
                    f"{customer_id}-{number}",
                    customer_id=customer_id,
                    amount=f"{amount:.4f}",
                    ordered_at=self.now + days(30 + number),
                )
                for number, amount in enumerate(spent)
            ]
            to.ltv.record_orders(orders)
            bought = float(sum(each.amount.amount for each in orders))
            sums[member.arm] += one_member(bought, round(people.foreseen[place], 4))
        self.counted.append(ArmTotals(sums[Arm.TREATMENT], sums[Arm.HOLDOUT]))

    def _spent(self, place: int, arm: Arm) -> list[float]:
        people = population()
        own = float(people.revenue[place])
        spent = [own] if own else []
        if arm is Arm.TREATMENT and self.random.random() < self.change.extra_orders:
            spent.append(float(self.random.choice(people.amounts)))
        return spent

    def run(self) -> EffectView:
        """Read at each look, and stop at the first crossing; what is told at the end."""
        for look in PLAN.looks:
            self.now = look.at
            if self._read()["crossed_at"] is not None:
                self._set(CampaignStatus.COMPLETED)
                break
        return self._read()

    def expected(self, crossed_at: int | None) -> CampaignEffect:
        """What is to be told, from the same outcomes without a ledger."""
        if crossed_at is None:
            return read_effect(PLAN, self.counted, ended_at=STARTS_AT + days(80))
        stopped_at = PLAN.looks[crossed_at - 1].at
        return read_effect(PLAN, self.counted[:crossed_at], ended_at=stopped_at)

    def _read(self) -> EffectView:
        effect = self.handler.get_campaign_performance(self.campaign_id)["effect"]
        assert effect is not None
        return effect

    def _set(self, status: CampaignStatus) -> None:
        self.handler.update_retention_campaign(self.campaign_id, CampaignChange({"status": status}))


def one_member(y: float, x: float) -> GroupTotals:
    b = int(y > 0)
    return GroupTotals(
        members=1,
        b=b,
        **{
            name: float(np.prod([{"b": b, "y": y, "x": x}[letter] for letter in name]))
            for name in GroupTotals.__dataclass_fields__
            if name not in {"members", "b"}
        },
    )


def campaign(change: Change, members: int, seed: int) -> tuple[EffectView, Shop]:
    shop = Shop(change, seed)
    for group in range(LOOKS):
        shop.assign(group, members // LOOKS)
    return shop.run(), shop


@pytest.mark.parametrize("change", [NOTHING, KNOWN, LARGE], ids=lambda change: change.name)
@pytest.mark.parametrize(("campaigns", "members"), [(1, 1_600), MANY])
def test_answers_are_those_of_the_outcomes(change: Change, campaigns: int, members: int) -> None:
    for seed in range(campaigns):
        told, shop = campaign(change, members, seed)
        expected = shop.expected(told["crossed_at"])
        revenue, added = expected.everybody.incremental_revenue, told["everybody"]
        assert (told["finding"], told["look"]) == (expected.finding, expected.look)
        assert (told["interval"], told["is_final"]) == (expected.interval, True)
        assert told["summary"] == expected.summary
        assert (revenue is None) == (added["incremental_revenue"] is None)
        if revenue is not None and (interval := added["incremental_revenue"]) is not None:
            found = [float(interval["value"]), float(interval["low"]), float(interval["high"])]
            assert found == pytest.approx([revenue.value, revenue.low, revenue.high], abs=0.01)
