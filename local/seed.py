"""Make a SQLite database with the demo data, scored: `python -m local.seed PATH`.

The functions under `sam local invoke` begin with a copy of it.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from local.demo import SCORED_AT, load, scheduled_event
from succotash.infrastructure.private_files import make_private_folder

ROOT = Path(__file__).resolve().parents[1]


def make_seed(path: Path) -> None:
    """Load and score the demo data in a new database, and then put it in the path's place."""
    path = path.resolve()
    make_private_folder(path.parent)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".seed-") as folder:
        database = Path(folder) / path.name
        os.environ |= {
            "SUCCOTASH_STORAGE": "sqlite",
            "SQLITE_PATH": str(database),
            "SQLITE_SEED": "",
            "MAIL_FROM": "Succotash <succotash@localhost>",  # without it no campaign is activated
            "POWERTOOLS_LOG_LEVEL": "WARNING",
            "POWERTOOLS_METRICS_DISABLED": "true",
        }
        from local.past_campaign import run_past_campaign
        from local.server import Gateway, Stack
        from local.tokens import LocalIssuer
        from succotash.container import container

        stack = Stack.read(ROOT / "template.yaml")
        issuer = LocalIssuer.kept_in(
            Path(folder) / "keys", issuer=stack.issuer, audience=stack.audience
        )
        gateway = Gateway(stack, issuer)
        load(gateway.call(issuer.issue(stack.all_scopes)), lambda _: None)
        event = scheduled_event(SCORED_AT)
        gateway.functions.invoke("ChurnScoring", json.dumps(event | {"step": "backfill"}))
        gateway.functions.invoke("ChurnScoring", json.dumps(event))
        run_past_campaign(container)
        container.close()
        database.replace(path)


def main(arguments: list[str]) -> int:
    """Make the seed where the only argument says; 2 without one."""
    if len(arguments) != 1:
        print("usage: python -m local.seed PATH", file=sys.stderr)
        return 2
    started = time.perf_counter()
    path = Path(arguments[0])
    make_seed(path)
    size = path.stat().st_size / 1e6
    print(f"{path}: {size:.1f} MB after {time.perf_counter() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
