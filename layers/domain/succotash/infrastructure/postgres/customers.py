"""Customers and their aliases in PostgreSQL."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import override

from succotash.domain.people.identities import (
    SHOP,
    Account,
    Join,
    KnownCustomers,
    join_addition,
    may_be_personal,
)
from succotash.domain.repositories.customers import TOMBSTONES_TOLD, CustomerRepository
from succotash.domain.values import CustomerId, RunId
from succotash.infrastructure.postgres.erasure_locks import (
    ALL_STRIPES,
    share_stripes,
    stripes_of,
    take_stripes,
)
from succotash.infrastructure.postgres.planning import plan_for_many_keys
from succotash.infrastructure.postgres.repository import PostgresRepository
from succotash.infrastructure.postgres.session import Row, Session
from succotash.infrastructure.postgres.sql import statements
from succotash.infrastructure.rows.customers import (
    account_of,
    accounts_by_email,
    aliases_of,
    join_of,
)

_SQL = {**statements("customers"), **statements("customer_moves")}
MANY_KEYS = 1000
"""Planning for more of them is worth a round trip."""
_KEPT = ("values", "predictions", "profiles")


class PostgresCustomerRepository(PostgresRepository, CustomerRepository):
    """Aliases in a table; a customer moves by statements about many of them."""

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
        is_of_all = alone or tombstones is None
        stripes = ALL_STRIPES if is_of_all else stripes_of(tombstones or ())

        def find(session: Session) -> list[Row]:
            # A statement sees what was committed before it began: those who waited ask after that.
            if stripes:
                (take_stripes if alone else share_stripes)(session, stripes)
            if len(names) + len(aliases_only) > MANY_KEYS:
                plan_for_many_keys(session)
            return session.run(
                _SQL["find_known"],
                **known_customers_parameters(
                    names, canonical_emails, tombstones, aliases_only=aliases_only
                ),
            )

        return known_customers_of(self._in_transaction(find))

    @override
    def save_aliases(self, aliases: Mapping[CustomerId, CustomerId]) -> None:
        self._run(
            _SQL["save_aliases"],
            system=SHOP,
            aliases=list(aliases),
            customer_ids=list(aliases.values()),
        )

    @override
    def get_aliases(
        self, customer_ids: Collection[CustomerId]
    ) -> dict[CustomerId, list[CustomerId]]:
        return aliases_of(self._run(_SQL["get_aliases"], customer_ids=list(customer_ids)))

    @override
    def find_shared_emails(self, *, limit: int = 1000) -> dict[str, list[Account]]:
        return accounts_by_email(self._run(_SQL["find_shared_emails"], limit=limit))

    @override
    def find_left_over(
        self, *, targets: Collection[CustomerId] | None = None, limit: int = 1000
    ) -> list[Join]:
        asked = None if targets is None else list(targets)
        rows = self._run(_SQL["find_left_over"], targets=asked, limit=limit)
        return [join_of(row) for row in rows]

    @override
    def find_personal_ids(
        self, *, after: str = "", email: str | None = None, limit: int = 1000
    ) -> list[CustomerId]:
        rows = self._run(_SQL["find_personal_ids"], after=after, email=email, limit=limit)
        return [row["customer_id"] for row in rows]

    @override
    def join_customers(self, joins: Sequence[Join]) -> None:
        pairs = {
            "sources": [each.source for each in joins],
            "targets": [each.target for each in joins],
        }
        additions = [join_addition(each) for each in joins]

        def join(session: Session) -> None:
            def run(name: str, **parameters: object) -> None:
                session.run(_SQL[name], **parameters)

            run("join_customers", **pairs, emails=[each.canonical_email for each in joins])
            run("join_orders", **pairs, additions=additions)
            run("join_activity", **pairs, additions=additions)
            for kept in _KEPT:
                run(f"move_{kept}", **pairs)
            for moved in ("orders", "activity", *_KEPT):
                run(f"delete_{moved}", customer_ids=pairs["sources"])
            run("repoint_members", **pairs)
            run("repoint_aliases", **pairs)
            run("drop_own_aliases", customer_ids=pairs["targets"])
            run("delete_customers", customer_ids=pairs["sources"])
            named = {each.source: each.target for each in joins if not may_be_personal(each.source)}
            PostgresCustomerRepository.within(session).save_aliases(named)

        if joins:
            self._in_transaction(join)

    @override
    def delete_results_of_nobody(self, run_id: RunId) -> int:
        def delete(session: Session) -> int:
            return sum(
                row["deleted"]
                for kept in _KEPT
                for row in session.run(_SQL[f"delete_{kept}_of_nobody"], run_id=run_id)
            )

        return self._in_transaction(delete)

    @override
    def anonymise_customers(
        self, anonyms: Mapping[CustomerId, CustomerId], salt: str
    ) -> dict[str, int]:
        sources = list(anonyms)
        pairs = {"sources": sources, "targets": list(anonyms.values())}

        def anonymise(session: Session) -> dict[str, int]:
            run = session.run
            run(_SQL["anonymise_customers"], **pairs)
            run(_SQL["forget_shop_orders"], customer_ids=sources)
            orders = run(_SQL["anonymise_orders"], **pairs, salt=salt)
            run(_SQL["delete_orders"], customer_ids=sources)
            run(_SQL["move_values"], **pairs)
            run(_SQL["delete_values"], customer_ids=sources)
            aliases = run(_SQL["get_aliases"], customer_ids=sources)
            customers = run(_SQL["delete_customers"], customer_ids=sources)
            return {
                "orders": len(orders),
                "customers": len(customers),
                "customer_aliases": len(aliases),
            }

        if not anonyms:
            return {"orders": 0, "customers": 0, "customer_aliases": 0}
        return self._in_transaction(anonymise)


def known_customers_parameters(
    names: Collection[str],
    canonical_emails: Collection[str],
    tombstones: Collection[str] | None,
    *,
    aliases_only: Collection[str],
) -> dict[str, object]:
    """The parameters of the statements that find customers."""
    return {
        "system": SHOP,
        "names": sorted(names),
        "aliases_only": sorted(aliases_only),
        "emails": sorted(canonical_emails),
        "tombstones": None if tombstones is None else sorted(tombstones),
        "limit": TOMBSTONES_TOLD + 1,
    }


def known_customers_of(rows: Iterable[Row]) -> KnownCustomers:
    """The known customers, from a row for each name, e-mail and tombstone."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["kind"]].append(row)
    return KnownCustomers(
        {row["name"]: account_of(row) for row in found["name"]},
        accounts_by_email(found["email"]),
        {row["name"]: row.instant("erased_at") for row in found["tombstone"]},
    )
