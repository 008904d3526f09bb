"""The page of the dashboard, which `make dashboard` builds."""

import base64
import hashlib
import json
import re

import pytest

from tests.http.gateway import ENVIRONMENT, Gateway

HOSTILE = "</script><script>alert(1)</script>"


def test_the_policy_lets_in_what_stands_in_the_page_by_its_digest(gateway: Gateway) -> None:
    answer = gateway.call("GET", "/")

    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    for element, directive in (("script", "script-src"), ("style", "style-src")):
        [text] = re.findall(rf"<{element}>(.*?)</{element}>", answer.body, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'self' 'sha256-{digest}';" in policy


@pytest.mark.parametrize("currency", ["EUR", "JPY"])
def test_the_page_holds_the_public_settings(currency: str) -> None:
    gateway = Gateway({**ENVIRONMENT, "CURRENCY": currency, "SCOPE_PREFIX": HOSTILE})

    page = gateway.call("GET", "/").body

    [text] = re.findall(r'<script type="application/json" id="settings">(.*?)</script>', page)
    settings = json.loads(text)
    assert settings["currency"] == currency
    assert settings["scopePrefix"] == HOSTILE
    assert f"{HOSTILE}overview:read" in settings["scopes"]
    assert "<" not in text
