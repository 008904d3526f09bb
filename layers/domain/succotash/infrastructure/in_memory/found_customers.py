"""Customers with what the current run found of them, in memory."""

import dataclasses
from collections.abc import Collection
from typing import override

from succotash.domain.consents.consents import MARKETING, ConsentState
from succotash.domain.repositories.found_customers import FoundCustomerRepository
from succotash.domain.retention.customers import (
    CustomerFilter,
    CustomerRecord,
    CustomerRow,
    FoundCustomer,
)
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import ChurnPrediction
from succotash.domain.value.ledgers import Customer
from succotash.domain.value.ltv import CustomerLTV
from succotash.domain.values import CustomerId
from succotash.errors import NotFoundError
from succotash.infrastructure.in_memory.activity import InMemoryActivityRepository
from succotash.infrastructure.in_memory.consents import InMemoryConsentRepository
from succotash.infrastructure.in_memory.orders import InMemoryOrderRepository
from succotash.infrastructure.in_memory.repository import InMemoryRepository
from succotash.infrastructure.in_memory.tables import atomic


class InMemoryFoundCustomerRepository(InMemoryRepository, FoundCustomerRepository):
    """Customers with what the current run found of them."""

    @override
    @atomic
    def find_named_customers(
        self, names: Collection[CustomerId], canonical_email: str | None = None
    ) -> Labelled[list[FoundCustomer]]:
        meant = {*names, *map(self.tables.meant, names)}
        found = {each for each in meant if each in self.tables.customers}
        if canonical_email is not None:
            found |= {each.customer_id for each in self.tables.customers_by_email[canonical_email]}
        return self.tables.labelled(
            [self._found(self.tables.customers[each]) for each in sorted(found)]
        )

    @override
    @atomic
    def find_customer_record(
        self, customer_id: CustomerId, *, limit: int
    ) -> Labelled[CustomerRecord]:
        tables = self.tables
        meant = tables.meant(customer_id)
        prediction, value = self._results(meant)
        if prediction is None:
            raise NotFoundError("churn prediction")
        return tables.labelled(
            CustomerRecord(
                prediction,
                tables.profiles.get((tables.current_run(), meant)),
                value,
                tuple(reversed(InMemoryOrderRepository(tables).get_orders(meant)[-limit:])),
                tuple(InMemoryActivityRepository(tables).get_activity(meant, limit=limit)),
            )
        )

    @override
    @atomic
    def get_customers_by_id(
        self, wanted: CustomerFilter, *, limit: int, after: CustomerId | None = None
    ) -> list[CustomerRow]:
        behind = sorted(
            each.customer_id
            for each in self.tables.customers.values()
            if each.customer_id > (after or "")
        )
        rows = (self._row(self.tables.customers[each]) for each in behind)
        return [
            row
            for row in rows
            if wanted.risk in {None, row.risk_level} and wanted.segment_id in {None, row.segment_id}
        ][:limit]

    def _found(self, customer: Customer) -> FoundCustomer:
        prediction, value = self._results(customer.customer_id)
        return FoundCustomer(
            customer.customer_id,
            customer.canonical_email,
            tuple(sorted(self.tables.aliases_by_customer.keys(customer.customer_id))),
            prediction,
            value,
        )

    def _row(self, customer: Customer) -> CustomerRow:
        prediction, value = self._results(customer.customer_id)
        alive = [each.probability_alive for each in (prediction, value) if each is not None]
        return CustomerRow(
            customer.customer_id,
            customer.canonical_email,
            segment_id=None if value is None else value.segment_id,
            risk_level=None if prediction is None else prediction.risk_level,
            probability_alive=next(iter(alive), None),
            predicted_clv=None if value is None else value.predicted_clv,
            value_at_risk=None if prediction is None else prediction.value_at_risk,
            last_purchase_at=None if value is None else value.last_purchase_at,
            marketing=self._marketing(customer.canonical_email),
        )

    def _results(
        self, customer_id: CustomerId
    ) -> tuple[ChurnPrediction | None, CustomerLTV | None]:
        run_id = self.tables.current_run()
        prediction = self.tables.predictions.get((run_id, customer_id))
        value = self.tables.values.get((run_id, customer_id))
        if prediction is not None and value is not None:
            value = dataclasses.replace(value, risk_level=prediction.risk_level)
        if prediction is not None:
            segment = None if value is None else value.segment_id
            prediction = dataclasses.replace(prediction, value_segment=segment)
        return prediction, value

    def _marketing(self, canonical_email: str | None) -> ConsentState | None:
        if canonical_email is None:
            return None
        current = InMemoryConsentRepository(self.tables).get_current_consents(canonical_email)
        return next((each.state for each in current if each.purpose == MARKETING), None)
