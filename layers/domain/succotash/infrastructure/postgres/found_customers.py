"""Customers with what the current run found of them, in PostgreSQL."""

from collections.abc import Collection
from typing import override

from succotash.domain.repositories.found_customers import FoundCustomerRepository
from succotash.domain.retention.customers import CustomerFilter, CustomerRow, FoundCustomer
from succotash.domain.retention.labels import Labelled
from succotash.domain.values import CustomerId
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.customers import customer_row_of, found_customers_of
from succotash.infrastructure.rows.labels import labelled

_SQL = statements("found_customers")


class PostgresFoundCustomerRepository(PostgresRepository, FoundCustomerRepository):
    """Customers with what the current run found of them."""

    @override
    def find_named_customers(
        self, names: Collection[CustomerId], canonical_email: str | None = None
    ) -> Labelled[list[FoundCustomer]]:
        rows = self._run(_SQL["find_named_customers"], names=sorted(names), email=canonical_email)
        return labelled(rows, found_customers_of(rows))

    @override
    def get_customers_by_id(
        self, wanted: CustomerFilter, *, limit: int, after: CustomerId | None = None
    ) -> list[CustomerRow]:
        rows = self._run(
            _SQL["get_customers_by_id"],
            risk=wanted.risk,
            segment_id=wanted.segment_id,
            limit=limit,
            after=after or "",
        )
        return [customer_row_of(row) for row in rows]
