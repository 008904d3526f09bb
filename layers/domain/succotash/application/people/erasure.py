"""Erasing a person from the storage and from everywhere else."""

import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from succotash.application.people.erased_elsewhere import NOWHERE_ELSE, Elsewhere
from succotash.application.people.traces import Traces, subjects_about
from succotash.application.people.views import ErasedRows, ErasureReport
from succotash.domain.people.email_addresses import canonical_email
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import Clock, CustomerId
from succotash.errors import ConflictError

ANONYM_PREFIX = "anonymous_"


class PersonErasure:
    """Erasure by e-mail."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        traces: Traces,
        elsewhere: Elsewhere = NOWHERE_ELSE,
        random_text: Callable[[], str] = secrets.token_hex,
    ) -> None:
        """`random_text` gives what nobody can guess, for ids and salts of what stays."""
        self._storage = storage
        self._clock = clock
        self._traces = traces
        self._elsewhere = elsewhere
        self._random_text = random_text

    def erase_person(
        self, email: str, has_time: Callable[[], bool] = lambda: True
    ) -> ErasureReport:
        """Erase from the storage, in one transaction, then from everywhere else.

        Doing it again finds nothing more, or goes through what time did not suffice for:
        `has_time` is asked for places outside the storage. What is under way about the person is
        either erased with the rest or refused. InvalidInputError for what is no e-mail address.
        """
        canonical = canonical_email(email)
        now = self._clock()

        def work(repositories: Repositories) -> ErasedRows:
            # Who stores something about the person has asked for one of these tombstones: from
            # here on they have ended, and their rows are found, or they wait and will see it.
            buried = self._traces.tombstones(repositories, canonical)
            repositories.people.bury(buried, now)
            if missed := self._traces.tombstones(repositories, canonical) - buried:
                repositories.people.bury(missed, now)
            person = repositories.forms.find_person(canonical)
            customers = self._traces.customers(repositories, canonical)
            names = self._traces.names(repositories, customers)
            outbox = repositories.outbox
            # The messages first: who counts a mail for one of them has done so, or finds it gone.
            members = repositories.retention.forget_members(canonical)
            subjects = {*subjects_about(person), *members}
            erased = {"outbox": outbox.forget_subjects(subjects), "campaign_members": len(members)}
            erased["mail_recipients"] = outbox.forget_recipients(self._traces.recipients(canonical))
            erased |= repositories.forms.erase_person(canonical)
            erased["consents"] = repositories.consents.forget_consents(canonical)
            # A later import may name the person again, and they are not written to all the same.
            repositories.consents.suppress(self._traces.suppressions(canonical, now))
            erased |= self._forget(repositories, customers)
            return _rows(erased, names, now)

        rows = self._storage.in_transaction(work)
        person = ErasedPerson(canonical, now)
        return {**rows, **self._elsewhere.erase(person, self._storage.purge_deleted, has_time)}

    def erase_customer(self, name: CustomerId) -> ErasedRows:
        """Erase a customer of whom no e-mail is known, by an id or alias, in one transaction.

        What is older and comes again under the name is not taken, whether anybody was known by it
        or not. ConflictError where an e-mail of theirs is known: `erase_person` erases them.
        """
        now = self._clock()

        def work(repositories: Repositories) -> ErasedRows:
            repositories.people.bury(self._traces.tombstones_of_names([name]), now)
            customers = self._traces.customers_called(repositories, name)
            names = self._traces.names(repositories, customers)
            repositories.people.bury(self._traces.tombstones_of_names(names), now)
            if any(
                repositories.ltv.get_customer(each).canonical_email is not None
                for each in customers
            ):
                raise ConflictError("an e-mail of the customer is known")
            return _rows(self._forget(repositories, customers), names, now)

        rows = self._storage.in_transaction(work)
        self._storage.purge_deleted()
        return rows

    def _forget(
        self, repositories: Repositories, customers: Sequence[CustomerId]
    ) -> dict[str, int]:
        """Delete customers and what they did; their orders stay under ids made at random."""
        erased = repositories.retention.forget_activity(customers)
        return erased | repositories.customers.anonymise_customers(
            {each: CustomerId(f"{ANONYM_PREFIX}{self._random_text()}") for each in customers},
            self._random_text(),
        )


def _rows(erased: dict[str, int], names: Collection[CustomerId], at: datetime) -> ErasedRows:
    return {
        "anonymised_orders": erased.pop("orders"),
        "erased_rows": erased,
        "customers_unlinked": sorted(names),
        "erased_at": at,
    }
