"""Consent of customers and leads, consent that comes in batches, and addresses that fail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from succotash.application.consents.recording import REASONS, keep_consents, without_erased
from succotash.application.consents.views import ConsentsView, view_of_person
from succotash.domain.consents.consents import (
    MARKETING,
    Consent,
    ConsentOrigin,
    ConsentState,
    FailedAddress,
    Suppression,
)
from succotash.domain.people.email_addresses import canonical_email
from succotash.domain.people.erasures import Tombstones
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import Clock, CustomerId, IdFactory, LeadId, instant_text
from succotash.errors import ConflictError, InvalidInputError


@dataclass(frozen=True, slots=True)
class Statement:
    """A person's consent to a purpose, as somebody who works with them records it."""

    purpose: str
    state: ConsentState
    text: str | None = None
    occurred_at: datetime | None = None
    """None for now."""


class ConsentRecords:
    """Records and shows what people said may be sent to them."""

    def __init__(
        self, storage: Storage, clock: Clock, new_id: IdFactory, tombstones: Tombstones
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._new_id = new_id
        self._tombstones = tombstones

    def get_customer_consents(self, customer_id: str) -> ConsentsView:
        """A customer's consent; NotFoundError, ConflictError where no e-mail is known."""
        return self._storage.in_transaction(
            lambda repositories: self._view(
                repositories, _email_of_customer(repositories, customer_id)
            )
        )

    def get_lead_consents(self, lead_id: str) -> ConsentsView:
        """A lead's consent; NotFoundError."""
        return self._storage.in_transaction(
            lambda repositories: self._view(repositories, _email_of_lead(repositories, lead_id))
        )

    def put_customer_consents(
        self, customer_id: str, statements: Sequence[Statement]
    ) -> ConsentsView:
        """Record what a customer said, and show what holds; as `get_customer_consents`."""
        return self._put(statements, lambda each: _email_of_customer(each, customer_id))

    def put_lead_consents(self, lead_id: str, statements: Sequence[Statement]) -> ConsentsView:
        """Record what a lead said, and show what holds; as `get_lead_consents`."""
        return self._put(statements, lambda each: _email_of_lead(each, lead_id))

    def record_consents(self, batch: Sequence[Consent]) -> int:
        """Record consents, in one transaction; how many were new.

        Those from before the erasure of their person are not taken.
        """

        def work(repositories: Repositories) -> int:
            taken = without_erased(repositories, self._tombstones, batch)
            return keep_consents(repositories, self._tombstones, taken)

        return self._storage.in_transaction(work)

    def record_suppression(self, failed: FailedAddress) -> None:
        """Keep that an address fails for good, or that its person complained.

        Of an address whose person was erased since, the suppression alone is kept, which names
        nobody. InvalidInputError for what is no e-mail address, and for another origin.
        """
        origin, at = failed.origin, failed.at
        if origin not in REASONS:
            raise InvalidInputError.of("origin", "origin", "Must be a bounce or a complaint")
        canonical = canonical_email(failed.address)
        keys = self._tombstones.of_suppression(canonical)
        name = next(iter(keys), self._new_id())
        consent = Consent(
            f"{origin}:{name}:{instant_text(at)}",  # the service tells at least once
            canonical,
            MARKETING,
            ConsentState.DENIED,
            at,
            self._clock(),
            origin,
        )

        def work(repositories: Repositories) -> None:
            taken = without_erased(repositories, self._tombstones, [consent])
            history = repositories.consents.get_consents(canonical)
            if any(each.consent_id == consent.consent_id for each in history):
                return  # what was lifted since stays so
            if taken:
                keep_consents(repositories, self._tombstones, taken)
                return
            repositories.consents.suppress(
                [Suppression(key, MARKETING, REASONS[origin], at) for key in keys[:1]]
            )

        self._storage.in_transaction(work)

    def _put(
        self, statements: Sequence[Statement], email_of: Callable[[Repositories], str]
    ) -> ConsentsView:
        now = self._clock()
        ids = [self._new_id() for _ in statements]
        if any(each.occurred_at is not None and each.occurred_at > now for each in statements):
            raise InvalidInputError.of("occurred_at", "future", "Must not lie in the future")

        def work(repositories: Repositories) -> ConsentsView:
            email = email_of(repositories)
            batch = [
                Consent(
                    consent_id,
                    email,
                    each.purpose,
                    each.state,
                    each.occurred_at or now,
                    now,
                    ConsentOrigin.API,
                    each.text,
                )
                for consent_id, each in zip(ids, statements, strict=True)
            ]
            taken = without_erased(repositories, self._tombstones, batch)
            keep_consents(repositories, self._tombstones, taken)
            return self._view(repositories, email)

        return self._storage.in_transaction(work)

    def _view(self, repositories: Repositories, email: str) -> ConsentsView:
        return view_of_person(repositories, self._tombstones, email)


def _email_of_customer(repositories: Repositories, customer_id: str) -> str:
    email = repositories.ltv.get_customer(CustomerId(customer_id)).canonical_email
    if email is None:
        raise ConflictError("no e-mail address of this customer is known")
    return email


def _email_of_lead(repositories: Repositories, lead_id: str) -> str:
    return repositories.forms.get_lead(LeadId(lead_id)).canonical_email
