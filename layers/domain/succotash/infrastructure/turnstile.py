"""Cloudflare Turnstile: whether a page's challenge was passed.

https://developers.cloudflare.com/turnstile/get-started/server-side-validation/
"""

import json
import logging
import urllib.request
from collections.abc import Callable, Mapping
from typing import override
from urllib.parse import urlencode
from uuid import UUID

from succotash.domain.intake.spam import ChallengeState, ChallengeVerifier
from succotash.errors import SettingsError, StorageUnavailableError

VERIFY_URL = "https://challenges.cloudflare.com/turnstile/v0/siteverify"
TIMEOUT = 3.0
"""Seconds: nobody waits longer, and the submission stays in quarantine instead."""
ANSWER_LIMIT = 10_000
OUR_FAULTS = frozenset({"missing-input-secret", "invalid-input-secret", "internal-error"})
"""Error codes that say nothing about the visitor."""

logger = logging.getLogger(__name__)


class Turnstile(ChallengeVerifier):
    """Asks Cloudflare, with the secret that the form names."""

    def __init__(
        self,
        secret_of: Callable[[str], str],
        *,
        url: str = VERIFY_URL,
        timeout: float = TIMEOUT,
    ) -> None:
        """`secret_of` gives the value of a secret, or raises as SecretReader does."""
        self._secret_of = secret_of
        self._url = url
        self._timeout = timeout

    @override
    def verify(
        self, secret_arn: str, response: str, ip_address: str | None, request_id: UUID
    ) -> ChallengeState:
        try:
            fields = {
                "secret": self._secret_of(secret_arn),
                "response": response,
                "idempotency_key": str(request_id),
            }
            if ip_address is not None:
                fields["remoteip"] = ip_address
            answer = self._ask(fields)
        except (StorageUnavailableError, SettingsError, OSError, ValueError) as error:
            logger.warning("a challenge cannot be checked: %s", type(error).__name__)
            return ChallengeState.UNKNOWN
        match answer:
            case {"success": True}:
                return ChallengeState.PASSED
            case {"success": False, "error-codes": [*codes]} if not OUR_FAULTS & {*map(str, codes)}:
                return ChallengeState.FAILED
            case _:
                logger.warning("a challenge cannot be checked: the answer says nothing")
                return ChallengeState.UNKNOWN

    def _ask(self, fields: Mapping[str, str]) -> object:
        request = urllib.request.Request(  # noqa: S310 - the address is a constant
            self._url, urlencode(fields).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=self._timeout) as answer:  # noqa: S310
            found: object = json.loads(answer.read(ANSWER_LIMIT))
        return found
