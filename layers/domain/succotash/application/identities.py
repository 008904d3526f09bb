"""Resolves the customers of recorded facts, and leaves out those who were erased."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Self

from succotash.application.batches import record_once
from succotash.domain.people.erasures import Tombstones, erased_at
from succotash.domain.people.identities import (
    CustomerName,
    CustomerQuery,
    KnownCustomers,
    Resolution,
    resolve,
)
from succotash.domain.repositories.customers import TOMBSTONES_TOLD
from succotash.domain.repositories.storage import Repositories
from succotash.domain.value.ledgers import ActivityEvent, Order, RecordOutcome
from succotash.domain.value.orders import OrderColumns, order_contents
from succotash.domain.values import CustomerId

NAMES_ASKED_FOR = 1000
"""The most names to ask about; for more, everybody's tombstones are asked for."""


def record_about_customers[T: Order | ActivityEvent](
    repositories: Repositories,
    tombstones: Tombstones,
    items: Sequence[T],
    *,
    identity: Callable[[T], tuple[str, str]],
    contents: Callable[[T], object],
    at: Callable[[T], datetime],
    record: Callable[[Sequence[T]], list[RecordOutcome]],
) -> tuple[list[RecordOutcome], list[CustomerId]]:
    """Record facts about the customers they turn out to be about, each once.

    What became of each, in order, and whom it is about.

    One that is not younger than the erasure of its customer, or of the person with its e-mail, is
    not taken. Within a transaction.
    """
    names = [
        CustomerName(each.customer_id, each.canonical_email, each.former_ids) for each in items
    ]
    register = Register.asked_of(repositories, tombstones, dict.fromkeys(names))
    places = [
        place
        for place, (name, item) in enumerate(zip(names, items, strict=True))
        if register.takes(name, at(item))
    ]
    resolution = register.resolve(dict.fromkeys(names[place] for place in places))
    found = list(map(resolution.customer_of, names))
    # A repetition brings nothing of its own, so the e-mail it teaches goes with all of the facts.
    taken = [
        replace(
            items[place],
            customer_id=found[place],
            canonical_email=resolution.emails.get(found[place], items[place].canonical_email),
        )
        for place in places
    ]
    recorded = record_once(
        taken,
        identities=[identity(each) for each in taken],
        contents=contents,
        record=record,
    )
    register.save(repositories)
    return _with_erased(places, recorded, len(items)), found


def import_about_customers(
    repositories: Repositories, tombstones: Tombstones, orders: OrderColumns
) -> tuple[list[RecordOutcome], Sequence[CustomerId]]:
    """Record orders as `record_about_customers` does, by the ten thousand."""
    called = list(zip(orders.customer_ids, orders.canonical_emails, strict=True))
    names = {
        each: CustomerName(CustomerId(each[0]), each[1], orders.former_ids.get(each[0], ()))
        for each in dict.fromkeys(called)
    }
    register = Register.asked_of(repositories, tombstones, names.values())
    rows: Sequence[int] = range(len(orders))
    kept = names
    if register.knows_erased:
        rows = [
            row
            for row in rows
            if register.takes(names[called[row]], datetime.fromisoformat(orders.ordered_at[row]))
        ]
        kept = {each: names[each] for each in dict.fromkeys(called[row] for row in rows)}
    resolution = register.resolve(kept.values())
    customer_ids = orders.customer_ids
    if resolution.customer_ids:
        found = {each: resolution.customer_of(name) for each, name in names.items()}
        customer_ids = [found[each] for each in called]
    own_ids = [customer_ids[row] for row in rows]
    taken = replace(orders.only(rows), customer_ids=own_ids)
    if resolution.emails:
        emails = resolution.emails
        taken = replace(
            taken,
            canonical_emails=[
                emails.get(each, email)
                for each, email in zip(own_ids, taken.canonical_emails, strict=True)
            ],
        )
    recorded = record_once(
        range(len(taken)),
        identities=[*zip(own_ids, taken.order_ids, strict=True)],
        contents=lambda row: order_contents(taken.order(row)),
        record=lambda firsts: repositories.ltv.import_orders(taken.only(firsts)),
    )
    register.save(repositories)
    return _with_erased(rows, recorded, len(orders)), customer_ids


class NameTombstones:
    """Tombstones of everybody whom facts under names could be about, each made once."""

    def __init__(self, tombstones: Tombstones) -> None:
        self._tombstones = tombstones
        self._made: dict[CustomerName, tuple[str, ...]] = {}

    def of(self, name: CustomerName) -> tuple[str, ...]:
        """The tombstones of one name."""
        if name not in self._made:
            self._made[name] = tombstones_of(name, self._tombstones)
        return self._made[name]

    def of_all(self, names: Collection[CustomerName]) -> set[str]:
        """The tombstones of several names."""
        return {each for name in names for each in self.of(name)}


class Register:
    """The names that a batch of facts carries: resolves them, and learns new ones."""

    def __init__(self, known: KnownCustomers, made: NameTombstones) -> None:
        """`known` is what the storage says to a `query_of` the names."""
        self.aliases: dict[CustomerId, CustomerId] = {}
        """The aliases that were learned, to be kept once the customers are recorded."""
        self._known = known
        self._made = made

    @classmethod
    def asked_of(
        cls, repositories: Repositories, tombstones: Tombstones, names: Collection[CustomerName]
    ) -> Self:
        """Asks once, for all names together; who erases one of them waits from then on."""
        made = NameTombstones(tombstones)
        query = query_of(names)
        # Making tombstones is dear by the ten thousand, and mostly there are few to compare with.
        is_large = len(names) > NAMES_ASKED_FOR
        known = repositories.customers.find_known(
            query.names,
            query.canonical_emails,
            None if is_large else made.of_all(names),
            aliases_only=query.aliases_only,
        )
        if is_large and len(known.erased) > TOMBSTONES_TOLD:
            erased = repositories.people.find_erased(made.of_all(names))
            known = replace(known, erased=erased)
        return cls(known, made)

    @property
    def knows_erased(self) -> bool:
        """Whether any of them may have been erased."""
        return bool(self._known.erased)

    def takes(self, name: CustomerName, at: datetime) -> bool:
        """Whether a fact of this instant is younger than every erasure of whom it is about."""
        if not self._known.erased:
            return True
        since = erased_at(self._made.of(name), self._known.erased)
        return since is None or at > since

    def resolve(self, names: Collection[CustomerName]) -> Resolution:
        """Resolve the names of the facts that are taken, in the facts' order."""
        resolution = resolve(names, self._known)
        self.aliases = resolution.aliases
        return resolution

    def save(self, repositories: Repositories) -> None:
        """Keep what was learned, once the customers are recorded."""
        if self.aliases:
            repositories.customers.save_aliases(self.aliases)


def query_of(names: Collection[CustomerName]) -> CustomerQuery:
    """The query for names; one by itself may be an alias, and teaches nothing else."""
    named = [name for name in names if name.canonical_email is not None or name.former_ids]
    asked = {each for name in named for each in (name.customer_id, *name.former_ids)}
    emails = {name.canonical_email for name in named if name.canonical_email is not None}
    return CustomerQuery(asked, emails, {name.customer_id for name in names} - asked)


def find_erased_names(
    repositories: Repositories, tombstones: Tombstones, names: Collection[CustomerName]
) -> set[CustomerName]:
    """Find the names of erased people; who erases one of them waits from then on."""
    erased = repositories.customers.find_known((), (), None).erased
    if not erased:
        return set()
    made = {each: tombstones_of(each, tombstones) for each in dict.fromkeys(names)}
    if len(erased) > TOMBSTONES_TOLD:
        asked = {tombstone for several in made.values() for tombstone in several}
        erased = repositories.people.find_erased(asked)
    return {each for each, several in made.items() if not erased.keys().isdisjoint(several)}


def tombstones_of(name: CustomerName, tombstones: Tombstones) -> tuple[str, ...]:
    """The tombstones of everybody whom a fact under this name could be about."""
    made: Iterable[tuple[str, ...]] = map(
        tombstones.of_customer, (name.customer_id, *name.former_ids)
    )
    if name.canonical_email is not None:
        made = (*made, tombstones.of_person(name.canonical_email))
    return tuple(each for several in made for each in several)


def _with_erased(
    places: Sequence[int], recorded: Sequence[RecordOutcome], count: int
) -> list[RecordOutcome]:
    """The outcomes of all facts; those at other places than these were erased."""
    outcomes = [RecordOutcome.ERASED] * count
    for place, outcome in zip(places, recorded, strict=True):
        outcomes[place] = outcome
    return outcomes
