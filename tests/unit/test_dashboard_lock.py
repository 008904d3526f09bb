"""The lock of the dashboard's packages: versions and hashes, and no address."""

import json
from pathlib import Path

LOCK = Path(__file__).resolve().parents[2] / "dashboard" / "package-lock.json"


def test_every_package_is_named_by_version_and_hash() -> None:
    packages = json.loads(LOCK.read_text("utf-8"))["packages"]
    own = packages.pop("")

    assert own["devDependencies"]
    assert [name for name, each in packages.items() if not each.get("version")] == []
    assert [name for name, each in packages.items() if not each.get("integrity")] == []


def test_no_address_is_in_the_lock() -> None:
    """`npm install` writes those of sponsors: take `funding` out again."""
    assert "://" not in LOCK.read_text("utf-8")
