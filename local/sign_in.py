"""Sign-in on this machine: OpenID Connect's code flow with PKCE, by the development issuer.

A page asks as whom to sign in, without a password, and sends the browser back with a code that
holds once and for a minute. What is deployed uses an issuer of its own instead.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from urllib.parse import urlencode

import jwt
from flask import Flask, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from local.tokens import ALGORITHM, LocalIssuer

PAGE = "/development/sign-in"
TOKEN = "/development/token"  # noqa: S105 - a path
CLIENT = "dashboard"
CODE_LIFETIME = 60
"""Seconds."""
SETTINGS = {"SIGN_IN_URL": PAGE, "SIGN_IN_TOKEN_URL": TOKEN, "SIGN_IN_CLIENT_ID": CLIENT}
"""Settings by which the dashboard signs in here."""

VIEWER = frozenset({"overview:read", "ltv:read", "retention:read"})
"""Numbers, and customers by ids that hold nothing personal."""
MARKETER = VIEWER | {"forms:read", "leads:read", "leads:write", "retention:write"}
"""Campaigns, and people who wrote."""
CARRIED = ("client_id", "redirect_uri", "state", "nonce", "code_challenge")


@dataclass(frozen=True, slots=True)
class Grant:
    """The request that a code stands for."""

    role: str
    redirect_uri: str
    nonce: str
    challenge: str
    ends_at: float


class DevelopmentSignIn:
    """Signs people in as a viewer, a marketer or an admin, whatever their names."""

    def __init__(self, issuer: LocalIssuer, scopes: Collection[str], prefix: str = "") -> None:
        self._issuer = issuer
        everything = {scope.removeprefix(prefix) for scope in scopes}
        self._roles = {"viewer": VIEWER, "marketer": MARKETER, "admin": everything}
        self._prefix = prefix
        self._grants: dict[str, Grant] = {}

    def serve_on(self, app: Flask) -> None:
        """Answer at the addresses of SETTINGS."""
        app.add_url_rule(PAGE, "sign_in_page", self._page, methods=["GET"])
        app.add_url_rule(PAGE, "sign_in", self._sign_in, methods=["POST"])
        app.add_url_rule(TOKEN, "sign_in_token", self._token, methods=["POST"])

    def _page(self) -> Response:
        """Ask as whom to sign in."""
        asked = {name: request.args.get(name, "") for name in CARRIED}
        if not _is_ours(asked) or request.args.get("code_challenge_method") != "S256":
            return Response("Not a sign-in of the dashboard", HTTPStatus.BAD_REQUEST)
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{escape(value)}">'
            for name, value in asked.items()
        )
        buttons = "".join(
            f'<p><button name="role" value="{role}">Sign in as {role}</button></p>'
            for role in self._roles
        )
        return Response(
            '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">'
            "<link rel='icon' href='data:,'><title>Sign in</title><main><h1>Sign in</h1>"
            "<p>The development issuer of this machine asks for no password.</p>"
            f'<form method="post">{fields}{buttons}</form></main></html>',
            content_type="text/html; charset=utf-8",
            headers={"Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin"},
        )

    def _sign_in(self) -> AnyResponse:
        """Send the browser back with a code."""
        asked = {name: request.form.get(name, "") for name in CARRIED}
        role = request.form.get("role", "")
        if not _is_ours(asked) or role not in self._roles:
            return Response("Not a sign-in of the dashboard", HTTPStatus.BAD_REQUEST)
        code = secrets.token_urlsafe(24)
        ends_at = time.monotonic() + CODE_LIFETIME
        self._grants[code] = Grant(
            role, asked["redirect_uri"], asked["nonce"], asked["code_challenge"], ends_at
        )
        answer = urlencode({"code": code, "state": asked["state"]})
        return redirect(f"{asked['redirect_uri']}?{answer}", HTTPStatus.SEE_OTHER)

    def _token(self) -> Response:
        """Exchange a code for a token, once."""
        given = request.form
        grant = self._grants.pop(given.get("code", ""), None)
        if (
            grant is None
            or given.get("grant_type") != "authorization_code"
            or given.get("client_id") != CLIENT
            or given.get("redirect_uri") != grant.redirect_uri
            or not secrets.compare_digest(
                _challenge(given.get("code_verifier", "")), grant.challenge
            )
            or time.monotonic() > grant.ends_at
        ):
            answer = jsonify(error="invalid_grant")
            answer.status_code = HTTPStatus.BAD_REQUEST
            return answer
        access = self._issuer.issue({self._prefix + each for each in self._roles[grant.role]})
        answer = jsonify(
            access_token=access,
            id_token=self._identity(grant),
            token_type="Bearer",  # noqa: S106
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _identity(self, grant: Grant) -> str:
        now = int(time.time())
        claims = {
            "iss": self._issuer.issuer,
            "aud": CLIENT,
            "sub": grant.role,
            "name": grant.role,
            "nonce": grant.nonce,
            "iat": now,
            "exp": now + CODE_LIFETIME,
        }
        return jwt.encode(claims, self._issuer.key, algorithm=ALGORITHM)


def _is_ours(asked: Mapping[str, str]) -> bool:
    """Whether it is the dashboard of this very server that asks; a code goes nowhere else."""
    return (
        asked["client_id"] == CLIENT
        and asked["redirect_uri"] == request.host_url
        and bool(asked["code_challenge"])
    )


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
