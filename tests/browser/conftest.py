"""A real browser, and the whole API as make run serves it."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from local.demo import Call, load
from local.server import Gateway, Stack
from local.sign_in import SETTINGS as SIGN_IN
from local.tokens import LocalIssuer

PROJECT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",  # which Chromium refuses to root
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-features=OptimizationHints,MediaRouter",
)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The whole API on an empty storage of its own, as make run serves it."""
    folder = tmp_path_factory.mktemp("browser")
    settings = {
        "SUCCOTASH_STORAGE": "sqlite",
        "SQLITE_PATH": str(folder / "succotash.db"),
        "FORM_TOKEN_KEYS": "a-key-that-nobody-guesses",
        "MAIL_FROM": "Succotash <succotash@localhost>",
        **SIGN_IN,
    }
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(name, value)
        stack = Stack.read(PROJECT / "template.yaml")
        issuer = LocalIssuer.kept_in(folder / "keys", issuer=stack.issuer, audience=stack.audience)
        gateway = Gateway(stack, issuer)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            with gateway.listening(listener):
                yield gateway


@pytest.fixture(scope="module")
def call(gateway: Gateway) -> Call:
    """Requests with every scope, after the demo's forms are there."""
    call = gateway.call(gateway.issue_token())
    load(call, lambda _: None)
    return call


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser.new_page(java_script_enabled=request.param)
        browser.close()
