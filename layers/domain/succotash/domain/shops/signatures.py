"""Signatures by which shop systems show that an event is theirs: HMAC-SHA256 over the raw body."""

import hmac
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
"""The distance from now that Stripe's own libraries allow the time in a signature."""
HEADERS: Mapping[str, str] = {
    "shopify": "x-shopify-hmac-sha256",
    "stripe": "stripe-signature",
    "woocommerce": "x-wc-webhook-signature",
}
"""The header with the signature, by system. The names of headers are in lower case here."""
_SECONDS = re.compile(r"[0-9]{1,12}")


def is_signed(
    system: str, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime
) -> bool:
    """Whether one of the secrets made the signature; a secret being replaced is one of two.

    https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
    https://docs.stripe.com/webhooks#verify-manually
    https://github.com/woocommerce/woocommerce/blob/trunk/plugins/woocommerce/includes/class-wc-webhook.php
    """
    given = headers.get(HEADERS[system], "")
    if system == "stripe":
        return _is_signed_by_stripe(given, body, secrets, now)
    made = [b64encode(_digest(each, body)).decode() for each in secrets]
    return _has_any([given.strip()], made)


def _is_signed_by_stripe(given: str, body: bytes, secrets: Sequence[str], now: datetime) -> bool:
    """Whether any of the signatures is right: during a change of secrets there are two."""
    parts = [(name.strip(), value.strip()) for name, _, value in map(_halves, given.split(","))]
    times = [value for name, value in parts if name == "t"]
    if len(times) != 1 or not _SECONDS.fullmatch(times[0]):
        return False
    [at] = times
    if abs(now.timestamp() - int(at)) > TOLERANCE.total_seconds():
        return False
    signed = at.encode() + b"." + body
    made = [_digest(each, signed).hex() for each in secrets]
    return _has_any([value for name, value in parts if name == "v1"], made)


def _halves(part: str) -> tuple[str, str, str]:
    return part.partition("=")


def _digest(secret: str, content: bytes) -> bytes:
    return hmac.digest(secret.encode(), content, "sha256")


def _has_any(given: Sequence[str], made: Sequence[str]) -> bool:
    """Whether one of those given was made here; each pair is compared in constant time."""
    found = [hmac.compare_digest(each.encode(), other.encode()) for each in given for other in made]
    return any(found)
