"""Costs of acquisition, in SQLite."""

from collections.abc import Mapping
from datetime import date
from typing import override

from succotash.domain.repositories.acquisition import AcquisitionRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.value.acquisition import AcquisitionCost, SourceValue
from succotash.domain.values import Currency, Money
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.value import acquisition_cost_of, source_values_of
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("acquisition")


class SQLiteAcquisitionRepository(SQLiteRepository, AcquisitionRepository):
    """Costs of acquisition."""

    @override
    def save_acquisition_costs(self, month: date, costs: Mapping[str, Money]) -> None:
        with self._unit.writing() as session:
            session.run(_SQL["delete_costs"], month=month.isoformat())
            session.run_for_each(
                _SQL["save_cost"],
                [
                    {
                        "source": source,
                        "month": month.isoformat(),
                        "amount": cost.units(),
                        "currency": cost.currency,
                    }
                    for source, cost in costs.items()
                ],
            )

    @override
    def lock_acquisition_costs(self, month: date) -> list[AcquisitionCost]:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            rows = session.run(_SQL["find_costs"], start=_text(month), end=_text(month))
        return [acquisition_cost_of(row) for row in rows]

    @override
    def get_acquisition_costs(
        self, *, start: date | None = None, end: date | None = None
    ) -> list[AcquisitionCost]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_costs"], start=_text(start), end=_text(end))
        return [acquisition_cost_of(row) for row in rows]

    @override
    def find_source_values(
        self, currency: Currency, *, start: date | None = None, end: date | None = None
    ) -> Labelled[list[SourceValue]]:
        with self._unit.reading() as session:
            rows = session.run(
                _SQL["find_source_values"],
                currency=currency,
                start=_text(start),
                end=_text(end),
            )
        return labelled(rows, source_values_of(rows))


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
