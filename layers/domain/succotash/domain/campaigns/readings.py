"""Readings of a campaign's looks: what was counted when, and kept as it was first read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from succotash.domain.campaigns.effect import CampaignEffect, Finding
from succotash.domain.campaigns.estimates import Estimate
from succotash.domain.campaigns.totals import ArmTotals
from succotash.domain.values import CampaignId, Currency


@dataclass(frozen=True, slots=True)
class LookTerms:
    """The looks to read, and the orders that count."""

    campaign_id: CampaignId
    looks: Sequence[datetime]
    """In order, without a gap; at least one."""
    after: datetime | None
    """The look before the first of them; None without one."""
    window: timedelta
    """The time after the assignment within which orders count."""
    currency: Currency

    def place(self, closes_at: datetime) -> int | None:
        """The position in `looks` of a member whose window closes then; None if it is in none."""
        if self.after is not None and closes_at <= self.after:
            return None
        return next((at for at, look in enumerate(self.looks) if closes_at <= look), None)


@dataclass(frozen=True, slots=True)
class LookTotals:
    """The totals at one look, of members whose window closed since the look before."""

    everybody: ArmTotals = field(default_factory=ArmTotals)
    segments: Mapping[str, ArmTotals] = field(default_factory=dict)
    """The totals by field and value when members were assigned, such as `risk_level:high`."""


@dataclass(frozen=True, slots=True)
class LookTold:
    """The result published at one look when it was first read, as if the campaign went on."""

    finding: Finding
    incremental_revenue: Estimate | None
    """None where there is no interval, or one without ends."""

    @classmethod
    def of(cls, effect: CampaignEffect) -> "LookTold":
        """The result that the effect shows as of that look."""
        found = effect.everybody.incremental_revenue
        return cls(effect.finding, found if found is not None and found.is_bounded else None)


@dataclass(frozen=True, slots=True)
class LookReading:
    """One look, as it was first read: what arrives later changes nothing about it."""

    look: int
    """From 0."""
    read_at: datetime
    totals: LookTotals
    told: LookTold | None = None
    """None of a look that an earlier release read."""


SEGMENTED_BY = ("risk_level", "value_segment", "engagement_segment")
"""Fields of members by which their totals are told apart."""


def segment_name(by: str, value: str) -> str:
    """The name under which a segment's totals stand."""
    return f"{by}:{value}"


def segment_parts(name: str) -> tuple[str, str]:
    """The field and the value of a segment's name."""
    by, _, value = name.partition(":")
    return by, value
