"""Customers with what the current run found of them, in PostgreSQL."""

from collections.abc import Collection
from typing import override

from succotash.domain.repositories.found_customers import FoundCustomerRepository
from succotash.domain.retention.customers import (
    CustomerFilter,
    CustomerRecord,
    CustomerRow,
    FoundCustomer,
)
from succotash.domain.retention.labels import Labelled
from succotash.domain.values import CustomerId
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.customers import (
    customer_record_of,
    customer_row_of,
    found_customers_of,
)
from succotash.infrastructure.rows.labels import labelled
from succotash.infrastructure.rows.row import only

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
    def find_customer_record(
        self, customer_id: CustomerId, *, limit: int
    ) -> Labelled[CustomerRecord]:
        rows = self._run(_SQL["find_customer_record"], customer_id=customer_id, limit=limit)
        row = only("churn prediction", rows)
        return customer_record_of(row, row.documents("orders"), row.documents("events"))

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
