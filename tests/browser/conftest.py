"""A real browser, and the whole API on PostgreSQL as make run serves it."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from local.demo import CONTACT, CONTACT_FORM, SCORED_AT, Call, load, scheduled_event
from local.server import Gateway
from local.serving import CHROMIUM_SWITCHES, serving
from tests.databases import environment_of, migrated_database
from tests.servers import PostgresServer

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where e-mails, events and exports of the module's deployment lie."""
    return tmp_path_factory.mktemp("deployment")


@pytest.fixture(scope="module")
def gateway(postgres_server: PostgresServer, folder: Path) -> Iterator[Gateway]:
    """The whole API on an empty database of its own."""
    with migrated_database(postgres_server) as settings:
        storage = {"SUCCOTASH_STORAGE": "postgres", **environment_of(settings)}
        with serving(folder, storage) as gateway:
            yield gateway


@pytest.fixture(scope="module")
def call(gateway: Gateway) -> Call:
    """Requests with every scope, after the demo's form is there."""
    call = gateway.call(gateway.issue_token())
    assert call("PUT", f"/forms/{CONTACT}", CONTACT_FORM).status == 200
    return call


@pytest.fixture(scope="module")
def scored(gateway: Gateway, call: Call) -> Call:
    """The same where the demo is loaded and scored."""
    load(call, lambda _: None)
    gateway.functions.invoke("ChurnScoring", json.dumps(scheduled_event(SCORED_AT)))
    return call


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole session; each test has windows of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The browser, whose windows are closed after the test."""
    yield chromium
    for context in chromium.contexts:
        context.close()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Page:
    """A window with or without scripts."""
    return browser.new_page(java_script_enabled=request.param)
