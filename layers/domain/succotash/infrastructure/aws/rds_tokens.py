"""Tokens by which IAM lets somebody log in to a database of RDS.

A token is an address that Signature Version 4 has presigned, without its scheme:
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.Connecting.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote

from succotash.infrastructure.aws.credentials import Credentials
from succotash.infrastructure.aws.signatures import ALGORITHM, scope_of, signature_of

SERVICE = "rds-db"
LIFETIME_SECONDS = 900
HTTPS_PORT = 443


def rds_token(host: str, port: int, user: str, credentials: Credentials, at: datetime) -> str:
    """The password with which `user` may open connections within 15 minutes from `at`."""
    moment = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = scope_of(moment, SERVICE, credentials)
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
    signature = signature_of(request, moment, scope, credentials)
    return f"{host}:{port}/?{_query(parameters)}&X-Amz-Signature={signature}"


def _host(host: str, port: int) -> str:
    """The value of the header `Host`, which leaves out the scheme's own port."""
    return host.lower() if port == HTTPS_PORT else f"{host.lower()}:{port}"


def _query(parameters: Mapping[str, str]) -> str:
    return "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in parameters.items())
