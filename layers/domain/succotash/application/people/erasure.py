"""Erasing a person from the storage and from everywhere else."""

import secrets
from collections.abc import Callable

from succotash.application.people.erased_elsewhere import NOWHERE_ELSE, Elsewhere
from succotash.application.people.traces import Traces, subjects_about
from succotash.application.people.views import ErasedRows, ErasureReport
from succotash.domain.people.email_addresses import canonical_email
from succotash.domain.people.erasures import ErasedPerson
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import Clock, CustomerId

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
            erased |= repositories.retention.forget_activity(customers)
            erased |= repositories.customers.anonymise_customers(
                {each: CustomerId(f"{ANONYM_PREFIX}{self._random_text()}") for each in customers},
                self._random_text(),
            )
            return {
                "anonymised_orders": erased.pop("orders"),
                "erased_rows": erased,
                "customers_unlinked": sorted(names),
                "erased_at": now,
            }

        rows = self._storage.in_transaction(work)
        person = ErasedPerson(canonical, now)
        return {**rows, **self._elsewhere.erase(person, self._storage.purge_deleted, has_time)}
