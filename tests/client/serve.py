"""A local run for tests, in its own process: `python -m tests.client.serve FOLDER`.

As `DEMO=0 make run` on SQLite, without its lock and its terminal; it ends with its standard input.
"""

import os
import socket
import sys
from pathlib import Path

from local.background_workers import BackgroundWorkers, settings_of
from local.server import Gateway, Stack
from local.tokens import LocalIssuer

ROOT = Path(__file__).resolve().parents[2]


def main(folder: Path) -> None:
    """Serve until standard input ends; `.local/` of the folder holds what a login needs."""
    kept = folder / ".local"
    kept.mkdir()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        chosen = settings_of(kept, url, queues=False)
        os.environ |= chosen | {
            "SUCCOTASH_STORAGE": "sqlite",
            "SQLITE_PATH": str(kept / "succotash.db"),
            "POWERTOOLS_LOG_LEVEL": "WARNING",
            "POWERTOOLS_METRICS_DISABLED": "true",
        }
        stack = Stack.read(ROOT / "template.yaml")
        issuer = LocalIssuer.kept_in(kept / "keys", issuer=stack.issuer, audience=stack.audience)
        gateway = Gateway(stack, issuer)
        (kept / "token").write_text(gateway.issue_token())
        (kept / "env").write_text(f"PUBLIC_URL={url}\n")
        uploads = Path(chosen["ORDER_FILES"].removeprefix("file:"))
        bus = Path(chosen["EVENT_BUS"].removeprefix("file:"))
        gateway.take_uploads(uploads)
        workers = BackgroundWorkers(gateway.functions.invoke, None, bus, uploads)
        with gateway.listening(listener), workers.at_work():
            sys.stdout.write(f"{url}\n")
            sys.stdout.flush()
            sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
