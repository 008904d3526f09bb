"""Where keys come from: a secret, or the settings themselves."""

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
    """What a deployment makes by its keys, each read when first needed."""

    def __init__(self, settings: "Settings") -> None:
        self._settings = settings

    def signer(self, purpose: str) -> "Signer":
        """Signs for one purpose. Without keys in the settings, tokens end with this process."""
        from succotash.domain.intake.signing import Signer

        return Signer(purpose, self._token_keys())

    @cached_property
    def pseudonyms(self) -> "Pseudonyms":
        """What customers are called in place of an address or a number."""
        from succotash.domain.people.identities import Pseudonyms

        return Pseudonyms(self._erasure_keys)

    @cached_property
    def tombstones(self) -> "Tombstones":
        """Digests of whom is erased, counted or not written to."""
        from succotash.domain.people.erasures import Tombstones

        return Tombstones(self._erasure_keys)

    @cached_property
    def _erasure_keys(self) -> Callable[[], Sequence[str]]:
        return keys_of(self._settings.erasure_secret_arn, self._settings.erasure_keys)

    @cached_property
    def _token_keys(self) -> Callable[[], Sequence[str]]:
        own = self._settings.form_token_keys or secrets.token_urlsafe(32)
        return keys_of(self._settings.form_token_secret_arn, own)


def keys_of(secret_arn: str | None, listed: str) -> Callable[[], Sequence[str]]:
    """Gives the keys of the secret; without one, those that are listed with commas between."""
    if secret_arn is not None:
        from succotash.infrastructure.aws.secrets import SecretReader

        secrets = SecretReader()
        return lambda: split_keys(",".join(secrets.values(secret_arn)))
    keys = split_keys(listed)
    return lambda: keys


def split_keys(listed: str) -> Sequence[str]:
    """Each key once, in the order given."""
    return tuple(dict.fromkeys(listed.split(",")))
