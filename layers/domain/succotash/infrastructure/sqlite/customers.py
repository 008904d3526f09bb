"""Customers and their aliases in SQLite."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import override

from succotash.domain.people.identities import (
    SHOP,
    Account,
    Join,
    KnownCustomers,
    anonymous_order_id,
    join_addition,
    may_be_personal,
)
from succotash.domain.repositories.customers import TOMBSTONES_TOLD, CustomerRepository
from succotash.domain.values import CustomerId, RunId
from succotash.infrastructure.rows.customers import (
    account_of,
    accounts_by_email,
    aliases_of,
    join_of,
)
from succotash.infrastructure.sqlite.columns import json_text
from succotash.infrastructure.sqlite.connection import Session
from succotash.infrastructure.sqlite.repository import SQLiteRepository
from succotash.infrastructure.sqlite.sql import statements

_SQL = {**statements("customers"), **statements("customer_moves")}
_KEPT = ("values", "predictions", "profiles")
_JOIN = (
    *("join_customers", "join_orders", "join_activity"),
    *(f"move_{kept}" for kept in _KEPT),
    *("delete_orders", "delete_activity"),
    *(f"delete_{kept}" for kept in _KEPT),
    *("repoint_members", "repoint_aliases", "drop_own_aliases", "delete_customer"),
)


class SQLiteCustomerRepository(SQLiteRepository, CustomerRepository):
    """Aliases in a table; who writes is alone."""

    @override
    def find_known(
        self,
        names: Collection[str],
        canonical_emails: Collection[str],
        tombstones: Collection[str] | None = (),
        *,
        aliases_only: Collection[str] = (),
        alone: bool = False,
    ) -> KnownCustomers:
        # A session that writes, although nothing is written: that is what others wait for.
        with self._unit.writing() as session:
            accounts = session.run(
                _SQL["find_accounts"],
                system=SHOP,
                names=json_text(sorted({*names, *aliases_only})),
                aliases_only=json_text(sorted(aliases_only)),
            )
            owners = session.run(_SQL["find_owners"], emails=json_text(sorted(canonical_emails)))
            erased = session.run(
                _SQL["find_erased"],
                tombstones=None if tombstones is None else json_text(sorted(tombstones)),
                limit=-1 if tombstones is not None else TOMBSTONES_TOLD + 1,
            )
        return KnownCustomers(
            {row["name"]: account_of(row) for row in accounts},
            accounts_by_email(owners),
            {row["tombstone"]: row.instant("erased_at") for row in erased},
        )

    @override
    def save_aliases(self, aliases: Mapping[CustomerId, CustomerId]) -> None:
        with self._unit.writing() as session:
            _save_aliases(session, aliases)

    @override
    def get_aliases(
        self, customer_ids: Collection[CustomerId]
    ) -> dict[CustomerId, list[CustomerId]]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["get_aliases"], customer_ids=json_text(sorted(customer_ids)))
        return aliases_of(rows)

    @override
    def find_shared_emails(self, *, limit: int = 1000) -> dict[str, list[Account]]:
        with self._unit.reading() as session:
            return accounts_by_email(session.run(_SQL["find_shared_emails"], limit=limit))

    @override
    def find_left_over(
        self, *, targets: Collection[CustomerId] | None = None, limit: int = 1000
    ) -> list[Join]:
        asked = None if targets is None else json_text(sorted(targets))
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_left_over"], targets=asked, limit=limit)
        return [join_of(row) for row in rows]

    @override
    def find_personal_ids(
        self, *, after: str = "", email: str | None = None, limit: int = 1000
    ) -> list[CustomerId]:
        with self._unit.reading() as session:
            rows = session.run(_SQL["find_personal_ids"], after=after, email=email, limit=limit)
        return [row["customer_id"] for row in rows]

    @override
    def join_customers(self, joins: Sequence[Join]) -> None:
        rows = [
            {
                "source": each.source,
                "target": each.target,
                "email": each.canonical_email,
                "addition": join_addition(each),
            }
            for each in joins
        ]
        named = {each.source: each.target for each in joins if not may_be_personal(each.source)}
        with self._unit.writing() as session:
            for step in _JOIN:
                session.run_for_each(_SQL[step], rows)
            _save_aliases(session, named)

    @override
    def delete_results_of_nobody(self, run_id: RunId) -> int:
        with self._unit.writing() as session:
            return sum(
                session.change(_SQL[f"delete_{kept}_of_nobody"], run_id=run_id) for kept in _KEPT
            )

    @override
    def anonymise_customers(
        self, anonyms: Mapping[CustomerId, CustomerId], salt: str
    ) -> dict[str, int]:
        moved = Counter[str](orders=0, customers=0, customer_aliases=0)
        with self._unit.writing() as session:
            for source, target in anonyms.items():
                pair = {"source": source, "target": target}
                orders = session.run(_SQL["get_order_ids"], source=source)
                session.run(_SQL["forget_shop_orders"], source=source)
                session.run_for_each(
                    _SQL["anonymise_order"],
                    [
                        {
                            **pair,
                            "order_id": row["order_id"],
                            "anonymous_id": anonymous_order_id(salt, row["order_id"]),
                            "refund_of": row["refund_of"]
                            and anonymous_order_id(salt, row["refund_of"]),
                        }
                        for row in orders
                    ],
                )
                session.run(_SQL["move_values"], **pair)
                session.run(_SQL["anonymise_customer"], **pair)
                aliases = session.run(_SQL["get_aliases"], customer_ids=json_text([source]))
                moved["orders"] += len(orders)
                moved["customer_aliases"] += len(aliases)
                moved["customers"] += session.change(_SQL["delete_customer"], source=source)
        return dict(moved)


def _save_aliases(session: Session, aliases: Mapping[CustomerId, CustomerId]) -> None:
    session.run_for_each(
        _SQL["save_aliases"],
        [
            {"system": SHOP, "alias": alias, "customer_id": customer_id}
            for alias, customer_id in aliases.items()
        ],
    )
