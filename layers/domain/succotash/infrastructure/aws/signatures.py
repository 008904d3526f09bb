"""Signature Version 4, by which AWS knows who asks.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
from hashlib import sha256

from succotash.infrastructure.aws.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"


def scope_of(moment: str, service: str, credentials: Credentials) -> str:
    """The scope of a signature made at a moment (`20260105T093107Z`)."""
    return f"{moment[:8]}/{credentials.region}/{service}/aws4_request"


def signature_of(canonical_request: str, moment: str, scope: str, credentials: Credentials) -> str:
    """The signature of a request in canonical form, in hexadecimal."""
    digest = sha256(canonical_request.encode()).hexdigest()
    signed = f"{ALGORITHM}\n{moment}\n{scope}\n{digest}"
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return _hmac(key, signed).hex()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
