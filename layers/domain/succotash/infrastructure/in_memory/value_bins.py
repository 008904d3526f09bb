"""The distribution of customers' values, in memory."""

from collections import defaultdict
from decimal import Decimal
from typing import override

from succotash.domain.repositories.value_bins import ValueBinRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.value.distribution import ValueBin, ValueMeasure, bin_of
from succotash.domain.value.ltv import CustomerLTV
from succotash.domain.values import MONEY_PLACES, Money, RunId
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic


class InMemoryValueBinRepository(InMemoryRepository, ValueBinRepository):
    """The distribution of values in a run."""

    @override
    @atomic
    def build_value_bins(self, run_id: RunId) -> None:
        self.tables.value_bins[self.tables.run_named(run_id)] = {
            measure: self._bins(run_id, measure) for measure in ValueMeasure
        }

    @override
    @atomic
    def find_value_bins(self, measure: ValueMeasure) -> Labelled[list[ValueBin]]:
        kept = self.tables.value_bins.get(self.tables.current_run()) or {}
        return self.tables.labelled(list(kept.get(measure, ())))

    def _bins(self, run_id: RunId, measure: ValueMeasure) -> list[ValueBin]:
        amounts: defaultdict[int, list[int]] = defaultdict(list)
        for value in self.tables.values_by_run[run_id]:
            units = _amount(value, measure).units()
            amounts[bin_of(units)].append(units)
        return [
            ValueBin(number, len(found), Decimal(sum(found)).scaleb(-MONEY_PLACES))
            for number, found in sorted(amounts.items())
        ]


def _amount(value: CustomerLTV, measure: ValueMeasure) -> Money:
    match measure:
        case ValueMeasure.PREDICTED_CLV:
            return value.predicted_clv
        case ValueMeasure.ACTUAL_CLV:
            return value.actual_clv
        case ValueMeasure.RESIDUAL_VALUE:
            return value.residual_value
