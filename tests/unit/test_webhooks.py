"""Calls of webhooks: a real server answers, by http and by https."""

import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pytest

from succotash.domain.messages.webhooks import Webhook, WebhookRules
from succotash.domain.repositories.delivery import WebhookFailedError
from succotash.domain.values import MessageId
from succotash.errors import StorageUnavailableError
from succotash.infrastructure.webhooks import REST, HttpWebhooks
from tests.builders import NOON, minutes
from tests.receivers import HOST, Receiver, certified, receiving

KEY = b"a key of webhooks that nobody guesses"
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
LOCAL = WebhookRules(loopback=True)
BODY = json.dumps({"type": "campaign.message"})


class Caller:
    """Calls as of a time that a test sets, at addresses that it says."""

    def __init__(self, *, rules: WebhookRules = LOCAL, tls: ssl.SSLContext | None = None) -> None:
        self.now = NOON
        self.addresses = ["127.0.0.1"]
        self.secret = SECRET
        self.lookups = 0
        self.webhooks = HttpWebhooks(
            self.give_secret,
            rules,
            resolve=self.resolve,
            clock=lambda: self.now,
            timeout=0.5,
            tls=(lambda: tls) if tls else ssl.create_default_context,
        )

    def give_secret(self) -> str:
        if not self.secret:
            raise StorageUnavailableError("secrets")
        return self.secret

    def resolve(self, host: str, port: int) -> Sequence[IPv4Address | IPv6Address]:
        self.lookups += 1
        assert (host, port > 0) == (HOST, True)
        return [ip_address(each) for each in self.addresses]

    def call(self, receiver: Receiver, scheme: str = "http", message_id: str = "m1") -> None:
        url = f"{scheme}://{HOST}:{receiver.port}/hook?a=b"
        self.webhooks.call(Webhook(url, MessageId(message_id), BODY))

    def failure(self, receiver: Receiver, scheme: str = "http") -> WebhookFailedError:
        with pytest.raises(WebhookFailedError) as found:
            self.call(receiver, scheme)
        return found.value


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def caller() -> Caller:
    return Caller()


def test_a_receiver_gets_one_call_that_it_can_verify(caller: Caller, receiver: Receiver) -> None:
    caller.call(receiver)
    [call] = receiver.calls
    assert (call.path, call.body.decode()) == ("/hook?a=b", BODY)
    assert call.headers["content-type"] == "application/json"
    assert call.headers["host"] == f"{HOST}:{receiver.port}"
    timestamp = call.headers["webhook-timestamp"]
    assert (call.headers["webhook-id"], timestamp) == ("m1", str(int(NOON.timestamp())))
    signed = f"m1.{timestamp}.".encode() + call.body
    signature = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert call.headers["webhook-signature"] == f"v1,{signature}"


def test_a_repetition_has_the_same_id_and_its_own_time(caller: Caller, receiver: Receiver) -> None:
    receiver.status = 500
    caller.failure(receiver)
    caller.now += minutes(1)
    receiver.status = 200
    caller.call(receiver)
    first, second = receiver.calls
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]


def test_by_https_the_receiver_proves_its_name(tmp_path: Path) -> None:
    server, client = certified(tmp_path)
    with receiving(server) as receiver:
        Caller(tls=client).call(receiver, "https")
        assert len(receiver.calls) == 1
        # Without that authority nothing is sent.
        failure = Caller().failure(receiver, "https")
        assert failure.reason == "the receiver: SSLCertVerificationError"
        assert len(receiver.calls) == 1


def test_what_was_checked_is_what_is_called(caller: Caller, receiver: Receiver) -> None:
    """A name that leads elsewhere a moment later changes nothing: it is looked up once."""
    caller.call(receiver)
    assert (caller.lookups, len(receiver.calls)) == (1, 1)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "fd00:ec2::254"])
def test_a_name_that_leads_to_a_private_address_by_now_is_not_called(
    address: str, receiver: Receiver
) -> None:
    caller = Caller(rules=WebhookRules(frozenset({receiver.port})))
    caller.addresses = ["1.1.1.1", address]
    failure = caller.failure(receiver, "https")
    assert failure.reason == "the webhook's address: Must not lead to a private or reserved network"
    assert (receiver.calls, failure.is_gone) == ([], False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int, caller: Caller, receiver: Receiver) -> None:
    with receiving() as other:
        receiver.status = status
        receiver.headers = {"Location": f"http://127.0.0.1:{other.port}/"}
        assert caller.failure(receiver).reason == f"the receiver answered {status}"
        assert other.calls == []
    assert len(receiver.calls) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 410, 500])
def test_only_success_counts(status: int, caller: Caller, receiver: Receiver) -> None:
    receiver.status = status
    failure = caller.failure(receiver)
    assert failure.reason == f"the receiver answered {status}"
    assert failure.is_gone is (status == 410)
    receiver.status = 200
    caller.call(receiver)  # at once: the receiver is there


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("120", NOON + minutes(2)),
        (format_datetime(NOON + minutes(5), usegmt=True), NOON + minutes(5)),
        ("99999999", NOON + timedelta(days=1)),
        ("-5", NOON),
        ("soon", None),
    ],
)
def test_retry_after_is_honoured_within_reason(
    asked: str, expected: datetime | None, caller: Caller, receiver: Receiver
) -> None:
    receiver.status, receiver.headers = 429, {"Retry-After": asked}
    assert caller.failure(receiver).retry_at == expected


def test_a_receiver_that_is_overloaded_is_left_alone(caller: Caller, receiver: Receiver) -> None:
    receiver.status, receiver.headers = 503, {"Retry-After": "60"}
    caller.failure(receiver)
    receiver.status = 200
    caller.now += timedelta(seconds=59)
    failure = caller.failure(receiver)
    assert (failure.reason, failure.retry_at) == (
        "calls to the receiver are paused",
        NOON + minutes(1),
    )
    assert len(receiver.calls) == 1
    caller.now += timedelta(seconds=1)
    caller.call(receiver)
    assert len(receiver.calls) == 2


@pytest.mark.parametrize("slowness", ["silent", "dripping"])
def test_a_slow_receiver_is_waited_for_no_longer_than_set(
    slowness: str, caller: Caller, receiver: Receiver
) -> None:
    receiver.pause, receiver.drips = (2.0, False) if slowness == "silent" else (0.0, True)
    began = time.monotonic()
    assert caller.failure(receiver).reason == "the receiver: TimeoutError"
    assert time.monotonic() - began < 1.5
    assert caller.failure(receiver).retry_at == NOON + REST


def test_an_endless_answer_is_not_read(caller: Caller, receiver: Receiver) -> None:
    receiver.headers = {"X-Long": "x" * 40_000}
    assert caller.failure(receiver).reason == "the receiver: HTTPException"


def test_nobody_there_is_a_failure(caller: Caller) -> None:
    with receiving() as gone:
        pass
    assert caller.failure(gone).reason == "the receiver: ConnectionRefusedError"


def test_without_a_secret_nothing_is_called(caller: Caller, receiver: Receiver) -> None:
    for secret in ("", "not a secret"):
        caller.secret = secret
        assert caller.failure(receiver).reason == "no secret to sign with"
    assert (receiver.calls, caller.lookups) == ([], 0)
