"""What the Python client sends, waits for and writes piece by piece, against the real handlers."""

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, override

import httpx
import pytest
from flask import Flask

import bulk_import
from local.background_workers import BackgroundWorkers
from local.uploads import take_uploads
from succotash.infrastructure.files.uploads import PATH
from succotash_client import (
    ConflictError,
    EmptyFileError,
    RunFailedError,
    SuccotashClient,
    UnauthorizedError,
    WaitedTooLongError,
)
from succotash_client.credentials import Credentials, FileStore, KeptTokens
from tests.contexts import Context
from tests.http.gateway import Gateway

if TYPE_CHECKING:
    from succotash_client.client import ImportStep

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ORDERS = b"""customer_id,order_id,ordered_at,amount
ada,1,2024-05-01T12:00:00Z,49.90
ada,2,yesterday,5
"""


class Local(httpx.BaseTransport):
    """An API, and beside it the server that takes files."""

    def __init__(self, folder: Path) -> None:
        gateway = Gateway({"SUCCOTASH_STORAGE": "memory", "ORDER_FILES": f"file:{folder}"})
        app = Flask("uploads")
        take_uploads(app, folder)
        handler = bulk_import.importing(gateway.container)
        self._api = httpx.WSGITransport(app=gateway.wsgi)
        self._files = httpx.WSGITransport(app=app)
        self.workers = BackgroundWorkers(
            lambda _, event: json.dumps(handler(json.loads(event), Context(900_000))),
            None,
            uploads=folder,
        )

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        chosen = self._files if request.url.path == PATH else self._api
        return chosen.handle_request(request)


@pytest.fixture
def local(tmp_path: Path) -> Local:
    return Local(tmp_path)


@pytest.fixture
def client(local: Local) -> SuccotashClient:
    """While it waits, the import is done."""

    def work(_: float) -> None:
        local.workers.take_uploads()

    return SuccotashClient("http://127.0.0.1", "verified", transport=local, sleep=work)


def test_a_file_is_sent_and_its_import_followed_to_the_end(client: SuccotashClient) -> None:
    steps: list[ImportStep] = []

    report = client.import_file(io.BytesIO(ORDERS), watch=steps.append)

    assert (report["state"], report["recorded"], report["rejected"]) == ("finished", 1, 1)
    assert (len(ORDERS), len(ORDERS)) in steps
    assert [each["state"] for each in steps if not isinstance(each, tuple)] == [
        "queued",
        "finished",
    ]
    assert client.get_import(report["import_id"], limit=1)["problems"][0]["line"] == 3


def test_a_dry_run_knows_what_the_ledger_has(client: SuccotashClient) -> None:
    first = client.import_file(io.BytesIO(ORDERS), {"dry_run": True})
    client.import_file(io.BytesIO(ORDERS))
    second = client.import_file(io.BytesIO(ORDERS), {"dry_run": True})

    assert first["preview"] is not None
    assert second["preview"] is not None
    assert (first["preview"]["orders"], second["preview"]["orders"]) == (1, 0)
    assert (first["recorded"], second["recorded"], second["unchanged"]) == (1, 0, 1)


def test_an_empty_file_is_not_sent(client: SuccotashClient) -> None:
    with pytest.raises(EmptyFileError):
        client.import_file(io.BytesIO())


def test_a_run_is_asked_for_once_and_waited_for_so_long(client: SuccotashClient) -> None:
    run = client.request_run()

    with pytest.raises(ConflictError) as refused:
        client.request_run()
    assert refused.value.location is not None
    assert client.run(run["run_id"]) == run
    with pytest.raises(WaitedTooLongError):
        client.wait_for_run(run["run_id"], seconds=0)


def answering(*answers: httpx.Response, seen: list[httpx.Request] | None = None) -> SuccotashClient:
    """A client of what gives these answers, one after the other."""
    left = iter(answers)

    def respond(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return next(left)

    return SuccotashClient("http://127.0.0.1", "t", transport=httpx.MockTransport(respond))


def test_a_run_that_failed_says_why() -> None:
    failed = {"run_id": "r", "state": "failed", "failure": "no memory"}

    with pytest.raises(RunFailedError, match="no memory"):
        answering(httpx.Response(200, json=failed)).wait_for_run("r")


def test_an_export_in_parts_is_one_file_with_one_header() -> None:
    seen: list[httpx.Request] = []
    parts = [{"location": f"https://files/{n}", "next_cursor": c} for n, c in ((1, "c"), (2, None))]
    client = answering(
        httpx.Response(303, json=parts[0]),
        httpx.Response(200, content=b"id\na\nb\n"),
        httpx.Response(303, json=parts[1]),
        httpx.Response(200, content=b"id\nc\n"),
        seen=seen,
    )
    file = io.BytesIO()
    told: list[int] = []

    assert client.export_customers(file, risk="high", watch=told.append) == 3

    assert file.getvalue() == b"id\na\nb\nc\n"
    assert told == [2, 3]
    assert [each.url.params.get("cursor") for each in seen[::2]] == [None, "c"]
    assert [each.url.host for each in seen[1::2]] == ["files", "files"]
    assert "authorization" not in seen[1].headers


def test_an_export_of_the_handlers_is_whole(client: SuccotashClient) -> None:
    client.import_file(io.BytesIO(ORDERS))
    file = io.BytesIO()

    assert client.export_customers(file) == 1
    header, row = file.getvalue().splitlines()
    assert header.startswith(b'"customer_id","email"')
    assert row.startswith(b'"ada"')


def test_a_token_that_is_refused_is_renewed_once(tmp_path: Path) -> None:
    kept = FileStore(tmp_path / "credentials.json")
    old = Credentials("http://127.0.0.1", "old", token_url="http://issuer", refresh_token="r")
    tokens = KeptTokens(old, kept, lambda _: Credentials(old.url, "new"))
    sent: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["authorization"])
        is_new = sent[-1] == "Bearer new"
        return httpx.Response(200 if is_new else 401, json={"forms": []} if is_new else {})

    client = SuccotashClient(old.url, tokens, transport=httpx.MockTransport(respond))

    assert client.forms() == []
    assert sent == ["Bearer old", "Bearer new"]
    found = kept.read()
    assert found is not None
    assert found.access_token == "new"


def test_a_token_that_cannot_be_renewed_is_refused() -> None:
    with pytest.raises(UnauthorizedError):
        answering(httpx.Response(401, json={"message": "Unauthorized"})).forms()
