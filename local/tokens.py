"""The issuer of this machine's development tokens; what it signs, the local gateway verifies."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from succotash.domain.values import Json
from succotash.errors import MissingTokenError
from succotash.infrastructure.private_files import make_private_file, make_private_folder

ALGORITHM = "RS256"
LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LocalIssuer:
    """Signs tokens with a key of this machine's own."""

    issuer: str
    audience: str
    key: RSAPrivateKey

    @classmethod
    def kept_in(cls, folder: Path, *, issuer: str, audience: str) -> Self:
        """With the key in this folder, made at the first start and readable by its owner only."""
        place = folder / "private.pem"
        if not place.exists():
            make_private_folder(folder)
            write_private(place, _pem(generate_private_key(65537, 2048)))
        key = load_pem_private_key(place.read_bytes(), password=None)
        if not isinstance(key, RSAPrivateKey):
            raise TypeError(f"{place} holds no RSA key")
        return cls(issuer, audience, key)

    def issue(self, scopes: Collection[str], *, now: datetime | None = None) -> str:
        """A token that carries these scopes from now on, for seven days."""
        issued_at = now or datetime.now(UTC)
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": "local-developer",
            "scope": " ".join(sorted(scopes)),
            "iat": issued_at,
            "exp": issued_at + LIFETIME,
            "jti": secrets.token_hex(8),
        }
        return jwt.encode(claims, self.key, algorithm=ALGORITHM)

    def verify(self, token: str) -> Mapping[str, Json]:
        """The claims of a token of this issuer; MissingTokenError for any other."""
        try:
            claims: Mapping[str, Json] = jwt.decode(
                token,
                self.key.public_key(),
                algorithms=[ALGORITHM],
                issuer=self.issuer,
                audience=self.audience,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.InvalidAudienceError as error:
            raise MissingTokenError("the token does not have a valid audience") from error
        except jwt.InvalidTokenError as error:
            raise MissingTokenError("the token is not valid") from error
        return claims


def write_private(place: Path, contents: bytes) -> None:
    """Write a file that only its owner may read."""
    place.unlink(missing_ok=True)
    make_private_file(place)
    place.write_bytes(contents)


def _pem(key: RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
