"""The effect of a campaign, look by look, from the counts of its looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from succotash.domain.campaigns.campaigns import RetentionCampaign
from succotash.domain.campaigns.effect import CampaignEffect, read_effect
from succotash.domain.campaigns.looks import LookPlan
from succotash.domain.campaigns.readings import LookReading, LookTold
from succotash.domain.campaigns.totals import ArmTotals


@dataclass(frozen=True, slots=True)
class CampaignResult:
    """A campaign's effect as published now, and as it was due at each look."""

    plan: LookPlan
    readings: Sequence[LookReading]
    effect: CampaignEffect
    told: Sequence[LookTold]
    """At each look that has come, as if the campaign went on."""

    @classmethod
    def of(
        cls, campaign: RetentionCampaign, readings: Sequence[LookReading], now: datetime
    ) -> "CampaignResult | None":
        """None where the campaign was never activated."""
        plan = campaign.definition.look_plan
        if plan is None:
            return None
        counted = [each.totals.everybody for each in readings]
        names = sorted({name for each in readings for name in each.totals.segments})
        segments = {
            name: [each.totals.segments.get(name, ArmTotals()) for each in readings]
            for name in names
        }
        return cls(
            plan,
            readings,
            read_effect(plan, counted, segments, campaign.ended_at(now)),
            [each.told or told_at(plan, readings[: each.look + 1]) for each in readings],
        )


def told_at(plan: LookPlan, readings: Sequence[LookReading]) -> LookTold:
    """The effect to publish at the last of these looks."""
    return LookTold.of(read_effect(plan, [each.totals.everybody for each in readings]))
