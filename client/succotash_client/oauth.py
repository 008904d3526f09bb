"""Logging in to a deployment: authorization code with PKCE, or client credentials.

RFC 8252 (native apps, a loopback address), RFC 7636 (PKCE), RFC 6749.
"""

import base64
import hashlib
import secrets
import time
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, override
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from succotash_client.credentials import Credentials, LoginError

CALLBACK_PORT = 8976
"""The port of the address that the stack's app client allows."""
LOGIN_SECONDS = 300.0
PAGE = b"<!doctype html><title>Succotash</title><p>Logged in. You can close this page.</p>"
REFUSED_PAGE = b"<!doctype html><title>Succotash</title><p>The login failed; see the terminal.</p>"

type Browse = Callable[[str], object]
"""Shows a person an address."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """An OpenID Connect issuer's two addresses."""

    authorization_url: str
    token_url: str

    @classmethod
    def discover(cls, http: httpx.Client, issuer: str) -> "Issuer":
        """Read the issuer's configuration (OpenID Connect Discovery)."""
        place = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found = http.get(place).raise_for_status().json()
            return cls(found["authorization_endpoint"], found["token_endpoint"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise LoginError(f"{place} does not describe an issuer") from error


@dataclass(frozen=True, slots=True)
class Proof:
    """A secret of this login, and what of it may be sent through a browser (RFC 7636)."""

    verifier: str

    @classmethod
    def make(cls) -> "Proof":
        """A new one."""
        return cls(secrets.token_urlsafe(64))

    @property
    def challenge(self) -> str:
        """The verifier's digest (S256)."""
        digest = hashlib.sha256(self.verifier.encode("ascii")).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def log_in_by_browser(
    http: httpx.Client,
    issuer: Issuer,
    asked: Credentials,
    *,
    port: int = CALLBACK_PORT,
    browse: Browse = webbrowser.open,
) -> Credentials:
    """Send a person to the issuer, wait for the code on a loopback address, get the token."""
    proof, state = Proof.make(), secrets.token_urlsafe(32)
    with _CallbackServer(port, state) as server:
        # The host by this name: Cognito allows http for no other.
        redirect = f"http://localhost:{server.server_port}/callback"
        query = {
            "response_type": "code",
            "client_id": asked.client_id,
            "redirect_uri": redirect,
            "state": state,
            "code_challenge": proof.challenge,
            "code_challenge_method": "S256",
        } | ({"scope": asked.scope} if asked.scope else {})
        browse(f"{issuer.authorization_url}?{urlencode(query)}")
        code = server.wait(LOGIN_SECONDS)
    form = {
        "grant_type": "authorization_code",
        "client_id": asked.client_id,
        "code": code,
        "redirect_uri": redirect,
        "code_verifier": proof.verifier,
    }
    return _with_token(http, replace(asked, token_url=issuer.token_url), form)


def log_in_as_client(http: httpx.Client, asked: Credentials) -> Credentials:
    """A token for a program with a secret of its own."""
    form = {"grant_type": "client_credentials"} | ({"scope": asked.scope} if asked.scope else {})
    return _with_token(http, asked, form, auth=(asked.client_id, asked.client_secret))


def renew(http: httpx.Client, known: Credentials) -> Credentials:
    """Another token without a person: by the refresh token, or the client's secret."""
    if not known.refresh_token:
        return log_in_as_client(http, known)
    form = {
        "grant_type": "refresh_token",
        "client_id": known.client_id,
        "refresh_token": known.refresh_token,
    }
    return _with_token(http, known, form)


def _with_token(
    http: httpx.Client,
    known: Credentials,
    form: Mapping[str, str],
    auth: tuple[str, str] | None = None,
) -> Credentials:
    try:
        answer = http.post(known.token_url, data=dict(form), auth=auth or httpx.USE_CLIENT_DEFAULT)
        found: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise LoginError(f"{known.token_url} gave no token") from error
    if answer.status_code != HTTPStatus.OK or "access_token" not in found:
        reason = found.get("error_description") or found.get("error") or answer.status_code
        raise LoginError(f"The issuer refused the login: {reason}")
    lifetime = found.get("expires_in")
    return replace(
        known,
        access_token=found["access_token"],
        expires_at=time.time() + float(lifetime) if lifetime else 0.0,
        refresh_token=found.get("refresh_token", known.refresh_token),
    )


class _CallbackServer(HTTPServer):
    """Waits on the loopback address for what the browser brings."""

    def __init__(self, port: int, state: str) -> None:
        self.state = state
        self.found: dict[str, str] = {}
        try:
            super().__init__(("127.0.0.1", port), _Callback)
        except OSError as error:
            raise LoginError(f"Port {port} is in use, and the login needs it") from error

    def wait(self, seconds: float) -> str:
        """The code; LoginError for a refusal, or where nothing comes in time."""
        ends_at = time.monotonic() + seconds
        while not self.found:
            self.timeout = ends_at - time.monotonic()
            if self.timeout <= 0:
                raise LoginError("Nobody logged in within five minutes")
            self.handle_request()
        if "code" not in self.found:
            reason = self.found.get("error_description") or self.found.get("error")
            raise LoginError(f"The issuer refused the login: {reason}")
        return self.found["code"]


class _Callback(BaseHTTPRequestHandler):
    server: _CallbackServer

    def do_GET(self) -> None:
        """Take a code that belongs to this login; anything else is not for us."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        expected = secrets.compare_digest(
            query.get("state", "").encode(), self.server.state.encode()
        )
        if parts.path != "/callback" or not expected:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.server.found = query
        page = PAGE if "code" in query else REFUSED_PAGE
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the line would hold the code."""
