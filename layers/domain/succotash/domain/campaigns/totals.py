"""Sums over both groups of a campaign, from which its effect is calculated."""

from dataclasses import dataclass, fields
from typing import Self

type PowerSums = tuple[tuple[float, ...], ...]
"""Σ vⁱxʲ in row i and column j, for i + j of at most 4."""


@dataclass(frozen=True, slots=True)
class GroupTotals:
    """Sums over the members of one group whose attribution window has closed.

    For each member, y is the revenue within the window, net of refunds, and 0 where nothing came; x
    is what the run before the campaign foresaw, 0 where it foresaw nothing; b is 1 for who bought
    within the window, else 0. `yyx` is Σ y²x, and so on. Amounts are in the currency's units. One
    statement delivers all of them, and totals of disjoint members add up.
    """

    members: int = 0
    b: int = 0
    """Customers: members who bought."""
    bx: float = 0.0
    bxx: float = 0.0
    bxxx: float = 0.0
    y: float = 0.0
    """Revenue."""
    yy: float = 0.0
    yyy: float = 0.0
    yyyy: float = 0.0
    yx: float = 0.0
    yyx: float = 0.0
    yyyx: float = 0.0
    yxx: float = 0.0
    yyxx: float = 0.0
    yxxx: float = 0.0
    x: float = 0.0
    xx: float = 0.0
    xxx: float = 0.0
    xxxx: float = 0.0

    def __add__(self, other: Self) -> "GroupTotals":
        return GroupTotals(
            **{
                each.name: getattr(self, each.name) + getattr(other, each.name)
                for each in fields(self)
            }
        )

    def revenue_powers(self) -> PowerSums:
        """The powers of revenue and its forecast."""
        return (
            (self.members, self.x, self.xx, self.xxx, self.xxxx),
            (self.y, self.yx, self.yxx, self.yxxx),
            (self.yy, self.yyx, self.yyxx),
            (self.yyy, self.yyyx),
            (self.yyyy,),
        )

    def customer_powers(self) -> PowerSums:
        """The powers of buying or not, and its forecast: every power of b is b."""
        bought = (self.b, self.bx, self.bxx, self.bxxx)
        foreseen = (self.members, self.x, self.xx, self.xxx, self.xxxx)
        return (foreseen, *(bought[: 4 - at] for at in range(4)))


@dataclass(frozen=True, slots=True)
class ArmTotals:
    """The sums of the treatment and of the holdout."""

    treatment: GroupTotals = GroupTotals()
    holdout: GroupTotals = GroupTotals()

    def __add__(self, other: Self) -> "ArmTotals":
        return ArmTotals(self.treatment + other.treatment, self.holdout + other.holdout)

    @property
    def members(self) -> int:
        """The members of both groups."""
        return self.treatment.members + self.holdout.members

    @property
    def information(self) -> float:
        """The information about the groups' difference: half the harmonic mean of their sizes."""
        treated, held_out = self.treatment.members, self.holdout.members
        return treated * held_out / (treated + held_out) if treated and held_out else 0.0
