"""What both groups of a campaign brought, as sums from which its effect is calculated."""

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, slots=True)
class GroupTotals:
    """Sums over the members of one group whose attribution window has closed.

    For each member: y is the revenue within the window, net of refunds, 0 where nothing came; x is
    what the run before the campaign foresaw, 0 where it foresaw nothing; b is 1 for who bought
    within the window, else 0. One statement delivers them, and totals of disjoint members add up.
    Amounts are in the currency's units.
    """

    members: int = 0
    customers: int = 0
    """Σ b"""
    revenue: float = 0.0
    """Σ y"""
    revenue_squared: float = 0.0
    """Σ y²"""
    revenue_cubed: float = 0.0
    """Σ y³"""
    foreseen: float = 0.0
    """Σ x"""
    foreseen_squared: float = 0.0
    """Σ x²"""
    foreseen_cubed: float = 0.0
    """Σ x³"""
    revenue_foreseen: float = 0.0
    """Σ yx"""
    revenue_squared_foreseen: float = 0.0
    """Σ y²x"""
    revenue_foreseen_squared: float = 0.0
    """Σ yx²"""
    customers_foreseen: float = 0.0
    """Σ bx"""
    customers_foreseen_squared: float = 0.0
    """Σ bx²"""

    def __add__(self, other: Self) -> "GroupTotals":
        return GroupTotals(
            **{
                each.name: getattr(self, each.name) + getattr(other, each.name)
                for each in fields(self)
            }
        )


@dataclass(frozen=True, slots=True)
class ArmTotals:
    """Those written to, and those held out."""

    treatment: GroupTotals = GroupTotals()
    holdout: GroupTotals = GroupTotals()

    def __add__(self, other: Self) -> "ArmTotals":
        return ArmTotals(self.treatment + other.treatment, self.holdout + other.holdout)
