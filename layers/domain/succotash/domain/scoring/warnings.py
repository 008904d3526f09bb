"""Warnings about the ledger behind a scoring run's numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import nsmallest
from math import sqrt

from succotash.domain.value.refunds import RefundTotals
from succotash.domain.values import Json

NAMED = 20
"""Customers left out who are named; the others are counted."""
FAR_OFF = 1.5
"""The ratio of two totals from which a backtest is far off, whichever is the larger."""
_DEVIATIONS = 3.0
"""The deviations of a Poisson count within which a difference may be chance."""


def is_far_off(predicted: float, actual: float) -> bool:
    """Whether a backtest's total of purchases is off by half as much again, and not by chance."""
    lower, higher = sorted((predicted, actual))
    return higher > FAR_OFF * lower and higher - lower > _DEVIATIONS * sqrt(higher)


@dataclass(frozen=True, slots=True)
class RunWarnings:
    """Customers whom a run left out, and refunds that are in no value or in more than they should.

    Of a shard, or of all shards together.
    """

    left_out: int = 0
    """Customers of whom 64 bits do not hold what they spent, or were given back."""
    left_out_ids: tuple[str, ...] = ()
    """The first NAMED of them, by id."""
    refunds: RefundTotals = field(default_factory=RefundTotals)

    @classmethod
    def of(cls, left_out: Iterable[str], refunds: RefundTotals) -> "RunWarnings":
        """With these customers left out."""
        known = list(left_out)
        return cls(len(known), tuple(nsmallest(NAMED, known)), refunds)

    def __add__(self, other: "RunWarnings") -> "RunWarnings":
        """The warnings about the customers of both."""
        ids = (*self.left_out_ids, *other.left_out_ids)
        return RunWarnings(
            self.left_out + other.left_out,
            tuple(nsmallest(NAMED, ids)),
            self.refunds + other.refunds,
        )

    def to_dict(self) -> dict[str, Json]:
        """Write it as it is stored with the run."""
        return {
            "left_out": self.left_out,
            "left_out_ids": list(self.left_out_ids),
            "unmatched_refunds": self.refunds.unmatched,
            "unmatched_units": self.refunds.unmatched_units,
            "over_refunded_orders": self.refunds.over_refunded,
            "over_refunded_units": self.refunds.over_refunded_units,
        }

    @classmethod
    def of_dict(cls, kept: Mapping[str, Json]) -> "RunWarnings":
        """Read warnings that `to_dict` wrote; TypeError for anything else."""
        match kept:
            case {
                "left_out": int(left_out),
                "left_out_ids": list(ids),
                "unmatched_refunds": int(unmatched),
                "unmatched_units": int(unmatched_units),
                "over_refunded_orders": int(over_refunded),
                "over_refunded_units": int(over_refunded_units),
            }:
                refunds = RefundTotals(
                    unmatched, unmatched_units, over_refunded, over_refunded_units
                )
                return cls(left_out, tuple(map(str, ids)), refunds)
            case _:
                raise TypeError(kept)
