"""The distribution of customers' values, in SQLite."""

from typing import override

from succotash.domain.repositories.value_bins import ValueBinRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.value.distribution import ValueBin, ValueMeasure
from succotash.domain.values import RunId
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.value import value_bins_of
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.runs import named_run
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("value_bins")


class SQLiteValueBinRepository(SQLiteRepository, ValueBinRepository):
    """The distribution of values in a run."""

    @override
    def build_value_bins(self, run_id: RunId) -> None:
        with self._unit.writing() as session:
            named_run(session, run_id)
            session.run(_SQL["clear_value_bins"], run_id=run_id)
            session.run(_SQL["build_value_bins"], run_id=run_id)

    @override
    def find_value_bins(self, measure: ValueMeasure) -> Labelled[list[ValueBin]]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_value_bins"], measure=measure)
        return labelled(rows, value_bins_of(rows))
