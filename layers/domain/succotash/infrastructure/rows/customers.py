"""Who customers are, of rows."""

from collections import defaultdict
from collections.abc import Iterable

from succotash.domain.people.identities import Account, Join
from succotash.domain.values import CustomerId
from succotash.infrastructure.rows.row import Row


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
