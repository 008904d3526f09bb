"""The development issuer's sign-in: what a code is good for."""

import base64
import hashlib
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from local.sign_in import CLIENT, PAGE, TOKEN, DevelopmentSignIn
from local.tokens import LocalIssuer

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
ASKED = {
    "client_id": CLIENT,
    "redirect_uri": "http://localhost/",
    "state": "s",
    "nonce": "n",
    "code_challenge": CHALLENGE.decode(),
}


@pytest.fixture
def issuer(tmp_path: Path) -> LocalIssuer:
    return LocalIssuer.kept_in(tmp_path, issuer="https://issuer.example/", audience="succotash")


@pytest.fixture
def browser(issuer: LocalIssuer) -> FlaskClient:
    app = Flask(__name__)
    scopes = {"overview:read", "ltv:read", "retention:read", "people:manage"}
    DevelopmentSignIn(issuer, scopes).serve_on(app)
    return app.test_client()


def code_for(browser: FlaskClient, role: str) -> str:
    answer = browser.post(PAGE, data=ASKED | {"role": role})
    sent_to = urlsplit(answer.headers["Location"])
    assert f"{sent_to.scheme}://{sent_to.netloc}{sent_to.path}" == ASKED["redirect_uri"]
    given = parse_qs(sent_to.query)
    assert given["state"] == ["s"]
    return given["code"][0]


def exchange(code: str, **changed: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "client_id": CLIENT,
        "redirect_uri": ASKED["redirect_uri"],
        "code": code,
        "code_verifier": VERIFIER,
    } | changed


def test_a_code_is_exchanged_once_for_a_token_with_the_roles_scopes(
    browser: FlaskClient, issuer: LocalIssuer
) -> None:
    code = code_for(browser, "viewer")
    answer = browser.post(TOKEN, data=exchange(code))

    assert answer.json is not None
    scope = issuer.verify(answer.json["access_token"])["scope"]
    assert scope == "ltv:read overview:read retention:read"
    assert browser.post(TOKEN, data=exchange(code)).status_code == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "another"},
        {"redirect_uri": "http://localhost/elsewhere"},
        {"client_id": "another"},
        {"grant_type": "refresh_token"},
    ],
)
def test_a_code_is_good_only_for_who_asked_for_it(
    browser: FlaskClient, changed: dict[str, str]
) -> None:
    code = code_for(browser, "admin")

    assert browser.post(TOKEN, data=exchange(code, **changed)).status_code == 400
    assert browser.post(TOKEN, data=exchange(code)).status_code == 400


@pytest.mark.parametrize(
    "changed", [{"redirect_uri": "https://evil.example/"}, {"client_id": "another"}]
)
def test_a_code_goes_to_no_other_page(browser: FlaskClient, changed: dict[str, str]) -> None:
    query = ASKED | {"code_challenge_method": "S256"} | changed

    assert browser.get(PAGE, query_string=query).status_code == 400
    assert browser.post(PAGE, data=ASKED | changed | {"role": "admin"}).status_code == 400


def test_a_sign_in_without_a_hashed_challenge_is_refused(browser: FlaskClient) -> None:
    query = ASKED | {"code_challenge_method": "plain"}

    assert browser.get(PAGE, query_string=query).status_code == 400
