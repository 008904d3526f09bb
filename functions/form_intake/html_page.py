"""Pages of HTML: no JavaScript, no cookies, nothing loaded from elsewhere; light or dark."""

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from http import HTTPStatus
from urllib.parse import urlsplit

from succotash.http.requests import Reply

HTML_TYPE = "text/html; charset=utf-8"
STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:2rem auto;padding:0 1rem;"
    "color:#1a1a1a;background:#fff;overflow-wrap:anywhere}"
    "label,legend{display:block;font-weight:600;margin-top:1rem}"
    "input,select,textarea{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;"
    "border:1px solid #666;border-radius:4px}"
    "input[type=checkbox]{width:auto}"
    "fieldset{border:0;padding:0;margin:1rem 0 0}legend{padding:0}"
    ".tick{display:flex;gap:.5rem;align-items:baseline;margin-top:.5rem}"
    ".tick label{margin:0;font-weight:400}"
    "button{font:inherit;font-weight:600;margin-top:1.5rem;padding:.6rem 1.5rem;color:#fff;"
    "background:#14532d;border:0;border-radius:4px}"
    ".summary{border:3px solid #b00020;border-radius:4px;padding:0 1rem}"
    ".error,.summary a{color:#b00020}.honeypot{position:absolute;left:-9999px}"
    "button.second{color:inherit;background:none;border:1px solid #666}"
    ":root{color-scheme:light dark}"
    "@media(prefers-color-scheme:dark){body{color:#e8e8e8;background:#161616}"
    "input,select,textarea,button.second{border-color:#9a9a9a}button{background:#1f7a43}"
    ".summary{border-color:#ff8a8a}.error,.summary a{color:#ff8a8a}a{color:#8ab4f8}}"
)
NO_ICON = '<link rel="icon" href="data:,">'
"""Without it browsers ask for /favicon.ico, and complain that the policy forbids it."""


def source_of(text: str) -> str:
    """The source expression by which a content security policy lets in a script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


STYLE_SOURCE = source_of(STYLE)


def page(
    title: str,
    lines: Sequence[str],
    status: HTTPStatus = HTTPStatus.OK,
    goes_on_to: Sequence[str] = (),
    referrer: str = "strict-origin-when-cross-origin",
) -> Reply:
    """A page; `goes_on_to` are the addresses that its form's answer may lead to."""
    body = "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            '<head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            NO_ICON,
            f"<style>{STYLE}</style></head>",
            "<body><main>",
            *lines,
            "</main></body></html>",
        )
    )
    # Browsers apply form-action to the redirect that answers the post, too.
    targets = " ".join(dict.fromkeys(map(_origin_of, goes_on_to)))
    policy = (
        f"default-src 'none'; style-src {STYLE_SOURCE}; img-src data:; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {targets}"
    )
    headers = {
        "Content-Security-Policy": policy.rstrip(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": referrer,
    }
    return Reply(body, status, headers, HTML_TYPE)


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
