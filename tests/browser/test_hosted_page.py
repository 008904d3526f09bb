"""The hosted page, filled in by a real browser, with the answer found behind the API."""

import pytest
from playwright.sync_api import Browser, Page

from local.demo import Call
from local.server import Gateway
from succotash.domain.values import Json

# SAM CLI calls what the libraries under it deprecate.
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

A_PERSONS_TIME = 2_100
"""Milliseconds: who is quicker is taken for a robot."""


def test_a_person_fills_in_the_hosted_page_and_becomes_a_lead(
    gateway: Gateway, call: Call, page: Page, request: pytest.FixtureRequest
) -> None:
    email = f"grace-{'without' in request.node.name}@example.org".lower()
    page.goto(f"http://127.0.0.1:{gateway.port}/f/contact")
    page.get_by_label("First name").fill("Grace")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Company").fill("Käserei & Söhne <GmbH>")
    page.get_by_label("How can we help?").fill("Two lines\nof a message.")
    page.wait_for_timeout(A_PERSONS_TIME)
    page.get_by_role("button").click()
    page.wait_for_url("**/f/contact/thanks")

    assert "thank" in page.inner_text("body").lower()
    leads = call("GET", "/leads").body["leads"]
    [lead] = [each for each in leads if each["email"] == email]
    assert lead["first_name"] == "Grace"
    assert lead["company"] == "Käserei & Söhne <GmbH>"


def test_a_person_corrects_what_only_the_server_finds_wrong(
    gateway: Gateway, call: Call, page: Page
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"http://127.0.0.1:{gateway.port}/f/contact?utm_source=newsletter")
    page.get_by_label("First name").fill("Mary")
    page.get_by_label("E-mail").fill("mary@example")  # enough for a browser
    page.get_by_role("button").click()
    page.wait_for_url("**/forms/contact/submissions")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    assert "Invalid e-mail address" in page.inner_text("body")
    assert page.locator("[role=alert]:focus").count() == 1
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#field-email")
    assert page.get_by_label("First name").input_value() == "Mary"
    page.get_by_label("E-mail").fill("mary@example.org")
    page.wait_for_timeout(A_PERSONS_TIME)
    page.get_by_role("button").click()
    page.wait_for_url("**/f/contact/thanks")

    leads = call("GET", "/leads").body["leads"]
    [lead] = [each for each in leads if each["email"] == "mary@example.org"]
    assert lead["first_name"] == "Mary"
    assert lead["source"] == "newsletter"


WORKSHOP: dict[str, Json] = {
    "title": "Workshop",
    "fields": [
        {"name": "email", "label": "E-mail", "kind": "email", "required": True},
        {
            "name": "days",
            "label": "Which days?",
            "kind": "choices",
            "choices": ["Monday", "Tuesday", "Friday"],
            "required": True,
        },
    ],
    "consent_text": "I agree to the terms at https://example.com/terms.",
}


def test_a_person_ticks_several_boxes_and_agrees(gateway: Gateway, call: Call, page: Page) -> None:
    assert call("PUT", "/forms/workshop", WORKSHOP).status == 200
    before = len(call("GET", "/forms/workshop/submissions").body["submissions"])
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"http://127.0.0.1:{gateway.port}/f/workshop")
    page.get_by_label("E-mail").fill(f"linus{before}@example.org")
    page.wait_for_timeout(A_PERSONS_TIME)
    page.get_by_role("button").click()
    assert page.url.endswith("/f/workshop")  # the browser asks for the consent

    page.get_by_label("I agree").check()
    page.get_by_role("button").click()
    page.wait_for_url("**/forms/workshop/submissions")
    page.get_by_role("link", name="Which days?: Required").click()
    assert page.url.endswith("#field-days")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    days = page.get_by_role("group", name="Which days?")
    days.get_by_label("Monday").check()
    days.get_by_label("Friday").check()
    assert page.get_by_label("I agree").is_checked()
    page.get_by_role("button").click()
    page.wait_for_url("**/f/workshop/thanks")

    stored = call("GET", "/forms/workshop/submissions").body["submissions"]
    assert len(stored) == before + 1
    assert stored[0]["answers"]["days"] == ["Monday", "Friday"]
    assert stored[0]["consent"] == WORKSHOP["consent_text"]


def test_the_page_asks_the_browser_for_what_the_form_requires(
    gateway: Gateway, call: Call, page: Page
) -> None:
    before = len(call("GET", "/leads").body["leads"])
    page.goto(f"http://127.0.0.1:{gateway.port}/f/contact")
    page.get_by_label("E-mail").fill("not an address")
    page.get_by_role("button").click()

    assert page.url.endswith("/f/contact")
    assert len(call("GET", "/leads").body["leads"]) == before


def test_the_page_asks_for_nothing_from_anywhere_else(
    gateway: Gateway, call: Call, browser: Browser
) -> None:
    assert call("GET", "/forms/contact").status == 200
    own = f"http://127.0.0.1:{gateway.port}/"
    asked: list[str] = []
    complaints: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{own}f/contact")
    page.wait_for_load_state("networkidle")

    assert all(address.startswith(own) for address in asked)
    assert complaints == []
