"""Logging in: by a browser, as a program, and what is kept of it."""

import base64
import hashlib
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from succotash_client import oauth
from succotash_client.credentials import (
    Credentials,
    FileStore,
    KeptTokens,
    LoginError,
    checked_url,
    current,
)

ISSUER = "https://issuer.example.com"
ASKED = Credentials("https://api.example.com", client_id="client")


class AnIssuer:
    """An issuer that gives a token to whom proves the code's challenge, or knows the secret."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.challenge = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("openid-configuration"):
            found = {
                "authorization_endpoint": f"{ISSUER}/authorize",
                "token_endpoint": f"{ISSUER}/token",
            }
            return httpx.Response(200, json=found)
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        self.forms.append(form)
        if form["grant_type"] == "authorization_code":
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            proved = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if proved != self.challenge:
                return httpx.Response(400, json={"error": "invalid_grant"})
        if form["grant_type"] == "client_credentials" and "authorization" not in request.headers:
            return httpx.Response(401, json={"error": "invalid_client"})
        given = {"access_token": f"token{len(self.forms)}", "expires_in": 3600}
        return httpx.Response(200, json=given | {"refresh_token": "refresh"})


@pytest.fixture
def issuer() -> AnIssuer:
    return AnIssuer()


@pytest.fixture
def http(issuer: AnIssuer) -> Iterator[httpx.Client]:
    with httpx.Client(transport=httpx.MockTransport(issuer)) as client:
        yield client


def test_a_browser_brings_the_code_and_the_verifier_proves_it(
    http: httpx.Client, issuer: AnIssuer
) -> None:
    answers: list[int] = []

    def browse(address: str) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        issuer.challenge = query["code_challenge"]
        back = urlsplit(query["redirect_uri"])
        place = f"http://127.0.0.1:{back.port}/callback"

        def come_back() -> None:
            forged = httpx.get(place, params={"code": "forged", "state": "another"})
            honest = httpx.get(place, params={"code": "code", "state": query["state"]})
            answers.extend((forged.status_code, honest.status_code))

        threading.Thread(target=come_back).start()

    found = oauth.log_in_by_browser(
        http, oauth.Issuer.discover(http, ISSUER), ASKED, port=0, browse=browse
    )

    assert (found.access_token, found.refresh_token) == ("token1", "refresh")
    assert issuer.forms[0]["code"] == "code"
    deadline = time.monotonic() + 5
    while len(answers) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert answers == [404, 200]


def test_a_program_logs_in_by_its_secret_and_renews_by_it(
    http: httpx.Client, tmp_path: Path
) -> None:
    asked = Credentials(
        "https://api.example.com",
        token_url=f"{ISSUER}/token",
        client_id="client",
        client_secret="secret",
    )
    store = FileStore(tmp_path / "succotash" / "credentials.json")
    expired = Credentials(
        asked.url,
        access_token="old",
        expires_at=1,
        token_url=asked.token_url,
        client_id="client",
        client_secret="secret",
    )

    tokens = KeptTokens(expired, store, lambda old: oauth.renew(http, old))

    assert tokens.token() == "token1"
    kept = store.read()
    assert kept is not None
    assert kept.access_token == "token1"
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert [each.name for each in store.path.parent.iterdir()] == ["credentials.json"]


def test_a_refused_login_says_why(http: httpx.Client) -> None:
    asked = Credentials("https://api.example.com", token_url=f"{ISSUER}/token")
    with pytest.raises(LoginError, match="invalid_grant"):
        oauth._with_token(  # noqa: SLF001 - what both ways end with
            http, asked, {"grant_type": "authorization_code", "code_verifier": "wrong"}
        )


def test_the_environment_comes_before_what_is_kept(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "credentials.json")
    store.write(Credentials("https://kept.example.com", access_token="kept"))

    both = current({"SUCCOTASH_URL": "https://x.example.com", "SUCCOTASH_TOKEN": "t"}, store)
    for wrong in ("t\nt", "t t", "té"):
        with pytest.raises(LoginError, match="SUCCOTASH_TOKEN is no token"):
            current({"SUCCOTASH_TOKEN": wrong}, store)
    other = current({"SUCCOTASH_URL": "https://x.example.com/"}, store)

    assert current({}, store).access_token == "kept"
    assert (both.url, both.access_token) == ("https://x.example.com", "t")
    assert (other.url, other.access_token) == ("https://x.example.com", "")


@pytest.mark.parametrize("url", ["http://api.example.com", "ftp://127.0.0.1", "api.example.com"])
def test_a_token_does_not_travel_in_the_open(url: str) -> None:
    with pytest.raises(LoginError):
        checked_url(url)
