"""The dashboard: its page, the files it loads, and what it must know before anybody signs in.

They are built from the folder `dashboard/` of the project into `dashboard/` next to this module.
"""

import gzip
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit

from pydantic import ConfigDict

from html_page import HTML_TYPE
from succotash.container import Container
from succotash.errors import NotFoundError
from succotash.http.fields import Closed
from succotash.http.requests import Call, Reply

BUILT = Path(__file__).parent / "dashboard"
SUFFIXES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Content types of the files by how their names end."""
ASSET_TYPES: Mapping[str, object] = {
    content_type.partition(";")[0]: str for content_type in SUFFIXES.values()
}
FOREVER = "public, max-age=31536000, immutable"
"""A file's name holds a digest of what is in it."""


class DashboardQuery(Closed):
    """Parameters that the issuer of tokens adds when it sends somebody back; for the page."""

    model_config = ConfigDict(extra="ignore")


class DashboardSettings(TypedDict):
    """Settings that the dashboard needs before anybody signs in."""

    currency: str
    time_zone: str
    sign_in_url: str
    """The issuer's page for signing in; empty where the deployment names none."""
    token_url: str
    sign_out_url: str
    client_id: str
    scopes: list[str]
    """The scopes to ask the issuer for, with the deployment's prefix; it grants what is allowed."""
    scope_prefix: str


def get_dashboard(
    container: Container,
    query: DashboardQuery,  # noqa: ARG001 - says that any is passed over
    call: Call,
) -> Reply:
    """Show the dashboard, a page that reads this API in the browser."""
    headers = {
        "Content-Security-Policy": _policy(container.settings.sign_in_token_url),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    return _file(call, "index.html", HTML_TYPE, headers)


def get_asset(container: Container, file: str, call: Call) -> Reply:  # noqa: ARG001
    """Get a file of the dashboard; it never changes, since its name holds its digest."""
    headers = {"Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff"}
    return _file(call, f"assets/{file}", SUFFIXES.get(Path(file).suffix, ""), headers)


def get_dashboard_settings(container: Container) -> DashboardSettings:
    """Get the public settings by which the dashboard signs people in."""
    settings = container.settings
    return {
        "currency": settings.currency,
        "time_zone": settings.time_zone,
        "sign_in_url": settings.sign_in_url,
        "token_url": settings.sign_in_token_url,
        "sign_out_url": settings.sign_out_url,
        "client_id": settings.sign_in_client_id,
        "scopes": [settings.scope_prefix + scope for scope in SCOPES],
        "scope_prefix": settings.scope_prefix,
    }


SCOPES = (
    "forms:read",
    "forms:write",
    "leads:read",
    "leads:write",
    "ltv:read",
    "retention:read",
    "retention:write",
)
"""The scopes that some page of the dashboard uses."""


def _policy(token_url: str) -> str:
    """Nothing from elsewhere, nothing within the page, and requests to the issuer alone."""
    issuer = urlsplit(token_url)
    origin = f" {issuer.scheme}://{issuer.netloc}" if issuer.netloc else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self'{origin}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _file(call: Call, name: str, content_type: str, headers: Mapping[str, str]) -> Reply:
    contents = _files().get(name)
    if contents is None:
        raise NotFoundError("page of the dashboard")
    own = {**headers, "Vary": "Accept-Encoding"}
    if "gzip" not in call.headers.get("accept-encoding", ""):
        return Reply(contents, HTTPStatus.OK, own, content_type)
    return Reply(
        _compressed(name), HTTPStatus.OK, {**own, "Content-Encoding": "gzip"}, content_type
    )


@cache
def _files() -> Mapping[str, bytes]:
    """The files that were built, by path; a request names one of these and reads no other file."""
    return {
        path.relative_to(BUILT).as_posix(): path.read_bytes()
        for path in BUILT.rglob("*")
        if path.is_file()
    }


@cache
def _compressed(name: str) -> bytes:
    return gzip.compress(_files()[name], mtime=0)
