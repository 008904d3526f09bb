"""The dashboard: its page, the files it loads, and what it must know before anybody signs in.

They are built from the folder `dashboard/` of the project into `dashboard/` next to this module.
"""

import gzip
import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ConfigDict

from html_page import HTML_TYPE, source_of
from succotash.container import Container
from succotash.errors import NotFoundError
from succotash.http.fields import Closed
from succotash.http.requests import Call, Reply
from succotash.settings import Settings

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
SETTINGS_PLACE = '<script type="application/json" id="settings">'
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
"""Text of the page's own script and style."""
FOREVER = "public, max-age=31536000, immutable"
"""A file's name holds a digest of what is in it."""


class DashboardQuery(Closed):
    """Parameters that the issuer of tokens adds when it sends somebody back; for the page."""

    model_config = ConfigDict(extra="ignore")


def get_dashboard(
    container: Container,
    query: DashboardQuery,  # noqa: ARG001 - says that any is passed over
    call: Call,
) -> Reply:
    """Show the dashboard, a page that reads this API in the browser."""
    page = _page()
    settings = container.settings
    headers = {
        "Content-Security-Policy": _policy(page, settings.sign_in_token_url),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    contents = page.replace(SETTINGS_PLACE, SETTINGS_PLACE + _settings(settings), 1)
    return _compressible(call, contents.encode(), HTML_TYPE, headers)


def get_asset(container: Container, file: str, call: Call) -> Reply:  # noqa: ARG001
    """Get a file of the dashboard; it never changes, since its name holds its digest."""
    contents = _files().get(f"assets/{file}")
    if contents is None:
        raise NotFoundError("page of the dashboard")
    headers = {"Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff"}
    return _compressible(call, contents, SUFFIXES.get(Path(file).suffix, ""), headers)


SCOPES = (
    "overview:read",
    "forms:read",
    "forms:write",
    "leads:read",
    "leads:write",
    "ltv:read",
    "ltv:write",
    "retention:read",
    "retention:write",
)
"""The scopes that some page of the dashboard uses."""


def _settings(settings: Settings) -> str:
    """Settings for signing in, as JSON that cannot end its element."""
    public = {
        "currency": settings.currency,
        "timeZone": settings.time_zone,
        "signInUrl": settings.sign_in_url,
        "tokenUrl": settings.sign_in_token_url,
        "signOutUrl": settings.sign_out_url,
        "clientId": settings.sign_in_client_id,
        "scopes": [settings.scope_prefix + scope for scope in SCOPES],
        "scopePrefix": settings.scope_prefix,
    }
    return json.dumps(public).replace("<", r"\u003c")


@cache
def _policy(page: str, token_url: str) -> str:
    """Nothing from elsewhere, the page's own first script, and requests to the issuer alone."""
    scripts, styles = (
        "".join(f" {source_of(each)}" for each in within.findall(page))
        for within in (SCRIPT, STYLE)
    )
    issuer = urlsplit(token_url)
    origin = f" {issuer.scheme}://{issuer.netloc}" if issuer.netloc else ""
    return (
        f"default-src 'none'; script-src 'self'{scripts}; style-src 'self'{styles}; "
        f"img-src 'self'; connect-src 'self'{origin}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _compressible(
    call: Call, contents: bytes, content_type: str, headers: Mapping[str, str]
) -> Reply:
    own = {**headers, "Vary": "Accept-Encoding"}
    if "gzip" not in call.headers.get("accept-encoding", ""):
        return Reply(contents, HTTPStatus.OK, own, content_type)
    own["Content-Encoding"] = "gzip"
    return Reply(_compressed(contents), HTTPStatus.OK, own, content_type)


@cache
def _page() -> str:
    page = _files().get("index.html")
    if page is None:
        raise NotFoundError("page of the dashboard")
    return page.decode()


@cache
def _files() -> Mapping[str, bytes]:
    """The files that were built, by path; a request names one of these and reads no other file."""
    return {
        path.relative_to(BUILT).as_posix(): path.read_bytes()
        for path in BUILT.rglob("*")
        if path.is_file()
    }


@lru_cache(maxsize=64)
def _compressed(contents: bytes) -> bytes:
    return gzip.compress(contents, mtime=0)
