"""Take the pictures of `docs/dashboard/`: `python -m local.dashboard_pictures URL`.

URL is where `make run` serves; `make screenshot` takes the one of the hosted page. CHROMIUM names
another browser.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "dashboard"
WIDE, NARROW = (1180, 860), (360, 740)
SUMMER = "campaigns/00bf8c1c-0000-7000-8000-000000001998"
PICTURES: tuple[tuple[str, str, tuple[int, int], Literal["light", "dark"]], ...] = (
    ("today-wide-light", "", WIDE, "light"),
    ("risk-wide-light", "risk", WIDE, "light"),
    ("risk-narrow-dark", "risk", NARROW, "dark"),
    ("retention-wide-dark", "retention", WIDE, "dark"),
    ("campaign-narrow-light", SUMMER, NARROW, "light"),
    ("track-record-wide-light", "track-record", WIDE, "light"),
)
"""Name, place, size and colours; one screen each, so that they stay small."""


def main() -> int:
    """Write every picture; 1 where no address or no Chromium is given."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None or len(sys.argv) != 2:  # noqa: PLR2004 - the program and its argument
        print("give the address of make run; Chromium must be on PATH", file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, place, (width, height), scheme in PICTURES:
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page.goto(f"{sys.argv[1]}/#/{place}")
            page.get_by_role("button", name="Sign in as admin").click()
            page.wait_for_selector("main figure")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=FOLDER / f"{name}.png")
            page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
