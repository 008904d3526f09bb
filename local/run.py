"""The whole of Succotash on this machine: `make run`.

Starts a PostgreSQL server (or takes SQLite or memory, by SUCCOTASH_STORAGE), loads the demo data
unless DEMO=0, and serves the template's routes. What it needs again lies in `.local/`.
"""

import fcntl
import os
import secrets
import shlex
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from local.demo import DemoError, Progress
from local.sign_in import SETTINGS as SIGN_IN
from succotash.errors import SuccotashError
from succotash.infrastructure.private_files import FOLDER, make_private_folder, private_opener
from succotash.settings import LOCAL_PASSWORD, Settings

if TYPE_CHECKING:
    from local.background_workers import BackgroundWorkers
    from local.server import Gateway

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".local"
DEFAULT_PORT = "3000"
LARGEST_PORT = 65535
BACKLOG = 128
HOST = "127.0.0.1"
NO_OTHER_SERVER = dict.fromkeys(
    ("DB_HOST", "DB_PORT", "DB_SECRET_ARN", "DB_IAM_AUTH", "DB_SSLMODE", "DB_PROXY"), ""
)
"""Empty means unset: whatever a shell was set to for another server does not count here."""
TRY = """\
curl -s {url}/ltv/customers/customer_123 \\
  -H "Authorization: Bearer $(cat .local/token)" | {json}

curl -s {url}/retention/customers/user_456 \\
  -H "Authorization: Bearer $(cat .local/token)" | {json}

curl -s {url}/forms/contact/submissions -H 'Content-Type: application/json' \\
  -d '{{"first_name": "Ada", "email": "ada@example.com", "company": "Example Ltd"}}' | {json}
"""

TRY_EMPTY = """
Nothing is loaded. Worth trying, from this folder:

. .venv/bin/activate
succotash login
succotash import FILE --dry-run
succotash doctor
"""


class LocalRunError(Exception):
    """The run cannot start; the sentence says why."""


class Steps:
    """Says what is being done, and how long it took once it is done."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()

    @contextmanager
    def step(self, name: str) -> Iterator[Progress]:
        """A step that may report its progress."""
        started = time.perf_counter()

        def show(progress: str = "") -> None:
            if self._is_terminal:
                print(f"\r\x1b[K  {name:<28} {progress}", end="", flush=True)

        show()
        yield show
        elapsed = time.perf_counter() - started
        print(f"{'\r\x1b[K' if self._is_terminal else ''}  {name:<28} {elapsed:6.1f} s", flush=True)


def main() -> int:
    """Run until interrupted; 1 with a sentence where it cannot start."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with ExitStack() as closing:
            _run(closing)
    except KeyboardInterrupt:
        print("\nStopped. The data stays in .local/.")
        return 0
    except (LocalRunError, SuccotashError, DemoError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _run(closing: ExitStack) -> None:
    started = time.perf_counter()
    settings = Settings.from_environment(os.environ | NO_OTHER_SERVER)
    has_demo = _has_demo(os.environ.get("DEMO") or "1")
    listener = closing.enter_context(_listen(os.environ.get("PORT") or DEFAULT_PORT))
    closing.enter_context(hold(KEPT))
    os.chdir(ROOT)
    print(f"Succotash on {settings.storage}\n")
    steps = Steps()

    chosen: dict[str, str] = {"SUCCOTASH_STORAGE": settings.storage}
    if settings.storage == "postgres":
        chosen |= _start_postgres(closing, steps, settings)
    elif settings.storage == "sqlite":
        chosen |= {"SQLITE_PATH": str(ROOT / settings.sqlite_path)}
    chosen |= _messages(settings, listener) | SIGN_IN
    os.environ.update(chosen)
    os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "WARNING")
    os.environ.setdefault("POWERTOOLS_METRICS_DISABLED", "true")  # nobody collects them here

    from local.demo_data import LocalDemo
    from local.demo_routes import add_demo_routes

    gateway, token = _make_gateway(steps, settings)
    from succotash.container import container

    url_file = KEPT / "postgres.url"
    admin_url = url_file.read_text("utf-8").strip() if settings.storage == "postgres" else None
    demo = LocalDemo(gateway.call(token), gateway.functions.invoke, container, admin_url)
    # Before the first request, after which the application takes no more routes.
    alone = gateway.functions.alone
    add_demo_routes(gateway.app, gateway.is_developer, alone, demo.load, demo.clear)
    gateway.take_uploads(_uploads(chosen))
    loaded = demo.load(steps.step) if has_demo else None
    place = demo.place() if has_demo else ""
    closing.callback(container.close)
    _write_env(chosen)
    closing.enter_context(gateway.listening(listener))
    closing.enter_context(_workers(gateway, chosen).at_work())
    url = f"http://{HOST}:{gateway.port}"
    if loaded is None:
        print(TRY_EMPTY)
    else:
        print(f"\n{loaded}\n\nWorth trying, from this folder:\n")
        print(TRY.format(url=url, json=".venv/bin/python -m json.tool"))
        print(f"A form to fill in: {url}/f/contact")
    print(f"The dashboard: {url}/{place}")
    print("A token for every route: .local/token    Settings for a shell: .local/env")
    print("E-mails, also of the active campaign: .local/mail/    Events: .local/events.ndjson")
    elapsed = time.perf_counter() - started
    print(f"\nReady after {elapsed:.1f} s. Ctrl-C stops everything.", flush=True)
    while True:
        signal.pause()


def _interrupt(_: int, __: FrameType | None) -> None:
    """Stop once: what follows the first signal must not disturb the cleaning up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _has_demo(text: str) -> bool:
    """Whether the demo data is wanted."""
    if text not in {"0", "1"}:
        raise LocalRunError("DEMO must be 0 or 1")
    return text == "1"


def _listen(port: str) -> socket.socket:
    """A socket on the port, taken before anything else starts."""
    if not port.isdecimal() or int(port) > LARGEST_PORT:
        raise LocalRunError("PORT must be a number up to 65535")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, int(port)))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        sentence = f"port {port} cannot be used ({error.strerror}); set PORT to another one"
        raise LocalRunError(sentence) from error
    return listener


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold the folder of a run's files, which one run at a time may use."""
    _close_to_others(folder)
    with open(folder / "lock", "w", opener=private_opener) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LocalRunError("another `make run` is using .local/; stop it first") from error
        yield


def _close_to_others(folder: Path) -> None:
    """Let only the owner into the folder and what is in it, also where an earlier run did not."""
    make_private_folder(folder)
    for each in (folder, *folder.iterdir()):
        if not each.is_symlink():
            each.chmod(each.stat().st_mode & FOLDER)


def _start_postgres(closing: ExitStack, steps: Steps, settings: Settings) -> dict[str, str]:
    """Start the server, bring its schema up to date, and say how functions reach it."""
    from local.postgres import LocalServerError, local_postgres
    from local.setup_postgres_db import Plan, set_up

    with steps.step("Starting PostgreSQL"):
        server = local_postgres(KEPT / "postgres", KEPT / "postgres.url")
        try:
            admin_url = closing.enter_context(server)
        except LocalServerError as error:
            raise LocalRunError(str(error)) from error
    with steps.step("Setting up its database"):
        password = settings.db_password or LOCAL_PASSWORD
        made = set_up(admin_url, Plan(settings.db_name, settings.db_user, password))
    return NO_OTHER_SERVER | {
        "DB_HOST": made.host,
        "DB_PORT": str(made.port),
        "DB_NAME": made.database,
        "DB_USER": made.user,
        "DB_PASSWORD": password,
    }


def _messages(settings: Settings, listener: socket.socket) -> dict[str, str]:
    """Settings by which messages, e-mails and queued submissions stay on this machine."""
    from local.background_workers import settings_of
    from local.tokens import write_private

    key = KEPT / "form_token_key"
    if not key.exists():
        write_private(key, secrets.token_urlsafe(32).encode())
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    # SQLite and memory are away only with the whole process.
    given = settings_of(KEPT, url, queues=settings.storage == "postgres")
    return given | {"FORM_TOKEN_KEYS": key.read_text()}


def _workers(gateway: "Gateway", chosen: Mapping[str, str]) -> "BackgroundWorkers":
    from local.background_workers import BackgroundWorkers
    from succotash.infrastructure.files.submission_queue import FileSubmissionQueue

    place = chosen.get("PARKING_QUEUE_URL", "").removeprefix("file:")
    queue = FileSubmissionQueue(Path(place)) if place else None
    bus = Path(chosen["EVENT_BUS"].removeprefix("file:"))
    return BackgroundWorkers(gateway.functions.invoke, queue, bus, _uploads(chosen))


def _uploads(chosen: Mapping[str, str]) -> Path:
    """The place for files that are imported."""
    return Path(chosen["ORDER_FILES"].removeprefix("file:"))


def _make_gateway(steps: Steps, settings: Settings) -> "tuple[Gateway, str]":
    """The template's API, and a token that opens every route of it."""
    with steps.step("Reading template.yaml"):
        from local.server import Gateway, Stack
        from local.tokens import LocalIssuer, write_private

        stack = Stack.read(ROOT / "template.yaml", {"ScopePrefix": settings.scope_prefix})
        issuer = LocalIssuer.kept_in(KEPT / "keys", issuer=stack.issuer, audience=stack.audience)
        gateway = Gateway(stack, issuer)
        token = gateway.issue_token()
        write_private(KEPT / "token", token.encode())
        return gateway, token


def _write_env(chosen: Mapping[str, str]) -> None:
    """Settings by which `from succotash.container import container` meets the same data."""
    from local.containers import write_container_settings
    from local.tokens import write_private

    lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in chosen.items() if value)
    write_private(KEPT / "env", lines.encode())
    if chosen["SUCCOTASH_STORAGE"] == "postgres":
        write_container_settings(KEPT / "containers.json", chosen)


if __name__ == "__main__":
    sys.exit(main())
