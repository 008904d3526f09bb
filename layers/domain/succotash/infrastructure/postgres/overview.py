"""The figures of a period in PostgreSQL."""

from datetime import date
from decimal import Decimal
from typing import override

from succotash.domain.repositories.overview import OverviewRepository
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import INITIAL_RUN
from succotash.domain.scoring.overview import OverviewFigures, OverviewQuery
from succotash.domain.value.revenue import RevenueDay
from succotash.domain.values import Currency, Money
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.overview import overview_of

_SQL = statements("overview")


class PostgresOverviewRepository(PostgresRepository, OverviewRepository):
    """Figures of a period and of the one before it."""

    @override
    def find_overview(self, query: OverviewQuery) -> Labelled[OverviewFigures]:
        [row] = self._run(
            _SQL["find_overview"],
            initial_run=INITIAL_RUN,
            first_day=query.first_day,
            last_day=query.last_day,
            seconds=query.span.total_seconds(),
            earlier=query.earlier,
            start=query.start,
            end=query.end,
            imports_given_up_before=query.imports_given_up_before,
        )
        revenue = [
            RevenueDay(
                date.fromisoformat(day), orders, refunds, Money(Decimal(amount), Currency(currency))
            )
            for day, currency, orders, refunds, amount in row.json("revenue") or ()
        ]
        return overview_of(row, revenue)
