"""Unsubscribing by the link in a mail, also while the storage is away."""

from collections.abc import Callable

from succotash.application.consents.recording import keep_consents, without_erased
from succotash.application.intake.outage import OutageGuard
from succotash.domain.consents.consents import (
    Consent,
    ConsentOrigin,
    ConsentState,
    Suppression,
    SuppressionReason,
)
from succotash.domain.intake.signing import Signer
from succotash.domain.intake.unsubscriptions import (
    UnsubscribeFrom,
    UnsubscribeLink,
    Unsubscription,
)
from succotash.domain.people.erasures import Tombstones
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.values import CampaignId, Clock, IdFactory
from succotash.errors import SettingsError, StorageUnavailableError


class Unsubscriptions:
    """Makes links, reads them, and does what people ask for by them."""

    def __init__[F](
        self,
        storage: Storage,
        clock: Clock,
        new_id: IdFactory,
        signer: Callable[[], Signer],
        tombstones: Tombstones,
        outage: OutageGuard[F] | None = None,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._new_id = new_id
        self._signer = signer
        self._tombstones = tombstones
        self._outage = OutageGuard[F]() if outage is None else outage

    def token(self, canonical_email: str, campaign_id: CampaignId) -> str:
        """The token of a link for a mail to this address; SettingsError without keys."""
        key = next(iter(self._tombstones.of_suppression(canonical_email)), None)
        if key is None:
            raise SettingsError("ERASURE_KEYS must be set")
        return UnsubscribeLink(key, campaign_id).token(self._signer(), self._clock())

    def read_token(self, token: str) -> UnsubscribeLink:
        """Read a link's token; it changes nothing, and no storage is asked.

        InvalidTokenError, ExpiredTokenError.
        """
        return UnsubscribeLink.read(self._signer(), token, self._clock())

    def unsubscribe(self, token: str, scope: UnsubscribeFrom, text: str) -> None:
        """Do what was asked for, or keep it until the storage is back; `text` is what was shown.

        Doing it again changes nothing. InvalidTokenError, ExpiredTokenError;
        StorageUnavailableError where it can be neither done nor kept.
        """
        asked = Unsubscription(self._new_id(), self.read_token(token), scope, self._clock(), text)
        if self._outage.storage_unavailable:
            self._outage.enqueue(asked, None)
            return
        try:
            self.take_queued(asked)
        except StorageUnavailableError as error:
            self._outage.enqueue(asked, error)

    def take_queued(self, asked: Unsubscription) -> None:
        """Suppress the address, and record the no where its person is known, in one transaction.

        The address is the one the mail went to, however its person changed it since; of a person
        who was erased, nothing but the suppression is kept. A later yes of the person stays.
        """
        key, purpose = asked.link.address_key, asked.link.purpose(asked.scope)
        suppression = Suppression(key, purpose, SuppressionReason.DENIED, asked.received_at)

        def work(repositories: Repositories) -> None:
            email = repositories.consents.find_consenting_address(key)
            if email is None:
                repositories.consents.suppress([suppression])
                return
            no = Consent(
                asked.unsubscription_id,
                email,
                purpose,
                ConsentState.DENIED,
                asked.received_at,
                self._clock(),
                ConsentOrigin.LINK,
                asked.text,
                asked.link.campaign_id,
            )
            taken = without_erased(repositories, self._tombstones, [no])
            own = [
                each
                for each in repositories.consents.get_consents(email)
                if each.purpose == purpose and each.origin is not ConsentOrigin.IMPORT
            ]
            is_known = bool(own) and own[-1].state is ConsentState.DENIED
            if is_known or not taken:
                repositories.consents.suppress([suppression])
            else:
                keep_consents(repositories, self._tombstones, taken)

        self._storage.in_transaction(work)
