"""Members with known outcomes, summed up as a storage would."""

from dataclasses import fields

import numpy as np

from succotash.domain.campaigns.totals import ArmTotals, GroupTotals
from succotash.domain.models.purchases import Array


def summed(revenue: Array, foreseen: Array) -> GroupTotals:
    """Of members with this revenue, of whom this was foreseen."""
    columns = {"b": (revenue > 0) * 1.0, "y": revenue, "x": foreseen}
    sums = {
        each.name: float(np.prod([columns[letter] for letter in each.name], axis=0).sum())
        for each in fields(GroupTotals)[2:]
    }
    return GroupTotals(len(revenue), int(columns["b"].sum()), **sums)


def drawn(
    seed: int,
    treated: int = 900,
    held_out: int = 100,
    *,
    effect: float = 0.0,
    buying: float = 0.5,
) -> ArmTotals:
    """Members of whom a share buys for amounts about 100, half foreseen.

    The effect is added to what each treated buyer spends.
    """
    random = np.random.default_rng(seed)

    def group(members: int, more: float) -> GroupTotals:
        foreseen = random.normal(50, 10, members)
        buys = random.random(members) < buying
        return summed(buys * (foreseen + random.normal(50, 10, members) + more), foreseen)

    return ArmTotals(group(treated, effect), group(held_out, 0.0))
