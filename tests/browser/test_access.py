"""The dashboard for everybody: by keyboard, by screen reader, on a phone, in the dark, on paper."""

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from local.demo import Call
from local.server import Gateway
from tests.browser.visits import PAGES, Visit

# SAM CLI calls what the libraries under it deprecate.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

AXE = Path(__file__).resolve().parents[2] / "dashboard/node_modules/axe-core/axe.min.js"
MORE = (
    "customers/customer_123",
    "campaigns/new?risk=high",
    "forms/contact",
    "forms/contact/edit",
    "new-form",
    "costs",
)
PHONE, DESK = 360, 1280
EVERY_RULE = """() => axe
  .run({ rules: Object.fromEntries(axe.getRules().map(each => [each.ruleId, { enabled: true }])) })
  .then(found => found.violations)"""
"""Best practices, what is experimental and the strictest level of WCAG too."""
PAPER: ViewportSize = {"width": 718, "height": 1040}
"""What A4 leaves between its margins, in CSS pixels."""
WHITE = "rgb(255, 255, 255)"
MOST_STOPS = 40
"""Stops of the keyboard that are looked at on a page."""
STOP = """() => {
  const here = document.activeElement;
  const box = here.getBoundingClientRect();
  const style = getComputedStyle(here);
  return {
    name: here.textContent.trim().slice(0, 40) || here.id || here.tagName,
    isMarked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
    isSeen: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
    after: window.before && window.before !== here  // an input of a day has several stops
      ? Boolean(window.before.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_FOLLOWING)
      : true,
    isEnd: here === document.body,
    before: (window.before = here) && null,
  };
}"""
UNEVEN = """() => [...document.querySelectorAll("main table")]
  .map(each => [...each.rows].map(row => [...row.cells].filter(cell => cell.offsetWidth).length))
  .filter(cells => new Set(cells).size > 1)"""
"""Tables of whose rows some have lost a cell."""
TOO_WIDE = """() => [...document.querySelectorAll("main table, main svg")]
  .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
  .map(each => each.closest("figure")?.querySelector("h2")?.textContent ?? each.tagName)"""


def places(role: str, scored: Call) -> list[str]:
    """Addresses that a role may open, one of each kind of page."""
    campaign = scored("GET", "/retention/campaigns").body["campaigns"][0]["campaign_id"]
    lead = scored("GET", "/leads").body["leads"][0]["lead_id"]
    mine = ("forms", "leads") if role == "viewer" else ()
    return [
        each
        for each in (*PAGES, *MORE, f"campaigns/{campaign}", f"leads/{lead}")
        if not each.startswith(mine or "-")
        and not (role == "viewer" and each.startswith("campaigns/new"))
        and not (role != "admin" and each == "costs")
        and not (role != "admin" and each.startswith(("new-form", "forms/contact/edit")))
    ]


@pytest.mark.parametrize(
    ("role", "scheme", "width"),
    [
        ("admin", "light", PHONE),
        ("admin", "dark", PHONE),
        ("admin", "light", DESK),
        ("admin", "dark", DESK),
        ("viewer", "light", PHONE),
        ("marketer", "dark", PHONE),
    ],
)
def test_pages_have_no_fault_and_do_not_scroll_sideways(
    role: str,
    scheme: Literal["light", "dark"],
    width: int,
    gateway: Gateway,
    scored: Call,
    browser: Browser,
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 740}, color_scheme=scheme)
    visit = Visit(page, gateway)
    visit.sign_in(role)
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = {}
    for place in places(role, scored):
        visit.go(place)
        assert page.locator("main [role=alert]").count() == 0, place
        assert page.get_by_role("heading", name="Not allowed").count() == 0, place
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place
        for each in page.evaluate(EVERY_RULE):
            found[f"{place}: {each['id']}"] = each["nodes"][0]["html"][:200]
    assert found == {}


def test_pages_are_walked_through_by_keyboard(
    gateway: Gateway, scored: Call, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 1180, "height": 860})
    visit = Visit(page, gateway)
    for place in places("admin", scored):
        visit.sign_in("admin", place)  # from the top of the page on
        stops = walk(page)
        assert stops[0]["name"] == "Skip to content", place
        assert [each["name"] for each in stops if not each["isMarked"]] == [], place
        assert [each["name"] for each in stops if not each["isSeen"]] == [], place
        assert [each["name"] for each in stops if not each["after"]] == [], place


def walk(page: Page) -> list[dict[str, Any]]:
    """What the Tab key comes to, from the top of the page on."""
    stops = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop["isEnd"]:
            break
        stops.append(stop)
    return stops


def test_the_skip_link_leads_to_the_content(
    gateway: Gateway, scored: Call, browser: Browser
) -> None:
    assert scored("GET", "/health").status == 200
    page = browser.new_page()
    Visit(page, gateway).sign_in("viewer", "risk")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_on_paper_pages_are_light_and_nothing_is_cut_off(
    gateway: Gateway, scored: Call, browser: Browser
) -> None:
    page = browser.new_page(viewport=PAPER, color_scheme="dark")
    visit = Visit(page, gateway)
    visit.sign_in("admin")
    page.get_by_label("Theme").select_option("dark")
    assert page.evaluate("getComputedStyle(document.body.parentNode).backgroundColor") != WHITE
    for place in places("admin", scored):
        page.emulate_media(media="screen")
        visit.go(place)
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == WHITE
        assert page.get_by_role("navigation").count() == 0, place
        assert page.evaluate(TOO_WIDE) == [], place
        assert page.evaluate(UNEVEN) == [], place
