"""Costs of acquisition, in memory."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import override

from succotash.domain.repositories.acquisition import AcquisitionRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.value.acquisition import AcquisitionCost, SourceValue
from succotash.domain.values import Currency, Money
from succotash.infrastructure.in_memory.cohorts import NO_TOTALS, together, value_group
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import RollupTotals, atomic


class InMemoryAcquisitionRepository(InMemoryRepository, AcquisitionRepository):
    """Costs of acquisition."""

    @override
    @atomic
    def save_acquisition_costs(self, month: date, costs: Mapping[str, Money]) -> None:
        kept = self.tables.acquisition_costs
        kept.discard([key for key in kept.keys() if key[0] == month])  # noqa: SIM118 - a Table
        for source, cost in costs.items():
            kept[month, source] = cost

    @override
    @atomic
    def lock_acquisition_costs(self, month: date) -> list[AcquisitionCost]:
        # A transaction holds all of the tables.
        return self.get_acquisition_costs(start=month, end=month)

    @override
    @atomic
    def get_acquisition_costs(
        self, *, start: date | None = None, end: date | None = None
    ) -> list[AcquisitionCost]:
        found = [
            AcquisitionCost(source, month, cost)
            for (month, source), cost in self.tables.acquisition_costs.items()
            if _within(month, start, end)
        ]
        by_source = sorted(found, key=lambda each: each.source)
        return sorted(by_source, key=lambda each: each.month, reverse=True)

    @override
    @atomic
    def find_source_values(
        self, currency: Currency, *, start: date | None = None, end: date | None = None
    ) -> Labelled[list[SourceValue]]:
        costs = {
            (each.month, each.source): each.cost.amount
            for each in self.get_acquisition_costs(start=start, end=end)
            if each.cost.currency == currency
        }
        total = defaultdict[str, RollupTotals](lambda: NO_TOTALS)
        paid = defaultdict[str, RollupTotals](lambda: NO_TOTALS)
        rollups = self.tables.rollups.get(self.tables.current_run()) or {}
        for group, totals in rollups.items():
            month = group.first_purchase_day.replace(day=1)
            if not _within(month, start, end):
                continue
            total[group.source] = together(total[group.source], totals)
            if (month, group.source) in costs:
                paid[group.source] = together(paid[group.source], totals)
        spent = defaultdict[str, Decimal](Decimal)
        for (_, source), amount in costs.items():
            spent[source] += amount
        return self.tables.labelled(
            [
                SourceValue(
                    source,
                    value_group(total[source]),
                    value_group(paid[source]),
                    spent.get(source),
                )
                for source in sorted({*total, *spent})
            ]
        )


def _within(month: date, start: date | None, end: date | None) -> bool:
    return (start is None or start <= month) and (end is None or month <= end)
