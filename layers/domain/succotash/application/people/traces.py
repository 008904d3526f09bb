"""Finds the traces of a person: customers, names and messages."""

from collections.abc import Collection
from datetime import datetime

from succotash.domain.consents.consents import MARKETING, Suppression, SuppressionReason
from succotash.domain.leads.leads import PersonRecord
from succotash.domain.messages.mails import mailbox_of
from succotash.domain.people.erasures import Tombstones
from succotash.domain.people.identities import Pseudonyms
from succotash.domain.repositories.storage import Repositories
from succotash.domain.values import CustomerId


class Traces:
    """Finds a person by the canonical form of their e-mail."""

    def __init__(self, tombstones: Tombstones, pseudonyms: Pseudonyms) -> None:
        self._tombstones = tombstones
        self._pseudonyms = pseudonyms

    def customers(self, repositories: Repositories, canonical: str) -> list[CustomerId]:
        """Ids of everybody who is this person: by e-mail, by its pseudonyms, by itself as an id."""
        customers = repositories.customers
        known = customers.find_known(self._pseudonyms.of_email(canonical), [canonical])
        accounts = (*known.accounts.values(), *known.owners.get(canonical, ()))
        found = {each.customer_id for each in accounts}
        found.update(customers.find_personal_ids(email=canonical))
        return _with_left_over(repositories, found)

    def customers_called(self, repositories: Repositories, name: CustomerId) -> list[CustomerId]:
        """Ids of everybody whom an id or alias names."""
        known = repositories.customers.find_known([name], []).accounts
        return _with_left_over(repositories, {each.customer_id for each in known.values()})

    def names(
        self, repositories: Repositories, customers: Collection[CustomerId]
    ) -> set[CustomerId]:
        """All names of these customers, their ids among them."""
        aliases = repositories.customers.get_aliases(customers)
        return {*customers, *(each for several in aliases.values() for each in several)}

    def recipients(self, canonical: str) -> tuple[str, ...]:
        """The names of the person's mailbox where mails are counted."""
        return self._tombstones.of_mailbox(mailbox_of(canonical))

    def suppressions(self, canonical: str, at: datetime) -> list[Suppression]:
        """Suppressions that keep campaigns from the person once nothing else is known of them."""
        keys = self._tombstones.of_suppression(canonical)[:1]
        return [Suppression(key, MARKETING, SuppressionReason.ERASED, at) for key in keys]

    def tombstones(self, repositories: Repositories, canonical: str) -> set[str]:
        """Tombstones of the person, of all names of their customers, and of their requests."""
        customers = self.customers(repositories, canonical)
        names = {*self.names(repositories, customers), *self._pseudonyms.of_email(canonical)}
        made = [
            self._tombstones.of_person(canonical),
            *map(self._tombstones.of_customer, names),
            *(
                self._tombstones.of_request(each.scope, each.key)
                for each in repositories.people.get_answered_requests(canonical)
            ),
        ]
        return {each for several in made for each in several[:1]}

    def tombstones_of_names(self, names: Collection[CustomerId]) -> set[str]:
        """The tombstones of customers without a known e-mail."""
        return {each for name in names for each in self._tombstones.of_customer(name)[:1]}


def _with_left_over(repositories: Repositories, found: set[CustomerId]) -> list[CustomerId]:
    """These customers, and those who became aliases of them and are still customers."""
    new = found
    while (
        new := {each.source for each in repositories.customers.find_left_over(targets=new)} - found
    ):
        found |= new
    return sorted(found)


def subjects_about(person: PersonRecord) -> set[str]:
    """The subjects of messages about the person."""
    subjects: set[str] = {each.submission_id for each in person.submissions}
    return subjects if person.lead is None else subjects | {person.lead.lead_id}
