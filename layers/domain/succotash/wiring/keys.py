"""The keys of a deployment, as settings list them."""

import secrets
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from succotash.domain.intake.signing import Signer
    from succotash.domain.people.erasures import Tombstones
    from succotash.domain.people.identities import Pseudonyms
    from succotash.settings import Settings


class KeyRing:
    """Makes signers, pseudonyms and tombstones by a deployment's keys, when first needed."""

    def __init__(self, settings: "Settings") -> None:
        self._settings = settings

    def signer(self, purpose: str) -> "Signer":
        """Signs for one purpose. Without keys in the settings, tokens end with this process."""
        from succotash.domain.intake.signing import Signer

        return Signer(purpose, self._token_keys())

    @cached_property
    def pseudonyms(self) -> "Pseudonyms":
        """The pseudonyms of customers, in place of an address or a number."""
        from succotash.domain.people.identities import Pseudonyms

        return Pseudonyms(self._erasure_keys)

    @cached_property
    def tombstones(self) -> "Tombstones":
        """Digests of whom is erased, counted or not written to."""
        from succotash.domain.people.erasures import Tombstones

        return Tombstones(self._erasure_keys)

    @cached_property
    def _erasure_keys(self) -> Callable[[], Sequence[str]]:
        return keys_of(self._settings.erasure_keys)

    @cached_property
    def _token_keys(self) -> Callable[[], Sequence[str]]:
        return keys_of(self._settings.form_token_keys or secrets.token_urlsafe(32))


def keys_of(listed: str) -> Callable[[], Sequence[str]]:
    """Gives each key once, in the order in which they are listed with commas between."""
    keys = tuple(dict.fromkeys(listed.split(",")))
    return lambda: keys
