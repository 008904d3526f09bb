"""The page behind the link in a mail, used by a real browser, and by a bare HTTP client."""

import http.client
from itertools import count

import pytest
from playwright.sync_api import Browser, Page

from local.demo import Call
from local.server import Gateway
from succotash.container import Container
from succotash.domain.values import CampaignId, Json

# SAM CLI calls what the libraries under it deprecate.
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

CAMPAIGN = CampaignId("01990000-0000-7000-8000-000000000001")
NUMBERS = count(1)


class Reader:
    """Somebody who said yes to mails, and the link of one."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.email = f"reader-{next(NUMBERS)}@example.org"
        assert call("POST", "/forms/default/submissions", {"email": self.email}).status == 201
        [self.lead_id] = [
            each["lead_id"]
            for each in call("GET", "/leads").body["leads"]
            if each["email"] == self.email
        ]
        yes: Json = {"purpose": "marketing", "state": "granted", "text": "Send me offers."}
        answer = call("PUT", f"/leads/{self.lead_id}/consents", {"consents": [yes]})
        assert answer.status == 200
        container = Container()
        self.path = f"/u/{container.get_unsubscriptions().token(self.email, CAMPAIGN)}"
        container.close()

    @property
    def holding(self) -> dict[str, str]:
        found = self._call("GET", f"/leads/{self.lead_id}/consents").body
        return {each["purpose"]: each["state"] for each in found["current"]}

    @property
    def suppressed(self) -> list[str]:
        found = self._call("GET", f"/leads/{self.lead_id}/consents").body
        return [each["purpose"] for each in found["suppressed"]]


@pytest.fixture
def reader(call: Call) -> Reader:
    return Reader(call)


@pytest.mark.parametrize(
    ("button", "word", "purpose"),
    [
        ("all of our marketing", "no more marketing", "marketing"),
        ("this campaign only", "from this campaign", f"campaign:{CAMPAIGN}"),
    ],
)
def test_a_person_unsubscribes_by_a_button(
    button: str, word: str, purpose: str, gateway: Gateway, page: Page, reader: Reader
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"http://127.0.0.1:{gateway.port}{reader.path}")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert reader.suppressed == []

    page.get_by_role("button", name=button).click()

    assert word in page.get_by_role("status").inner_text()
    assert page.url.endswith(reader.path)
    assert reader.holding[purpose] == "denied"
    assert reader.suppressed == [purpose]


def test_the_page_is_dark_where_the_browser_is_and_asks_for_nothing_elsewhere(
    gateway: Gateway, browser: Browser, reader: Reader
) -> None:
    own = f"http://127.0.0.1:{gateway.port}/"
    asked: list[str] = []
    complaints: list[str] = []
    shades = {}
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"http://127.0.0.1:{gateway.port}{reader.path}")
        page.wait_for_load_state("networkidle")
        shades[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert shades == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 22, 22)"}
    assert all(address.startswith(own) for address in asked)
    assert complaints == []
    assert reader.suppressed == []


def test_a_mail_program_unsubscribes_by_one_post(gateway: Gateway, reader: Reader) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port)
    connection.request(
        "POST",
        reader.path,
        body="List-Unsubscribe=One-Click",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()

    assert answer.status == 200
    assert answer.getheader("Location") is None
    assert answer.getheader("Set-Cookie") is None
    assert "You are unsubscribed" in body
    assert reader.holding == {"marketing": "denied"}
    assert reader.suppressed == ["marketing"]


def test_a_forged_link_says_so(gateway: Gateway, page: Page, reader: Reader) -> None:
    page.goto(f"http://127.0.0.1:{gateway.port}{reader.path}x")

    assert "This link does not work" in page.inner_text("h1")
    assert page.get_by_role("button").count() == 0
