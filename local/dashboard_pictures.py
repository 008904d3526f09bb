"""Take the pictures of `docs/dashboard/`: `python -m local.dashboard_pictures [NAME ...]`.

Serves the demo from an empty SQLite database, and takes each page wide and narrow, in light and in
dark, one screen each. With names, such as `risk` or `risk-narrow-dark`, only the pictures whose
names begin so. CHROMIUM names another browser.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from local.demo import CUSTOMER_EMAIL
from local.demo_data import LocalDemo
from local.past_campaign import CAMPAIGN_ID
from local.serving import CHROMIUM_SWITCHES, ROOT, serving, sqlite_in, workers_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = ROOT / "docs" / "dashboard"
SIZES = {"wide": (1180, 860), "narrow": (360, 740)}
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
COLOURS = 96
"""The colours of a picture: few enough that it stays small."""
A_MOMENT = 400
"""Milliseconds in which what was read last is drawn."""


def places(today: str, lead_id: str) -> Mapping[str, str]:
    """Addresses of the dashboard by the names of their pictures."""
    return {
        "today": today,
        "risk": "risk",
        "customer": "customers/customer_123",
        "campaigns": "campaigns",
        "campaign": f"campaigns/{CAMPAIGN_ID}",
        "new-campaign": "campaigns/new?risk=high",
        "retention": "retention",
        "value": "value",
        "costs": "costs?month=1997-03",
        "leads": "leads",
        "lead": f"leads/{lead_id}",
        "track-record": "track-record",
        "forms": "forms",
        "form-editor": "forms/contact/edit",
    }


def take(browser: "Browser", url: str, wanted: Mapping[str, str], begins: list[str]) -> int:
    """Take every picture that is wanted; how many."""
    taken = 0
    for size, (width, height) in SIZES.items():
        for scheme in SCHEMES:
            names = {
                f"{name}-{size}-{scheme}": place
                for name, place in wanted.items()
                if not begins or f"{name}-{size}-{scheme}".startswith(tuple(begins))
            }
            if not names:
                continue
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page.goto(f"{url}/")
            page.get_by_role("button", name="Sign in as admin").click()
            page.wait_for_selector("main figure")
            for name, place in names.items():
                page.evaluate("place => { location.hash = place }", f"#/{place}")
                page.wait_for_timeout(A_MOMENT)
                page.wait_for_load_state("networkidle")
                page.wait_for_selector("main [aria-busy=true]", state="detached")
                keep(page.screenshot(), FOLDER / f"{name}.png")
                taken += 1
            page.close()
    return taken


def keep(picture: bytes, path: Path) -> None:
    """Write a picture with few colours."""
    from PIL import Image

    with Image.open(BytesIO(picture)) as image:
        flat = image.convert("RGB")
        few = flat.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(path, optimize=True)


def pictures() -> Iterator[Path]:
    """The pictures in the folder."""
    return FOLDER.glob("*.png")


def main() -> int:
    """Serve the demo, take the pictures; 1 where Chromium is missing."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        print("Chromium is not on PATH; install it, or set CHROMIUM", file=sys.stderr)
        return 1
    begins = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving(folder, sqlite_in(folder)) as gateway:
            from playwright.sync_api import sync_playwright

            from succotash.container import container

            token = gateway.issue_token()
            demo = LocalDemo(gateway.call(token), gateway.functions.invoke, container)
            demo.load()
            workers = workers_of(gateway, folder)
            workers.take_events(), workers.relay()
            found = gateway.call(token)("POST", "/leads/search", {"email": CUSTOMER_EMAIL}).body
            lead_id = found["leads"][0]["lead_id"]
            FOLDER.mkdir(exist_ok=True)
            for old in [] if begins else list(pictures()):
                old.unlink()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=chromium, args=CHROMIUM_SWITCHES
                )
                url = f"http://127.0.0.1:{gateway.port}"
                taken = take(browser, url, places(demo.place().removeprefix("#/"), lead_id), begins)
                browser.close()
    size = sum(each.stat().st_size for each in pictures())
    print(f"{taken} pictures; {FOLDER.relative_to(ROOT)}: {size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
