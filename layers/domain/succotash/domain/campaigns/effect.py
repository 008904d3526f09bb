"""The result of a campaign: the effect, its uncertainty, and the members still missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import accumulate
from math import ceil, inf

from succotash.domain.campaigns.boundaries import ALPHA, STANDARD_NORMAL, two_sided_boundaries
from succotash.domain.campaigns.estimates import (
    Estimate,
    GroupEffect,
    Reading,
    stagewise_estimate,
)
from succotash.domain.campaigns.looks import LookPlan
from succotash.domain.campaigns.totals import ArmTotals
from succotash.domain.values import counted

POWER = 0.8
"""The chance of a clear result that enough people give, if the effect is as it seems."""
MOST_TIMES = 1000
"""More than so many times the people so far is as good as never."""


class Finding(StrEnum):
    """The conclusion about a campaign's revenue."""

    MORE = "more"
    LESS = "less"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"

    @classmethod
    def of(cls, revenue: Estimate | None) -> "Finding":
        """The conclusion from the side of 0 on which the interval lies."""
        if revenue is not None and revenue.low > 0:
            return cls.MORE
        if revenue is not None and revenue.high < 0:
            return cls.LESS
        return cls.NOT_ENOUGH_EVIDENCE


class IntervalKind(StrEnum):
    """The way in which an interval allows for the looks before it."""

    REPEATED = "repeated"
    """Intervals of all looks hold together: Jennison and Turnbull, "Interim analyses: the repeated
    confidence interval approach", JRSS B 51 (1989), 305-361."""
    STAGEWISE = "stagewise"
    """Holds where the campaign ended by its rule, and is narrower there."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """The members missing for a clear result, if the effect is as it seems."""

    people: int
    """More members, of both groups in the shares so far."""
    expected_at: datetime | None
    """The look at which so many will count, or the time where no look is as late, at the pace since
    the look before; None where that is never, as of a campaign that is over."""


@dataclass(frozen=True, slots=True)
class CampaignEffect:
    """The effect of a campaign, as of one of its looks."""

    finding: Finding
    summary: str
    """In words."""
    looks_reached: int
    look: int | None = None
    """The look that is shown, from 1."""
    interval: IntervalKind = IntervalKind.REPEATED
    is_final: bool = False
    crossed_at: int | None = None
    """The first look at which the boundary was crossed, from 1."""
    everybody: GroupEffect = field(default_factory=lambda: GroupEffect(ArmTotals()))
    shortfall: Shortfall | None = None
    segments: Mapping[str, GroupEffect] = field(default_factory=dict)
    segments_note: str | None = None


def read_effect(
    plan: LookPlan,
    counted: Sequence[ArmTotals],
    segments: Mapping[str, Sequence[ArmTotals]] | None = None,
    ended_at: datetime | None = None,
) -> CampaignEffect:
    """The effect as it may be told after the looks that have come.

    `counted` has, for each look reached, the members whose window closed since the look before it;
    so has each of `segments`. `ended_at` is when the campaign was over, None while it goes on. It
    stopped at a crossing if that was after the look and before the next: a campaign
    that ended earlier did not stop for it, and its people count at later looks.
    """
    if not counted:
        day = plan.looks[0].at.date()
        text = f"Not enough evidence yet: the first look is on {day}."
        return CampaignEffect(Finding.NOT_ENOUGH_EVIDENCE, text, 0)
    sequence = _Sequence.of(plan, list(accumulate(counted)))
    crossed = sequence.crossed
    is_last = len(counted) == len(plan.looks)
    stopped = crossed is not None and sequence.stops_at(crossed, ended_at)
    shown = crossed if crossed is not None and stopped else len(counted) - 1
    is_final = stopped or is_last
    by_rule = is_final and (crossed is None or crossed == shown)
    everybody = sequence.effect(shown, by_rule=by_rule)
    finding = Finding.of(everybody.revenue)
    is_clear = finding is not Finding.NOT_ENOUGH_EVIDENCE
    shortfall = None if is_clear else sequence.shortfall(shown, ended_at)
    groups = {
        name: Reading.of(sum(totals[: shown + 1], ArmTotals())).effect(sequence.limit(shown))
        for name, totals in (segments or {}).items()
    }
    return CampaignEffect(
        finding,
        _summary(finding, everybody, crossed, shown, is_last=is_last)
        + _outlook(shortfall, is_over=ended_at is not None),
        len(counted),
        shown + 1,
        IntervalKind.STAGEWISE if by_rule and everybody.revenue else IntervalKind.REPEATED,
        is_final,
        None if crossed is None else crossed + 1,
        everybody,
        shortfall,
        groups,
        _segments_note(groups) if groups else None,
    )


@dataclass(frozen=True, slots=True)
class _Sequence:
    """The readings of all looks that have come, and what each is compared with.

    A look without enough members is left out, and what it might have spent is left to the next.
    """

    plan: LookPlan
    readings: Sequence[Reading]
    limits: Mapping[int, float]
    """The limits by look, of those that have enough members."""

    @classmethod
    def of(cls, plan: LookPlan, totals: Sequence[ArmTotals]) -> "_Sequence":
        """The effect on the members counted up to each look."""
        readings = [Reading.of(each) for each in totals]
        usable = [look for look, each in enumerate(readings) if each.too_small is None]
        limits = _limits(plan, readings, usable)
        return cls(plan, readings, dict(zip(usable, limits, strict=True)))

    @property
    def crossed(self) -> int | None:
        """The first look at which the boundary was crossed."""
        return next(
            (
                look
                for look, limit in self.limits.items()
                if (found := self.readings[look].revenue) and abs(found.statistic()) >= limit
            ),
            None,
        )

    def stops_at(self, look: int, ended_at: datetime | None) -> bool:
        """Whether the campaign ended after this look, before the next."""
        if look + 1 == len(self.plan.looks):
            return True
        looks = self.plan.looks
        return ended_at is not None and looks[look].at <= ended_at < looks[look + 1].at

    def limit(self, look: int) -> float:
        """The critical value of a look's repeated intervals, also where revenue has none."""
        if look in self.limits or not self.readings[look].totals.information:
            return self.limits.get(look, inf)
        looks = [*(each for each in self.limits if each < look), look]
        return _limits(self.plan, self.readings, looks)[-1]

    def effect(self, look: int, *, by_rule: bool) -> GroupEffect:
        """The effect on everybody, with the stage-wise interval if the rule ended the campaign."""
        reading = self.readings[look]
        if not by_rule or look not in self.limits:
            return reading.effect(self.limit(look))
        looks = [each for each in self.limits if each <= look]
        found = [each for at in looks if (each := self.readings[at].revenue) is not None]
        information = [self.readings[each].totals.information for each in looks]
        limits = [self.limits[each] for each in looks]
        return reading.effect(self.limit(look), stagewise_estimate(found, information, limits))

    def shortfall(self, look: int, ended_at: datetime | None) -> Shortfall | None:
        """The number of people still missing; None where no number would do, as it seems."""
        reading = self.readings[look]
        times = _times_enough(reading, self.plan.expected_boundaries()[-1])
        if times is None or times > MOST_TIMES:
            return None
        people = ceil(reading.totals.members * (times - 1))
        since, before = (
            (self.plan.looks[look - 1].at, self.readings[look - 1].totals.members)
            if look
            else (self.plan.opens_at, 0)
        )
        came = reading.totals.members - before
        if ended_at is not None or people > MOST_TIMES * came:
            return Shortfall(people, None)
        at = self.plan.looks[look].at
        there = at + (at - since) * (people / came)
        ahead = (each.at for each in self.plan.looks[look + 1 :] if each.at >= there)
        return Shortfall(people, next(ahead, there))


def _limits(plan: LookPlan, readings: Sequence[Reading], looks: Sequence[int]) -> list[float]:
    return two_sided_boundaries(
        [readings[look].totals.information for look in looks],
        [plan.looks[look].spent for look in looks],
    )


def _times_enough(reading: Reading, limit: float) -> float | None:
    """The factor by which there would have to be more people; None where nobody can tell."""
    if (small := reading.too_small) is not None:
        return small.times and max(small.times, 1.0)
    distance = abs(reading.revenue.statistic()) if reading.revenue else 0.0
    wanted = limit + STANDARD_NORMAL.inv_cdf(POWER)
    return max((wanted / distance) ** 2, 1.0) if distance else None


def _summary(
    finding: Finding, everybody: GroupEffect, crossed: int | None, shown: int, *, is_last: bool
) -> str:
    yet = "" if is_last else " yet"
    if everybody.too_small is not None:
        return f"Not enough evidence{yet}: {everybody.too_small.reason}."
    if finding is Finding.NOT_ENOUGH_EVIDENCE:
        return f"Not enough evidence{yet}: the interval includes zero."
    text = f"The campaign {'raised' if finding is Finding.MORE else 'lowered'} revenue."
    if crossed is not None and crossed < shown:
        text += f" That was clear at look {crossed + 1}; people who counted later are included."
    return text


def _outlook(shortfall: Shortfall | None, *, is_over: bool) -> str:
    if shortfall is None:
        return ""
    if not shortfall.people:
        return " The people so far would probably be enough at a later look."
    at = shortfall.expected_at
    when = "" if at is None else f", expected by {at:%Y-%m-%d}"
    if is_over:
        when = "; the campaign is over, so nobody is assigned any more"
    more = counted(shortfall.people, "more person", "more people")
    return f" About {more} would probably be enough{when}."


def _segments_note(groups: Mapping[str, GroupEffect]) -> str:
    shown = sum(each.revenue is not None for each in groups.values())
    return (
        f"Each interval holds for its own segment in {1 - ALPHA:.0%} of campaigns, not for all of "
        f"them at once: of {shown} segments, up to {shown * ALPHA:.1f} seem changed by chance."
    )
