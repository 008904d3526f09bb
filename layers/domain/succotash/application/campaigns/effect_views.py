"""The effect of a campaign, serialised for the API."""

from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from succotash.application.campaigns.effects import CampaignResult
from succotash.application.rounding import rounded, rounded_or_none
from succotash.domain.campaigns.estimates import Estimate, GroupEffect
from succotash.domain.campaigns.readings import segment_parts
from succotash.domain.campaigns.totals import GroupTotals
from succotash.domain.values import MONEY_UNIT


class GroupView(TypedDict):
    """Revenue and buyers of one group within the attribution window, reached or not."""

    members: int
    """People whose window has closed by the look that is shown."""
    customers: int
    """The number of members who bought."""
    customer_rate: float | None
    """Customers per member; None without any."""
    revenue: Decimal
    """Net of refunds, in the currency of the effect."""
    revenue_per_member: Decimal | None
    """None without any."""


class MoneyEstimateView(TypedDict):
    """An amount with its 95% interval."""

    value: Decimal
    """The estimate, in the currency of the effect."""
    low: Decimal
    """The lower end of the interval."""
    high: Decimal
    """The upper end of the interval."""


class CountEstimateView(TypedDict):
    """A number of people with its 95% interval."""

    value: float
    """The estimate, in people."""
    low: float
    """The lower end of the interval."""
    high: float
    """The upper end of the interval."""


class DifferenceView(TypedDict):
    """The effect on everybody or on a segment; None where groups are too small."""

    treatment: GroupView
    holdout: GroupView
    incremental_revenue: MoneyEstimateView | None
    """The revenue added by all members of the treatment."""
    incremental_revenue_per_member: MoneyEstimateView | None
    incremental_customers: CountEstimateView | None
    """The number of buyers added among all members of the treatment."""
    narrowed_by: float
    """Share by which what the run before foresaw narrows the interval of revenue."""
    too_small: str | None
    """Why there is no interval of revenue."""


class SegmentDifferenceView(DifferenceView):
    """The effect on one segment."""

    segment_by: str
    """Such as risk_level, as it was when people were assigned."""
    segment: str


class LookView(TypedDict):
    """One look, and what was to be told at it."""

    look: int
    """From 1."""
    at: datetime
    read_at: datetime | None
    """When it was first read; what arrives later changes nothing. None where it is ahead."""
    members: int | None
    """The number of members of both groups by then; None where the look is ahead."""
    finding: str | None
    """The finding as it was published when the look was first read, like the revenue."""
    incremental_revenue: MoneyEstimateView | None
    """With the interval for this look, which allows for the others."""


class EffectView(TypedDict):
    """The effect of a campaign, by intention to treat."""

    finding: str
    """`more`, `less` or `not_enough_evidence`, of revenue."""
    summary: str
    """The same in words."""
    currency: str
    look: int | None
    """The look that is shown, from 1; None before the first."""
    interval: str
    """`repeated` while it goes on; `stagewise` where it ended by its rule."""
    is_final: bool
    crossed_at: int | None
    """The first look at which the evidence was enough, from 1."""
    everybody: DifferenceView
    more_people: int | None
    """So many more would probably be enough; None where they are, or where nobody can tell."""
    enough_expected_at: datetime | None
    """When so many more will count, at the pace since the look before; None where that is never,
    and once the campaign is over, since nobody is assigned any more."""
    segments: list[SegmentDifferenceView]
    segments_note: str | None
    looks: list[LookView]


def effect_view(result: CampaignResult, currency: str) -> EffectView:
    """Serialised for the API."""
    effect = result.effect
    short = effect.shortfall
    return {
        "finding": effect.finding,
        "summary": effect.summary,
        "currency": currency,
        "look": effect.look,
        "interval": effect.interval,
        "is_final": effect.is_final,
        "crossed_at": effect.crossed_at,
        "everybody": _difference_view(effect.everybody),
        "more_people": None if short is None else short.people,
        "enough_expected_at": None if short is None else short.expected_at,
        "segments": [_segment_view(name, each) for name, each in effect.segments.items()],
        "segments_note": effect.segments_note,
        "looks": [_look_view(result, look) for look in range(len(result.plan.looks))],
    }


def _look_view(result: CampaignResult, look: int) -> LookView:
    at = result.plan.looks[look].at
    reached = look < len(result.readings)
    told = result.told[look] if reached else None
    counted = sum(each.totals.everybody.members for each in result.readings[: look + 1])
    return {
        "look": look + 1,
        "at": at,
        "read_at": result.readings[look].read_at if reached else None,
        "members": counted if reached else None,
        "finding": None if told is None else told.finding,
        "incremental_revenue": None if told is None else _amounts(told.incremental_revenue),
    }


def _segment_view(name: str, found: GroupEffect) -> SegmentDifferenceView:
    by, value = segment_parts(name)
    return {"segment_by": by, "segment": value, **_difference_view(found)}


def _difference_view(found: GroupEffect) -> DifferenceView:
    return {
        "treatment": _group_view(found.totals.treatment),
        "holdout": _group_view(found.totals.holdout),
        "incremental_revenue": _amounts(found.incremental_revenue),
        "incremental_revenue_per_member": _amounts(found.revenue),
        "incremental_customers": _counts(found.incremental_customers),
        "narrowed_by": rounded(found.narrowed_by),
        "too_small": None if found.too_small is None else found.too_small.reason,
    }


def _group_view(totals: GroupTotals) -> GroupView:
    members = totals.members
    return {
        "members": members,
        "customers": totals.b,
        "customer_rate": rounded_or_none(totals.b / members if members else None),
        "revenue": _money(totals.y),
        "revenue_per_member": _money(totals.y / members) if members else None,
    }


def _money(amount: float) -> Decimal:
    return Decimal(amount).quantize(MONEY_UNIT)


def _amounts(found: Estimate | None) -> MoneyEstimateView | None:
    if found is None or not found.is_bounded:
        return None
    return {"value": _money(found.value), "low": _money(found.low), "high": _money(found.high)}


def _counts(found: Estimate | None) -> CountEstimateView | None:
    if found is None or not found.is_bounded:
        return None
    return {
        "value": rounded(found.value),
        "low": rounded(found.low),
        "high": rounded(found.high),
    }
