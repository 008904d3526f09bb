"""Customers and their aliases, from rows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from succotash.domain.consents.consents import ConsentState
from succotash.domain.people.identities import Account, Join
from succotash.domain.retention.customers import CustomerRecord, CustomerRow, FoundCustomer
from succotash.domain.retention.labels import Labelled
from succotash.domain.retention.retention import RiskLevel
from succotash.domain.value.ltv import CustomerLTV
from succotash.domain.values import CustomerId
from succotash.infrastructure.rows.activity import activity_event_of
from succotash.infrastructure.rows.labels import run_label_of
from succotash.infrastructure.rows.retention import churn_prediction_of, engagement_profile_of
from succotash.infrastructure.rows.row import Prefixed, Row
from succotash.infrastructure.rows.value import customer_ltv_of, order_of


def account_of(row: Row) -> Account:
    """A customer as far as it matters for telling who a fact is about."""
    return Account(
        customer_id=row["customer_id"],
        first_seen_at=row.optional_instant("first_seen_at"),
        canonical_email=row["canonical_email"],
    )


def accounts_by_email(rows: Iterable[Row]) -> dict[str, list[Account]]:
    """Customers by their e-mail, in the order of the rows."""
    accounts: defaultdict[str, list[Account]] = defaultdict(list)
    for row in rows:
        accounts[row["canonical_email"]].append(account_of(row))
    return dict(accounts)


def aliases_of(rows: Iterable[Row]) -> dict[CustomerId, list[CustomerId]]:
    """Aliases by the customer they stand for, in the order of the rows."""
    aliases: defaultdict[CustomerId, list[CustomerId]] = defaultdict(list)
    for row in rows:
        aliases[row["customer_id"]].append(row["alias"])
    return dict(aliases)


def join_of(row: Row) -> Join:
    """A customer that another one takes over."""
    return Join(source=row["source"], target=row["target"])


def found_customers_of(rows: Sequence[Row]) -> list[FoundCustomer]:
    """Customers with what a run found of them; one row without any is none."""
    return [
        FoundCustomer(
            customer_id=row["customer_id"],
            canonical_email=row["canonical_email"],
            aliases=tuple(row.json("aliases")),
            prediction=None if row["risk_level"] is None else churn_prediction_of(row),
            value=_value_of(row),
        )
        for row in rows
        if row["customer_id"] is not None
    ]


def customer_record_of(
    row: Row, orders: Iterable[Row], events: Iterable[Row]
) -> Labelled[CustomerRecord]:
    """A customer with results and history, and the run that the row names."""
    profile = Prefixed(row, "profile_")
    return Labelled(
        run_label_of(row),
        CustomerRecord(
            prediction=churn_prediction_of(row),
            profile=None if profile["customer_id"] is None else engagement_profile_of(profile),
            value=_value_of(row),
            orders=tuple(map(order_of, orders)),
            events=tuple(map(activity_event_of, events)),
        ),
    )


def _value_of(row: Row) -> CustomerLTV | None:
    value = Prefixed(row, "value_")
    return None if value["customer_id"] is None else customer_ltv_of(value)


def customer_row_of(row: Row) -> CustomerRow:
    """A customer in a list of all of them."""
    risk, marketing = row["risk_level"], row["marketing"]
    return CustomerRow(
        customer_id=row["customer_id"],
        canonical_email=row["canonical_email"],
        segment_id=row["segment_id"],
        risk_level=None if risk is None else RiskLevel(risk),
        probability_alive=row["probability_alive"],
        predicted_clv=row.optional_money("predicted_clv"),
        value_at_risk=row.optional_money("value_at_risk", "value_at_risk_currency"),
        last_purchase_at=row.optional_instant("last_purchase_at"),
        marketing=None if marketing is None else ConsentState(marketing),
    )
