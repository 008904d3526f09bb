"""Credentials: from the environment, the keyring, or a file of one's own."""

import json
import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from succotash_client.errors import SuccotashClientError

URL, TOKEN = "SUCCOTASH_URL", "SUCCOTASH_TOKEN"
DEFAULT_URL = "http://127.0.0.1:3000"
SERVICE = "succotash"
PRIVATE = 0o600
EXPIRES_SOON = 30.0
"""Seconds before its end from which a token is not used any more."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class LoginError(SuccotashClientError):
    """No one is logged in, or the login failed."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The address of an API, and the token that opens it."""

    url: str
    access_token: str = ""
    token_file: str = ""
    """The file with a token that `make run` writes again at each start."""
    expires_at: float = 0.0
    """The end of its validity by the clock, in seconds; 0 where the token does not say."""
    token_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    refresh_token: str = ""
    scope: str = ""

    @property
    def can_renew(self) -> bool:
        """Whether another token can be had without a person."""
        return bool(self.token_url and (self.refresh_token or self.client_secret))


class Store(Protocol):
    """A place where credentials are stored."""

    def read(self) -> Credentials | None:
        """The credentials that were stored last."""

    def write(self, credentials: Credentials) -> str:
        """Keep these in place of others; says where."""

    def clear(self) -> None:
        """Keep none."""


@dataclass(frozen=True, slots=True)
class FileStore:
    """A file that only its owner may read."""

    path: Path

    def read(self) -> Credentials | None:
        """The credentials that were stored last."""
        try:
            return _parsed(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise LoginError(f"{self.path} cannot be read; run succotash login") from error

    def write(self, credentials: Credentials) -> str:
        """Keep these, in one step, so that no half of a file is ever read."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = self.path.with_suffix(f".{os.getpid()}.tmp")
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(_written(credentials))
            draft.replace(self.path)
        except OSError as error:
            raise LoginError(f"{self.path} cannot be written: {error.strerror}") from error
        return str(self.path)

    def clear(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)


class KeyringStore:
    """The system's keyring, where the package keyring is installed and finds one."""

    def __init__(self, keyring: Any) -> None:  # noqa: ANN401 - an optional package
        self._keyring = keyring

    def read(self) -> Credentials | None:
        """The credentials that were stored last."""
        found = self._keyring.get_password(SERVICE, SERVICE)
        return None if found is None else _parsed(found)

    def write(self, credentials: Credentials) -> str:
        """Keep these."""
        self._keyring.set_password(SERVICE, SERVICE, _written(credentials))
        return "the keyring"

    def clear(self) -> None:
        """Forget them."""
        with suppress(self._keyring.errors.PasswordDeleteError):
            self._keyring.delete_password(SERVICE, SERVICE)


def store(environment: Mapping[str, str]) -> Store:
    """The keyring where there is one, or a file in the user's folder of settings."""
    try:
        import keyring  # type: ignore[import-not-found]  # optional
    except ImportError:
        return FileStore(credentials_file(environment))
    if keyring.get_keyring().priority < 1:
        return FileStore(credentials_file(environment))
    return KeyringStore(keyring)


def credentials_file(environment: Mapping[str, str]) -> Path:
    """The file of credentials on a machine without a keyring."""
    home = environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME", "~")) / ".config"
    return Path(home).expanduser() / "succotash" / "credentials.json"


def current(environment: Mapping[str, str], kept: Store) -> Credentials:
    """The environment's address and token, each in place of what is kept."""
    found = kept.read() or Credentials(DEFAULT_URL)
    if (url := environment.get(URL)) and url.rstrip("/") != found.url:
        found = Credentials(url.rstrip("/"))  # a token is for the address it was given for
    if token := environment.get(TOKEN, "").strip():
        if not re.fullmatch("[!-~]+", token):
            raise LoginError(f"{TOKEN} is no token: it has blanks or letters beyond ASCII")
        found = Credentials(found.url, access_token=token)
    return found


type Renew = Callable[[Credentials], Credentials]


class KeptTokens:
    """The token of kept credentials, renewed and kept again where that is possible."""

    def __init__(self, credentials: Credentials, kept: Store, renew: Renew) -> None:
        self._credentials = credentials
        self._kept = kept
        self._renew = renew

    def token(self) -> str:
        """A token that is valid now."""
        known = self._credentials
        if known.token_file:
            try:
                return Path(known.token_file).read_text(encoding="utf-8").strip()
            except OSError as error:
                sentence = f"{known.token_file} cannot be read; run succotash login again"
                raise LoginError(sentence) from error
        if known.expires_at and known.expires_at - EXPIRES_SOON < time.time():
            self.renew()
        if not self._credentials.access_token:
            raise LoginError("Not logged in: run succotash login, or set SUCCOTASH_TOKEN")
        return self._credentials.access_token

    def renew(self) -> bool:
        """Get another token; whether there is one."""
        if not self._credentials.can_renew:
            return False
        self._credentials = self._renew(self._credentials)
        self._kept.write(self._credentials)
        return True


def checked_url(url: str) -> str:
    """The address without a slash at its end; LoginError where tokens would travel in the open."""
    scheme, host = _scheme_and_host(url)
    if scheme not in {"http", "https"} or not host:
        raise LoginError(f"{url} is no address that begins with https://")
    if scheme == "http" and host not in LOOPBACK:
        raise LoginError(
            f"{url} must begin with https://, since the token is sent with each request"
        )
    return url.rstrip("/")


def _scheme_and_host(url: str) -> tuple[str, str | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # a port out of range, or half of a pair of brackets
        return "", None
    return parts.scheme, None if port == 0 else parts.hostname


def _written(credentials: Credentials) -> str:
    return json.dumps(asdict(credentials), indent=2) + "\n"


def _parsed(text: str) -> Credentials:
    try:
        return Credentials(**json.loads(text))
    except (TypeError, ValueError) as error:
        raise LoginError("What is kept of the login cannot be read; run succotash login") from error
