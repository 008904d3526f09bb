"""Settling who customers are: those that turned out to be one become one.

What records facts never moves any: it only notes what it learns. A scoring run begins with this.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial

from succotash.application.identities import tombstones_of
from succotash.domain.erasures import Tombstones
from succotash.domain.identities import (
    CustomerName,
    Join,
    Pseudonyms,
    joins_of,
    resolve,
    straightened,
)
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import CustomerId


class CustomerSettling:
    """Joins customers, a page of them in each transaction."""

    def __init__(self, storage: Storage, tombstones: Tombstones, pseudonyms: Pseudonyms) -> None:
        self._storage = storage
        self._tombstones = tombstones
        self._pseudonyms = pseudonyms

    def settle(self) -> int:
        """Join all that are to be joined; how many went up in another one.

        Those that an earlier release knew by an address or a number, those that share an e-mail,
        and those whose id became an alias while something was recorded under it.
        """
        customers = self._storage.repositories.customers
        joined = 0
        after = ""
        while personal := customers.find_personal_ids(after=after):
            joined += self._storage.in_transaction(partial(self._replace_personal, personal))
            after = personal[-1]
        while left_over := customers.find_left_over():
            joined += self._storage.in_transaction(partial(self._join_left_over, left_over))
        while shared := customers.find_shared_emails():
            names = [
                CustomerName(account.customer_id, email)
                for email, accounts in shared.items()
                for account in accounts
            ]
            joined += self._storage.in_transaction(partial(self._join_sharing, names))
        return joined

    def _replace_personal(self, ids: Sequence[CustomerId], repositories: Repositories) -> int:
        names = {each: self._pseudonyms.name(each) for each in ids}
        named = {each: name for each, name in names.items() if name.customer_id != each}
        known = repositories.customers.find_known(
            {each for name in named.values() for each in (name.customer_id, *name.former_ids)},
            {name.canonical_email for name in named.values() if name.canonical_email is not None},
            self._tombstones_of([*named.values(), *map(CustomerName, named)]),
            alone=True,
        )
        resolution = resolve(dict.fromkeys(named.values()), known)
        return self._join(
            repositories,
            [
                Join(each, resolution.customer_of(name), name.canonical_email)
                for each, name in named.items()
            ],
            resolution.aliases,
        )

    def _join_left_over(self, joins: Sequence[Join], repositories: Repositories) -> int:
        ends = {each for join in joins for each in (join.source, join.target)}
        names = [CustomerName(each) for each in ends]
        repositories.customers.find_known((), (), self._tombstones_of(names), alone=True)
        found = {*repositories.customers.find_left_over()}
        return self._join(repositories, [each for each in joins if each in found])

    def _join_sharing(self, names: Collection[CustomerName], repositories: Repositories) -> int:
        emails = {name.canonical_email for name in names if name.canonical_email is not None}
        tombstones = self._tombstones_of(names)
        known = repositories.customers.find_known((), emails, tombstones, alone=True)
        return self._join(repositories, joins_of(known.owners))

    def _tombstones_of(self, names: Iterable[CustomerName]) -> set[str]:
        return {each for name in names for each in tombstones_of(name, self._tombstones)}

    def _join(
        self,
        repositories: Repositories,
        joins: Sequence[Join],
        aliases: dict[CustomerId, CustomerId] | None = None,
    ) -> int:
        straight = straightened(joins)
        for part in _in_rounds(straight):
            repositories.customers.join_customers(part)
        if aliases:
            repositories.customers.save_aliases(aliases)
        return len(straight)


def _in_rounds(joins: Sequence[Join]) -> Iterator[list[Join]]:
    """All of the joins, so that none names a target twice; no target is a source."""
    left = list(joins)
    while left:
        part = {each.target: each for each in reversed(left)}
        yield [*part.values()]
        left = [each for each in left if part[each.target] is not each]
