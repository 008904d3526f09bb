"""The figures of a period in SQLite."""

from datetime import date
from typing import override

from succotash.domain.repositories.overview import OverviewRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import INITIAL_RUN
from succotash.domain.scoring.overview import OverviewFigures, OverviewQuery
from succotash.domain.value.revenue import RevenueDay
from succotash.domain.values import Currency, Money
from succotash.infrastructure.rows.overview import overview_of
from succotash.infrastructure.sqlite.columns import micros, micros_span
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = statements("overview")


class SQLiteOverviewRepository(SQLiteRepository, OverviewRepository):
    """Figures of a period and of the one before it."""

    @override
    def find_overview(self, query: OverviewQuery) -> Labelled[OverviewFigures]:
        with self._unit.reading() as session:
            [row] = session.run(
                _SQL["find_overview"],
                initial_run=INITIAL_RUN,
                first_day=query.first_day.isoformat(),
                last_day=query.last_day.isoformat(),
                span=micros_span(query.span),
                earlier=micros(query.earlier),
                start=micros(query.start),
                end=micros(query.end),
                imports_given_up_before=micros(query.imports_given_up_before),
            )
        revenue = [
            RevenueDay(
                date.fromisoformat(day),
                orders,
                refunds,
                Money.of_units(int(units), Currency(currency)),
            )
            for day, currency, orders, refunds, units in row.json("revenue")
        ]
        return overview_of(row, revenue)
