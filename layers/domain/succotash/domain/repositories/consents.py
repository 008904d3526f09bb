"""The port to consent, and to addresses that are not written to."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime

from succotash.domain.consents.consents import (
    Consent,
    CurrentConsent,
    ImportedConsents,
    Suppression,
    SuppressionReason,
)


class ConsentRepository(ABC):
    """Consent as a history that only grows, what holds now, and suppressions.

    What holds is what was said latest; of two things said at one instant, the one recorded later,
    and of those the no. An import's yes never follows upon a no that came any other way, whichever
    is older and whichever is recorded first.
    """

    @abstractmethod
    def record_consents(self, batch: Sequence[Consent]) -> int:
        """Add to the history, and keep what holds; how many were new.

        A known consent id is left as it is.
        """

    def import_consents(self, consents: ImportedConsents) -> int:
        """Record consents as `record_consents` does, by the ten thousand."""
        return self.record_consents([*consents.consents()])

    @abstractmethod
    def get_consents(self, canonical_email: str) -> list[Consent]:
        """A person's history, oldest first; by time, then time of recording, then id."""

    @abstractmethod
    def get_current_consents(self, canonical_email: str) -> list[CurrentConsent]:
        """The current consents of a person, by purpose."""

    @abstractmethod
    def find_consenting_address(self, address_key: str) -> str | None:
        """The canonical e-mail that consents with this key are about; None where it has none."""

    @abstractmethod
    def suppress(self, batch: Sequence[Suppression]) -> None:
        """Keep that addresses are not written to.

        Of one that is known for the purpose the later instant counts, and its reason is the first
        of complaint, bounce, erased, denied.
        """

    @abstractmethod
    def find_suppressions(self, address_keys: Collection[str]) -> list[Suppression]:
        """The suppressions of the addresses, by purpose, then key."""

    @abstractmethod
    def lift_suppressions(
        self,
        address_keys: Collection[str],
        purpose: str,
        reasons: Collection[SuppressionReason],
        at: datetime,
    ) -> int:
        """Delete those of the purpose, for one of these reasons, from before `at`; how many."""

    @abstractmethod
    def forget_consents(self, canonical_email: str) -> int:
        """Delete a person's history and what holds for them; how long the history was."""
