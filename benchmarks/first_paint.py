"""How soon *Today* shows its numbers to somebody signed in, against the hosted form page.

Run from the project's root after `make dashboard`: `python -m benchmarks.first_paint [LOADS]`; 15
loads of each by default, by turns, in Chromium (CHROMIUM names another browser), which a process of
its own drives: the demo is served from PostgreSQL by this one. Both are the largest contentful
paint, counted from the request of the page itself: the redirect from the issuer, which comes before
it, is left out. For *Today* it counts when the figures are on the screen, if that is later.
"""

import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from local.demo import SCORED_AT, load, scheduled_event
from local.serving import CHROMIUM_SWITCHES, HOST, serving
from tests.databases import environment_of, migrated_database
from tests.servers import embedded_postgres, folder_of_a_server

LOADS = 15
AIM = 1.5
WATCH = """
window.paints = {largest: 0, figures: 0};
new PerformanceObserver(list => {
  for (const each of list.getEntries()) paints.largest = each.startTime;
}).observe({type: "largest-contentful-paint", buffered: true});
const look = new MutationObserver(() => {
  if (paints.figures || !document.querySelector(".stat data")) return;
  look.disconnect();
  requestAnimationFrame(() => { setTimeout(() => { paints.figures = performance.now(); }); });
});
look.observe(document, {childList: true, subtree: true});
"""
PAINTED = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const since = moment => moment && moment - page.fetchStart;
  return {
    painted: since(Math.max(paints.largest, paints.figures)),
    page: since(page.responseEnd),
    scripts: since(page.domContentLoadedEventEnd),
    ...Object.fromEntries(performance.getEntriesByType("resource")
      .filter(each => !each.name.includes("/assets/"))
      .map(each => [new URL(each.name).pathname, since(each.responseEnd)])),
  };
}"""
STILL = 1500
"""Milliseconds after which nothing more is painted, and a new window has made its own parts."""


def form(browser: Browser, url: str) -> Mapping[str, float]:
    """One load of the hosted form."""
    with browser.new_context() as context:
        page = watched(context.new_page())
        page.wait_for_timeout(STILL)
        page.goto(f"{url}/f/contact")
        return painted(page)


def today(browser: Browser, url: str) -> Mapping[str, float]:
    """One load of the dashboard, as the issuer sends somebody back to it."""
    with browser.new_context() as context:
        page = watched(context.new_page())
        page.goto(f"{url}/")
        page.wait_for_timeout(STILL)
        page.get_by_role("button", name="Sign in as admin").click()
        page.wait_for_url(f"{url}/")
        return painted(page)


def watched(page: Page) -> Page:
    """A page that keeps when what was painted."""
    page.add_init_script(WATCH)
    return page


def painted(page: Page) -> Mapping[str, float]:
    """Milliseconds of the paint and of what came before it, once all of it is over."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(STILL)
    found: Mapping[str, float] = page.evaluate(PAINTED)
    return found


def measure(url: str, loads: int) -> None:
    """Print medians, and the ratio between them."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_SWITCHES)
        form(browser, url), today(browser, url)  # what is first asked for is imported then
        turns = [(form(browser, url), today(browser, url)) for _ in range(loads)]
        browser.close()
    both = [[each[side] for each in turns] for side in (0, 1)]
    for name, side in zip(("the form", "Today"), both, strict=True):
        print(f"{name}: {', '.join(medians(side))}")
    of_form, of_today = (statistics.median(each["painted"] for each in side) for side in both)
    print(f"{of_today / of_form:.2f} times as long; the aim is {AIM}")


def medians(side: list[Mapping[str, float]]) -> list[str]:
    """Each time with its name."""
    names = dict.fromkeys(name for each in side for name in each)
    return [
        f"{name} {statistics.median(each[name] for each in side if name in each):.0f} ms"
        for name in names
    ]


def main(loads: int = LOADS) -> None:
    """Serve the demo and measure."""
    with (
        folder_of_a_server() as data,
        embedded_postgres(data / "data") as server,
        migrated_database(server) as settings,
        tempfile.TemporaryDirectory() as folder,
        serving(
            Path(folder), {"SUCCOTASH_STORAGE": "postgres", **environment_of(settings)}
        ) as gateway,
    ):
        load(gateway.call(gateway.issue_token()), lambda _: None)
        gateway.functions.invoke("ChurnScoring", json.dumps(scheduled_event(SCORED_AT)))
        apart = get_context("spawn").Process(
            target=measure, args=(f"http://{HOST}:{gateway.port}", loads)
        )
        apart.start()
        apart.join()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
