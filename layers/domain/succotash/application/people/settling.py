"""Settling who customers are: those that turned out to be one become one.

What records facts never moves any: it only notes what it learns. A scoring run begins with this.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import partial

from succotash.domain.people.identities import (
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

    def __init__(self, storage: Storage, pseudonyms: Pseudonyms) -> None:
        self._storage = storage
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
        while customers.find_left_over(limit=1):
            joined += self._storage.in_transaction(self._join_left_over)
        while shared := customers.find_shared_emails():
            joined += self._storage.in_transaction(partial(self._join_sharing, shared))
        return joined

    def _replace_personal(self, ids: Sequence[CustomerId], repositories: Repositories) -> int:
        names = {each: self._pseudonyms.name(each) for each in ids}
        named = {each: name for each, name in names.items() if name.customer_id != each}
        known = repositories.customers.find_known(
            {each for name in named.values() for each in (name.customer_id, *name.former_ids)},
            {name.canonical_email for name in named.values() if name.canonical_email is not None},
            alone=True,
        )
        resolution = resolve(dict.fromkeys(named.values()), known)
        return self._join(
            repositories,
            [
                Join(
                    each,
                    resolution.customer_of(name),
                    name.canonical_email,
                    self._pseudonyms.former_addition(each),
                )
                for each, name in named.items()
            ],
            resolution.aliases,
        )

    def _join_left_over(self, repositories: Repositories) -> int:
        repositories.customers.find_known((), (), alone=True)
        return self._join(repositories, repositories.customers.find_left_over())

    def _join_sharing(self, emails: Collection[str], repositories: Repositories) -> int:
        known = repositories.customers.find_known((), emails, alone=True)
        return self._join(repositories, joins_of(known.owners))

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
