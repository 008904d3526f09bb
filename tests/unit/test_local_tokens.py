import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from local.tokens import LIFETIME, LocalIssuer
from succotash.errors import MissingTokenError

ISSUER, AUDIENCE = "https://issuer.example/", "succotash"


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def issuer(keys: Path) -> LocalIssuer:
    return LocalIssuer.kept_in(keys, issuer=ISSUER, audience=AUDIENCE)


def test_a_token_carries_the_scopes_it_was_issued_with(issuer: LocalIssuer) -> None:
    claims = issuer.verify(issuer.issue(["ltv:read", "forms:read"]))

    assert claims["scope"] == "forms:read ltv:read"
    assert claims["iss"] == ISSUER


def test_a_second_start_takes_the_same_key(issuer: LocalIssuer, keys: Path) -> None:
    token = issuer.issue(["ltv:read"])

    assert LocalIssuer.kept_in(keys, issuer=ISSUER, audience=AUDIENCE).verify(token)


def test_only_the_owner_can_read_the_key(issuer: LocalIssuer, keys: Path) -> None:
    [file] = keys.iterdir()

    assert issuer.key.key_size == 2048
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_token_ends_with_its_lifetime(issuer: LocalIssuer) -> None:
    token = issuer.issue(["ltv:read"], now=datetime.now(UTC) - LIFETIME - timedelta(seconds=1))

    with pytest.raises(MissingTokenError):
        issuer.verify(token)


def test_a_token_of_another_issuer_or_audience_is_none(keys: Path, issuer: LocalIssuer) -> None:
    for other in (
        LocalIssuer.kept_in(keys, issuer="https://other.example/", audience=AUDIENCE),
        LocalIssuer.kept_in(keys, issuer=ISSUER, audience="other"),
        LocalIssuer(ISSUER, AUDIENCE, generate_private_key(65537, 2048)),
    ):
        with pytest.raises(MissingTokenError):
            issuer.verify(other.issue(["ltv:read"]))


def test_what_is_not_signed_by_the_key_is_no_token(issuer: LocalIssuer) -> None:
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "exp": datetime.now(UTC) + timedelta(hours=1),
        "scope": "ltv:read",
    }
    unsigned = jwt.encode(claims, key="", algorithm="none")
    shared_secret = jwt.encode(claims, key="a" * 32, algorithm="HS256")

    for token in ("", "nonsense", unsigned, shared_secret):
        with pytest.raises(MissingTokenError):
            issuer.verify(token)
