"""Looks at campaigns in memory."""

from collections import defaultdict
from collections.abc import Sequence
from typing import override

from succotash.domain.campaigns.assignment import Arm
from succotash.domain.campaigns.members import CampaignMember
from succotash.domain.campaigns.readings import (
    SEGMENTED_BY,
    LookReading,
    LookTerms,
    LookTotals,
    segment_name,
)
from succotash.domain.campaigns.totals import ArmTotals, GroupTotals
from succotash.domain.repositories.campaign_readings import CampaignReadingRepository
from succotash.domain.values import CampaignId
from succotash.infrastructure.in_memory.ledger import over_refunds_of, purchases_of
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic, stored


class InMemoryCampaignReadingRepository(InMemoryRepository, CampaignReadingRepository):
    """Looks at campaigns."""

    @override
    @atomic
    def total_looks(self, terms: LookTerms) -> list[LookTotals]:
        everybody = [ArmTotals() for _ in terms.looks]
        segments = [defaultdict[str, ArmTotals](ArmTotals) for _ in terms.looks]
        for member in self.tables.members_by_campaign[terms.campaign_id]:
            place = terms.place(member.assigned_at + terms.window)
            if place is None:
                continue
            own = self._totals(member, terms)
            arms = ArmTotals(own) if member.arm is Arm.TREATMENT else ArmTotals(holdout=own)
            everybody[place] += arms
            for by in SEGMENTED_BY:
                if (value := getattr(member, by)) is not None:
                    segments[place][segment_name(by, value)] += arms
        return [
            LookTotals(both, dict(sorted(own.items())))
            for both, own in zip(everybody, segments, strict=True)
        ]

    @override
    @atomic
    def save_look_readings(self, campaign_id: CampaignId, readings: Sequence[LookReading]) -> None:
        for each in readings:
            if (campaign_id, each.look) not in self.tables.readings:
                self.tables.readings[campaign_id, each.look] = stored(each)

    @override
    @atomic
    def get_look_readings(self, campaign_id: CampaignId) -> list[LookReading]:
        found = [reading for key, reading in self.tables.readings.items() if key[0] == campaign_id]
        return sorted(found, key=lambda each: each.look)

    def _totals(self, member: CampaignMember, terms: LookTerms) -> GroupTotals:
        """The totals of one member."""
        closes_at = member.assigned_at + terms.window
        net, has_bought = 0, False
        for customer in self.tables.customers_by_email[member.canonical_email or ""]:
            orders = [
                each
                for each in self.tables.orders_by_customer[customer.customer_id]
                if member.assigned_at < each.ordered_at <= closes_at
                and each.amount.currency == terms.currency
            ]
            purchases = purchases_of(orders, closes_at)
            net += sum(each.net for each in [*purchases, *over_refunds_of(orders, closes_at)])
            has_bought = has_bought or bool(purchases)
        foreseen = member.foreseen_value
        known = foreseen is not None and foreseen.currency == terms.currency
        x = float(foreseen.amount) if foreseen is not None and known else 0.0
        y, b = net / 10_000, int(has_bought)
        return GroupTotals(
            members=1,
            b=b,
            bx=b * x,
            bxx=b * x**2,
            bxxx=b * x**3,
            y=y,
            yy=y**2,
            yyy=y**3,
            yyyy=y**4,
            yx=y * x,
            yyx=y**2 * x,
            yyyx=y**3 * x,
            yxx=y * x**2,
            yyxx=y**2 * x**2,
            yxxx=y * x**3,
            x=x,
            xx=x**2,
            xxx=x**3,
            xxxx=x**4,
        )
