"""Forecasts of each customer, and their sums by tenths of customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

import numpy as np
from numpy.typing import NDArray

from succotash.domain.models.purchases import Array
from succotash.domain.retention.receipts import DECILES, Measure, Tally
from succotash.domain.values import Json

type Column = tuple[int, Measure]
"""Days and measure."""

_PLACES = 4


@dataclass(frozen=True, slots=True)
class TenthEdges:
    """The edges between tenths of forecasts, by days and measure."""

    edges: Mapping[Column, Sequence[float]]
    """Nine ascending numbers each; a forecast of at least the first is in the second tenth."""

    @classmethod
    def of(cls, forecasts: Mapping[Column, Array]) -> Self:
        """So that tenths of these customers are as equal as their forecasts allow."""
        shares = np.arange(1, DECILES) / DECILES
        return cls(
            {
                column: np.quantile(values, shares, method="inverted_cdf").tolist()
                if len(values)
                else [0.0] * (DECILES - 1)
                for column, values in forecasts.items()
            }
        )

    def tenth(self, column: Column, forecasts: Array) -> NDArray[np.intp]:
        """1 to 10 for each forecast; equal ones are in one tenth."""
        return np.searchsorted(np.asarray(self.edges[column]), forecasts, "right") + 1

    def tallies(
        self, forecasts: Mapping[Column, Array], totals: Mapping[Column, Array]
    ) -> list[Tally]:
        """The sums of `totals` by tenths of the forecasts; tenths without a customer are left out.

        Of money in units of the currency.
        """
        found: list[Tally] = []
        for column, values in forecasts.items():
            days, measure = column
            tenths = self.tenth(column, values)
            customers = np.bincount(tenths, minlength=DECILES + 1)
            sums = np.bincount(tenths, totals[column], DECILES + 1)
            found.extend(
                Tally(
                    days,
                    measure,
                    tenth,
                    int(customers[tenth]),
                    Decimal(f"{sums[tenth]:.{_PLACES}f}"),
                )
                for tenth in range(1, DECILES + 1)
                if customers[tenth]
            )
        return found

    def to_dict(self) -> list[Json]:
        """Serialised to be stored with the receipt."""
        return [
            {"days": days, "measure": measure.value, "edges": list(edges)}
            for (days, measure), edges in self.edges.items()
        ]

    @classmethod
    def of_dict(cls, kept: Json) -> Self:
        """Read edges that `to_dict` wrote; TypeError for anything else."""
        found: dict[Column, list[float]] = {}
        for each in kept if isinstance(kept, list) else [kept]:
            match each:
                case {"days": int(days), "measure": str(measure), "edges": list(edges)}:
                    found[days, Measure(measure)] = [float(str(edge)) for edge in edges]
                case _:
                    raise TypeError(kept)
        return cls(found)
