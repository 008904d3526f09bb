"""Costs of acquisition, in PostgreSQL."""

from collections.abc import Mapping
from datetime import date
from typing import override

from succotash.domain.repositories.acquisition import AcquisitionRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.value.acquisition import AcquisitionCost, SourceValue, next_month
from succotash.domain.values import Currency, Money
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Jsonb
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.value import acquisition_cost_of, source_values_of

_SQL = statements("acquisition")


class PostgresAcquisitionRepository(PostgresRepository, AcquisitionRepository):
    """Costs of acquisition."""

    @override
    def save_acquisition_costs(self, month: date, costs: Mapping[str, Money]) -> None:
        self._run(
            _SQL["save_costs"],
            month=month,
            costs=Jsonb(
                [
                    {"source": source, "units": cost.units(), "currency": cost.currency}
                    for source, cost in costs.items()
                ]
            ),
        )

    @override
    def lock_acquisition_costs(self, month: date) -> list[AcquisitionCost]:
        # A statement of its own: one sees what was committed before it began, not what it waits
        # for.
        self._run(_SQL["lock_month"], month=month)
        return self.get_acquisition_costs(start=month, end=month)

    @override
    def get_acquisition_costs(
        self, *, start: date | None = None, end: date | None = None
    ) -> list[AcquisitionCost]:
        rows = self._run(_SQL["find_costs"], start=start, end=end)
        return [acquisition_cost_of(row) for row in rows]

    @override
    def find_source_values(
        self, currency: Currency, *, start: date | None = None, end: date | None = None
    ) -> Labelled[list[SourceValue]]:
        rows = self._run(
            _SQL["find_source_values"],
            currency=currency,
            start=start,
            until=None if end is None else next_month(end),
        )
        return labelled(rows, source_values_of(rows))
