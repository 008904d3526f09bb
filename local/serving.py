"""Serve the whole API from this process for a while: for tests in a browser, pictures, measuring.

`make run` serves what stays; what is served here is gone with its folder.
"""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from local.background_workers import BackgroundWorkers, settings_of
from local.sign_in import SETTINGS as SIGN_IN

if TYPE_CHECKING:
    from local.server import Gateway

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
QUIET = {"POWERTOOLS_LOG_LEVEL": "WARNING", "POWERTOOLS_METRICS_DISABLED": "true"}
CHROMIUM_SWITCHES = (
    "--no-sandbox",  # which Chromium refuses to root
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-features=OptimizationHints,MediaRouter",
)
"""Switches of a browser that asks nobody but us for anything."""


@contextmanager
def serving(folder: Path, storage: Mapping[str, str]) -> Iterator["Gateway"]:
    """The API on this storage, named by its settings, until the block ends; one at a time.

    E-mails, events and exports lie in the folder. Nothing happens by itself: see `workers_of`.
    """
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        messages = settings_of(folder, url, queues=False)
        own = {"FORM_TOKEN_KEYS": "a-key-that-nobody-guesses", **SIGN_IN, **QUIET}
        with _environment({**messages, **own, **storage}):
            from local.server import Gateway, Stack
            from local.tokens import LocalIssuer
            from succotash.container import container

            container.renew()  # it is this process's, and may know what was served before
            stack = Stack.read(ROOT / "template.yaml")
            keys = folder / "keys"
            issuer = LocalIssuer.kept_in(keys, issuer=stack.issuer, audience=stack.audience)
            gateway = Gateway(stack, issuer)
            try:
                with gateway.listening(listener):
                    yield gateway
            finally:
                container.renew()


def sqlite_in(folder: Path) -> dict[str, str]:
    """Settings of an empty SQLite storage in the folder."""
    return {"SUCCOTASH_STORAGE": "sqlite", "SQLITE_PATH": str(folder / "succotash.db")}


def workers_of(gateway: "Gateway", folder: Path) -> BackgroundWorkers:
    """The workers that dispatch campaigns and send e-mails of a deployment in this folder."""
    return BackgroundWorkers(gateway.functions.invoke, None, folder / "events.ndjson")


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
