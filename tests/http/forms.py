"""Forms as they are defined and filled in."""

import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import urlencode

from succotash.domain.values import Json
from tests.http.gateway import Answered, Gateway

SUBMISSIONS = "/forms/contact/submissions"
FORM_TYPE = "application/x-www-form-urlencoded"
ORIGIN = "https://example.com"
BROWSER = {"accept": "text/html,application/xhtml+xml"}


def define(gateway: Gateway, form_id: str = "contact", **changes: Json) -> None:
    body = {
        "title": "Contact <us>",
        "fields": [
            {"name": "email", "label": "E-mail", "kind": "email", "required": True},
            {"name": "message", "label": "Message", "kind": "textarea"},
            {"name": "topics", "label": "Topics", "kind": "choices", "choices": ["a", "b", "c"]},
        ],
        "allowed_origins": [ORIGIN],
    }
    assert gateway.call("PUT", f"/forms/{form_id}", json_body=body | changes).status == 200


def post_plain(
    gateway: Gateway,
    fields: Mapping[str, str | list[str]],
    accept: str = "text/html",
    form_id: str = "contact",
) -> Answered:
    return gateway.call(
        "POST",
        f"/forms/{form_id}/submissions",
        body=urlencode(fields, doseq=True).encode(),
        headers={"content-type": FORM_TYPE, "accept": accept},
        scopes=None,
    )


def hidden(page: Answered, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', page.body)
    assert found is not None
    return unescape(found[1])
