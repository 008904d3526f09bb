"""Campaigns on CDNOW's customers whose effect is known: how often what is told of them is right.

Members are drawn from the customers, with what a run as of 1998-01-01 foresaw of them, and their
revenue of the 90 days after it. `python -m local.simulated_campaigns` writes the tables of
`docs/explanation/campaign-effect.md`; with `--check` it only compares them. It takes a few minutes.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from local.cdnow import amounts_by_day
from local.risk_report import scored
from local.tables import keep_tables, replaced, table
from succotash.domain.campaigns.boundaries import STANDARD_NORMAL
from succotash.domain.campaigns.differences import Difference
from succotash.domain.campaigns.effect import CampaignEffect, Finding, read_effect
from succotash.domain.campaigns.estimates import Estimate, Reading
from succotash.domain.campaigns.looks import LookPlan
from succotash.domain.campaigns.totals import ArmTotals, GroupTotals
from succotash.domain.models.purchases import Array
from succotash.domain.values import CustomerId

DOCUMENT = Path("docs/explanation/campaign-effect.md")
DAY = date(1998, 1, 1)
WINDOW = timedelta(days=90)
HOLDOUT = 0.1
LOOKS = 8
MEMBERS = 10_000
CAMPAIGNS = 1_000
FEWER = 500
"""Campaigns of what is measured besides."""
FEW = 50
"""With fewer campaigns a share says nothing."""
STARTS_AT = datetime(2026, 1, 1, tzinfo=UTC)
PLAN = LookPlan.of(
    STARTS_AT,
    WINDOW,
    [STARTS_AT + WINDOW + timedelta(days=10 * number) for number in range(1, LOOKS + 1)],
)


@dataclass(frozen=True, slots=True)
class Change:
    """The effect of a campaign on its recipients."""

    name: str
    extra_orders: float = 0.0
    """The chance of one more order, of an amount drawn from all of CDNOW's."""
    factor: float = 1.0
    """The factor by which everything else is multiplied."""

    def per_member(self) -> float:
        """The revenue that it adds to a member, on average."""
        people = population()
        added = self.extra_orders * people.amounts.mean()
        return float(added + (self.factor - 1) * people.revenue.mean())


NOTHING = Change("no effect")
KNOWN = Change("one more order from 5%", extra_orders=0.05)
LARGE = Change("one more order from 20%", extra_orders=0.2)
RAISED = Change("every order a fifth larger", factor=1.2)
HALVED = Change("half of all revenue lost", factor=0.5)


@dataclass(frozen=True, slots=True)
class Population:
    """One row per customer."""

    revenue: Array
    """The revenue of the days after."""
    foreseen: Array
    """The run's forecast for the customer within the value horizon."""
    amounts: Array
    """The amounts of all purchase days of all customers."""


@cache
def population() -> Population:
    """CDNOW's customers, and what they did after the run."""
    histories = amounts_by_day()
    storage, _ = scored(DAY, histories)
    values = storage.repositories.ltv
    return Population(
        revenue=np.array(
            [
                sum(amount for day, amount in days.items() if DAY <= day < DAY + WINDOW)
                for days in histories.values()
            ]
        ),
        foreseen=np.array(
            [
                float(values.get_customer_ltv(CustomerId(each)).residual_value.amount)
                for each in histories
            ]
        ),
        amounts=np.array([amount for days in histories.values() for amount in days.values()]),
    )


def counted(change: Change, members: int, seed: int) -> list[ArmTotals]:
    """The totals that each of the looks adds, with members of equal number."""
    random = np.random.default_rng(seed)
    people = population()
    drawn = random.integers(0, len(people.revenue), members)
    held_out = random.random(members) < HOLDOUT
    revenue = people.revenue[drawn] * np.where(held_out, 1.0, change.factor)
    more = ~held_out & (random.random(members) < change.extra_orders)
    revenue[more] += random.choice(people.amounts, more.sum())
    return totals_of(revenue, people.foreseen[drawn], held_out)


def totals_of(revenue: Array, foreseen: Array, held_out: NDArray[np.bool_]) -> list[ArmTotals]:
    """The totals that each look adds of these members, as many at each, in their order."""
    columns = {"b": revenue > 0, "y": revenue, "x": foreseen}
    group = np.arange(len(revenue)) * LOOKS // len(revenue) + LOOKS * held_out
    sums: dict[str, Any] = {
        "members": np.bincount(group, minlength=2 * LOOKS),
        "b": np.bincount(group[revenue > 0], minlength=2 * LOOKS),
    }
    for each in fields(GroupTotals)[len(sums) :]:
        product = np.prod([columns[letter] for letter in each.name], axis=0)
        sums[each.name] = np.bincount(group, product, minlength=2 * LOOKS)
    totals = [
        GroupTotals(**{name: found[at].item() for name, found in sums.items()})
        for at in range(2 * LOOKS)
    ]
    return [ArmTotals(*arms) for arms in zip(totals[:LOOKS], totals[LOOKS:], strict=True)]


@dataclass(frozen=True, slots=True)
class Campaign:
    """One that stops at the first crossing, and the true effect on a member."""

    effect: CampaignEffect
    truth: float
    everything: ArmTotals
    """The result as if it had not stopped."""

    @classmethod
    def of(cls, change: Change, members: int, seed: int) -> "Campaign":
        """With this seed."""
        found = counted(change, members, seed)
        effect = read_effect(PLAN, found)
        if effect.crossed_at is not None:
            stopped_at = PLAN.looks[effect.crossed_at - 1].at
            effect = read_effect(PLAN, found[: effect.crossed_at], ended_at=stopped_at)
        return cls(effect, change.per_member(), sum(found, ArmTotals()))

    @property
    def has_interval(self) -> bool:
        """Whether its groups were large enough."""
        return self.effect.everybody.revenue is not None

    @property
    def is_covered(self) -> bool:
        """Whether the interval holds the truth."""
        return covers(self.effect.everybody.revenue, self.truth)


def covers(estimate: Estimate | None, truth: float) -> bool:
    """Whether there is an interval, and the truth in it."""
    return estimate is not None and estimate.low <= truth <= estimate.high


@cache
def campaigns(change: Change, members: int, count: int) -> list[Campaign]:
    """With seeds from 0 on."""
    return [Campaign.of(change, members, seed) for seed in range(count)]


def share(of: Iterable[bool]) -> float:
    """The share of them that is true."""
    found = list(of)
    return sum(found) / len(found)


def stopping_table() -> str:
    """Campaigns of 10,000 members, by their effect."""
    rows = []
    counts = {NOTHING: CAMPAIGNS, KNOWN: CAMPAIGNS, LARGE: CAMPAIGNS, RAISED: FEWER, HALVED: FEWER}
    for change, count in counts.items():
        found = campaigns(change, MEMBERS, count)
        findings = [each.effect.finding for each in found]
        early = [(each.effect.crossed_at or LOOKS) < LOOKS for each in found]
        rows.append(
            (
                change.name,
                f"{change.per_member():.2f}",
                f"{count:,}",
                str(findings.count(Finding.MORE)),
                str(findings.count(Finding.LESS)),
                str(sum(early)),
                f"{share(each.is_covered for each in found):.1%}",
                f"{np.median([width(each.effect.everybody.revenue) for each in found]):.2f}",
            )
        )
    head = ("effect", "per member", "campaigns", "called more", "called less")
    more = ("before the last look", "final interval covers", "its median width")
    return table((*head, *more), rows)


def width(estimate: Estimate | None) -> float:
    """The width of the interval; infinite without one."""
    return np.inf if estimate is None else estimate.high - estimate.low


def sizes_table() -> str:
    """Campaigns of other sizes."""
    rows = []
    counts = {300: FEWER, 1_000: FEWER, 3_000: FEWER, MEMBERS: CAMPAIGNS}
    for members, count in counts.items():
        for change in (NOTHING, KNOWN):
            found = campaigns(change, members, count)
            shown = [each for each in found if each.has_interval]
            called = sum(each.effect.finding is Finding.MORE for each in found)
            rows.append(
                (
                    f"{members:,}",
                    change.name,
                    f"{count:,}",
                    f"{len(shown) / len(found):.0%}",
                    f"{share(each.is_covered for each in shown):.1%}" if len(shown) >= FEW else "",
                    str(called),
                    f"{share(map(covered_at_once, found)):.1%}",
                    f"{share(map(covered_by_welch, found)):.1%}",
                )
            )
    head = ("members", "effect", "campaigns", "interval shown", "shown ones cover", "called more")
    return table((*head, "one look, without the rule", "one look, Welch"), rows)


def covered_at_once(campaign: Campaign) -> bool:
    """Whether the interval of a single look at the end covers, however small the groups are."""
    found = Reading.of(campaign.everything).revenue
    return found is not None and _within(found, campaign.truth)


def covered_by_welch(campaign: Campaign) -> bool:
    """The same of Welch's interval, without any adjustment."""
    written, held_out = campaign.everything.treatment, campaign.everything.holdout
    means = [each.y / each.members for each in (written, held_out)]
    error = sum(
        (each.yy / each.members - mean**2) / (each.members - 1)
        for each, mean in zip((written, held_out), means, strict=True)
    )
    plain = Difference(means[0] - means[1], error**0.5, skewness=0.0, own_variance=1.0)
    return error > 0 and _within(plain, campaign.truth)


def _within(found: Difference, truth: float) -> bool:
    low, high = found.interval(STANDARD_NORMAL.inv_cdf(0.975))
    return low <= truth <= high


def narrowing_table() -> str:
    """The table of how much the run before the campaign narrows intervals."""
    people = population()
    related = float(np.corrcoef(people.foreseen, people.revenue)[0, 1])
    rows = []
    for change in (NOTHING, KNOWN):
        narrowed = [
            Reading.of(each.everything).narrowed_by
            for each in campaigns(change, MEMBERS, CAMPAIGNS)
        ]
        half = float(np.median(narrowed))
        rows.append((change.name, f"{related:.2f}", f"{half:.1%}", f"{1 - (1 - half) ** 2:.1%}"))
    head = ("effect", "correlation of foreseen and revenue", "narrower by", "people saved")
    return table(head, rows)


def main() -> int:
    """Write the tables, or check them."""

    def written(known: str) -> str:
        return replaced(
            known,
            {
                "stopping": stopping_table(),
                "sizes": sizes_table(),
                "narrowing": narrowing_table(),
            },
        )

    return keep_tables(
        DOCUMENT,
        written,
        description=__doc__,
        refusal="what the simulation finds; run python -m local.simulated_campaigns",
    )


if __name__ == "__main__":
    sys.exit(main())
