"""The distribution of customers' values, in PostgreSQL."""

from typing import override

from succotash.domain.repositories.value_bins import ValueBinRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.value.distribution import BIN_EDGES, ValueBin, ValueMeasure
from succotash.domain.values import RunId
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.row import only
from succotash.infrastructure.rows.value import value_bins_of

_SQL = statements("value_bins")
_EDGES = [str(edge) for edge in BIN_EDGES]


class PostgresValueBinRepository(PostgresRepository, ValueBinRepository):
    """The distribution of values in a run."""

    @override
    def build_value_bins(self, run_id: RunId) -> None:
        def build(session: Session) -> None:
            only("scoring run", session.run(_SQL["clear_value_bins"], run_id=run_id))
            session.run(_SQL["build_value_bins"], run_id=run_id, edges=_EDGES)

        self._in_transaction(build)

    @override
    def find_value_bins(self, measure: ValueMeasure) -> Labelled[list[ValueBin]]:
        rows = self._run(_SQL["find_value_bins"], measure=measure)
        return labelled(rows, value_bins_of(rows))
