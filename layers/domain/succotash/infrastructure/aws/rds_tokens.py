"""Tokens by which IAM lets somebody log in to a database of RDS.

A token is an address that Signature Version 4 has presigned, without its scheme:
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.Connecting.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote

from succotash.infrastructure.aws.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "rds-db"
LIFETIME_SECONDS = 900
HTTPS_PORT = 443


def rds_token(host: str, port: int, user: str, credentials: Credentials, at: datetime) -> str:
    """The password with which `user` may open connections within 15 minutes from `at`."""
    moment = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/{credentials.region}/{SERVICE}/aws4_request"
    parameters = {
        "Action": "connect",
        "DBUser": user,
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(LIFETIME_SECONDS),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.session_token is not None:
        parameters["X-Amz-Security-Token"] = credentials.session_token
    request = "\n".join(
        (
            "GET",
            "/",
            _query(dict(sorted(parameters.items()))),
            f"host:{_host(host, port)}",
            "",
            "host",
            sha256(b"").hexdigest(),
        )
    )
    signed = "\n".join((ALGORITHM, moment, scope, sha256(request.encode()).hexdigest()))
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    signature = _hmac(key, signed).hex()
    return f"{host}:{port}/?{_query(parameters)}&X-Amz-Signature={signature}"


def _host(host: str, port: int) -> str:
    """As the header of a request has it, which leaves out the scheme's own port."""
    return host.lower() if port == HTTPS_PORT else f"{host.lower()}:{port}"


def _query(parameters: Mapping[str, str]) -> str:
    return "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in parameters.items())


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
