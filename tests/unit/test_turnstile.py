"""Asking Cloudflare about a challenge: a real server answers in its place."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import override
from urllib.parse import parse_qs
from uuid import UUID

import pytest

from succotash.domain.intake.spam import ChallengeState
from succotash.errors import SettingsError, StorageUnavailableError
from succotash.infrastructure.turnstile import Turnstile
from tests.servers import free_port

REQUEST = UUID("0190a5c2-0000-4000-8000-000000000001")
SECRETS = {"arn:secret": "the secret's value"}


class Cloudflare:
    """Answers every question with the same bytes, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer = b'{"success": true}'
        self.status = 200
        self.pause = 0.0
        self.asked: list[dict[str, list[str]]] = []
        self.url = ""

    def turnstile(self, timeout: float = 2.0) -> Turnstile:
        return Turnstile(SECRETS.__getitem__, url=self.url, timeout=timeout)


@contextmanager
def running(cloudflare: Cloudflare) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            cloudflare.asked.append(parse_qs(body))
            time.sleep(cloudflare.pause)
            self.send_response(cloudflare.status)
            self.end_headers()
            self.wfile.write(cloudflare.answer)

        @override
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        cloudflare.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def cloudflare() -> Iterator[Cloudflare]:
    made = Cloudflare()
    with running(made):
        yield made


def test_a_visitor_who_passed_is_let_through(cloudflare: Cloudflare) -> None:
    state = cloudflare.turnstile().verify("arn:secret", "a response & more", "192.0.2.1", REQUEST)
    assert state is ChallengeState.PASSED
    assert cloudflare.asked == [
        {
            "secret": ["the secret's value"],
            "response": ["a response & more"],
            "idempotency_key": [str(REQUEST)],
            "remoteip": ["192.0.2.1"],
        }
    ]


def test_an_address_that_is_not_known_is_not_sent(cloudflare: Cloudflare) -> None:
    cloudflare.turnstile().verify("arn:secret", "response", None, REQUEST)
    assert "remoteip" not in cloudflare.asked[0]


@pytest.mark.parametrize("code", ["invalid-input-response", "timeout-or-duplicate"])
def test_a_visitor_who_did_not_pass_failed(cloudflare: Cloudflare, code: str) -> None:
    cloudflare.answer = json.dumps({"success": False, "error-codes": [code]}).encode()
    assert cloudflare.turnstile().verify("arn:secret", "x", None, REQUEST) is ChallengeState.FAILED


@pytest.mark.parametrize(
    "answer",
    [
        b'{"success": false, "error-codes": ["invalid-input-secret"]}',
        b'{"success": false, "error-codes": ["internal-error"]}',
        b'{"success": "yes"}',
        b"[]",
        b"not json",
        b"\xff",
        b"",
    ],
)
def test_an_answer_that_says_nothing_of_the_visitor_is_no_answer(
    cloudflare: Cloudflare, answer: bytes
) -> None:
    cloudflare.answer = answer
    assert cloudflare.turnstile().verify("arn:secret", "x", None, REQUEST) is ChallengeState.UNKNOWN


def test_a_failing_service_is_no_answer(cloudflare: Cloudflare) -> None:
    cloudflare.status = 503
    assert cloudflare.turnstile().verify("arn:secret", "x", None, REQUEST) is ChallengeState.UNKNOWN


def test_a_slow_service_is_not_waited_for(cloudflare: Cloudflare) -> None:
    cloudflare.pause = 1.0
    began = time.monotonic()
    state = cloudflare.turnstile(timeout=0.1).verify("arn:secret", "x", None, REQUEST)
    assert state is ChallengeState.UNKNOWN
    assert time.monotonic() - began < cloudflare.pause


def test_nobody_there_is_no_answer() -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    lonely = Turnstile(SECRETS.__getitem__, url=url, timeout=1.0)
    assert lonely.verify("arn:secret", "x", None, REQUEST) is ChallengeState.UNKNOWN


@pytest.mark.parametrize(
    "error", [StorageUnavailableError("no secret"), SettingsError("a secret is binary")]
)
def test_without_its_secret_nothing_is_asked(error: Exception, cloudflare: Cloudflare) -> None:
    def out_of_reach(_: str) -> str:
        raise error

    turnstile = Turnstile(out_of_reach, url=cloudflare.url)
    assert turnstile.verify("arn:secret", "x", None, REQUEST) is ChallengeState.UNKNOWN
    assert cloudflare.asked == []
