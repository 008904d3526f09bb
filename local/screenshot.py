"""Take the README's picture of the hosted page: `python -m local.screenshot`.

Serves the demo's contact form from an empty SQLite database, fills it in with Chromium as a
visitor would, and writes `docs/images/hosted-page.png`. CHROMIUM names another browser.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from local.demo import load
from local.serving import CHROMIUM_SWITCHES, ROOT, serving, sqlite_in

PICTURE = ROOT / "docs" / "images" / "hosted-page.png"
WIDTH, HEIGHT = 660, 800
"""CSS pixels; the form is 576 wide."""
ANSWERS = {
    "First name": "Ada",
    "Last name": "Lovelace",
    "E-mail": "ada@example.com",
    "Company": "Analytical Engines Ltd",
    "How can we help?": "We would like a demo for a team of twelve.",
}
CHOICE = "A demo"


def take_screenshot(url: str, path: Path, chromium: str) -> None:
    """Fill in the contact form served at `url`, and write what a visitor sees as a PNG file."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_SWITCHES)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(f"{url}/f/contact")
        for label, answer in ANSWERS.items():
            page.get_by_label(label).fill(answer)
        page.get_by_label(CHOICE).check()
        page.evaluate("document.activeElement.blur()")  # a blinking cursor differs each time
        page.screenshot(path=path, full_page=True)
        browser.close()


def main() -> int:
    """Serve the form, take the picture; 1 where Chromium is missing."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        print("Chromium is not on PATH; install it, or set CHROMIUM", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving(folder, sqlite_in(folder)) as gateway:
            load(gateway.call(gateway.issue_token()), lambda _: None)
            PICTURE.parent.mkdir(exist_ok=True)
            take_screenshot(f"http://127.0.0.1:{gateway.port}", PICTURE, chromium)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
