"""Tokens for RDS are those that botocore signs, and are signed without it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import override
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.credentials import Credentials as BotocoreCredentials
from botocore.hooks import HierarchicalEmitter
from botocore.model import ServiceId
from botocore.signers import RequestSigner, generate_db_auth_token
from hypothesis import example, given
from hypothesis import strategies as st

from succotash.errors import StorageUnavailableError
from succotash.infrastructure.aws.credentials import Credentials, find_credentials
from succotash.infrastructure.aws.passwords import IamToken
from succotash.infrastructure.aws.rds_tokens import rds_token

REGIONS = ("us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1")
HOST = "shop.cluster-abc.eu-central-1.rds.amazonaws.com"
KEYS = {"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}


def signed_by_botocore(host: str, port: int, user: str, who: Credentials) -> str:
    credentials = BotocoreCredentials(who.access_key, who.secret_key, who.session_token)
    events = HierarchicalEmitter()  # which the signer does not hold
    signer = RequestSigner(ServiceId("RDS"), who.region, "rds", "v4", credentials, events)
    client = SimpleNamespace(_request_signer=signer)
    return str(generate_db_auth_token(client, host, port, user, Region=who.region))


def signed_at(token: str) -> datetime:
    [moment] = parse_qs(urlsplit(f"https://{token}").query)["X-Amz-Date"]
    return datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def parts(token: str) -> tuple[str, list[str]]:
    """The place, and what is asked for as it is encoded, in any order."""
    place, _, query = token.partition("?")
    return place, sorted(query.split("&"))


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@given(
    host=st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,30}(\.[a-z0-9]{1,10}){1,3}", fullmatch=True),
    port=st.integers(1, 65535),
    user=TEXTS,
    who=st.builds(
        Credentials,
        region=st.sampled_from(REGIONS),
        access_key=st.from_regex("[A-Z0-9]{16,20}", fullmatch=True),
        secret_key=TEXTS,
        session_token=st.none() | TEXTS,
    ),
)
@example(HOST, 5432, "app_user", Credentials("eu-central-1", "ASIA", "a/b+c", "IQo+/=&% äö~*'"))
@example(HOST.upper(), 443, "a b&c", Credentials("us-gov-west-1", "AKIA", "secret"))
def test_a_token_is_the_one_that_botocore_signs(
    host: str, port: int, user: str, who: Credentials
) -> None:
    expected = signed_by_botocore(host, port, user, who)

    signed = rds_token(host, port, user, who, signed_at(expected))
    assert parts(signed) == parts(expected)


def test_a_token_is_signed_without_boto3() -> None:
    program = (
        "import sys; from succotash.infrastructure.aws.passwords import IamToken;"
        f"token = IamToken({HOST!r}, 5432, 'app_user')();"
        "print(len(token) > 100, sorted({'boto3', 'botocore'} & sys.modules.keys()))"
    )
    environment = {**os.environ, **KEYS, "AWS_REGION": "eu-central-1", "AWS_SESSION_TOKEN": "s"}
    answer = subprocess.run(  # noqa: S603 - this Python
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )

    assert answer.stdout == "True []\n"


@contextmanager
def credentials_served(body: bytes) -> Iterator[tuple[str, list[str | None]]]:
    """An address that gives this body, and what the requests were authorized by."""
    asked: list[str | None] = []

    class Served(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers.get("Authorization"))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Served) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/credentials", asked
        server.shutdown()
        serving.join()


def test_a_function_that_started_from_a_snapshot_asks_for_its_credentials() -> None:
    found = {"AccessKeyId": "ASIA", "SecretAccessKey": "secret", "Token": "session"}
    with credentials_served(json.dumps(found).encode()) as (address, asked):
        environment = {
            "AWS_REGION": "eu-central-1",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": address,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "known",
        }
        assert find_credentials(environment) == Credentials(
            "eu-central-1", "ASIA", "secret", "session"
        )
    assert asked == ["known"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff"])
def test_an_answer_without_credentials_makes_the_storage_unavailable(body: bytes) -> None:
    with credentials_served(body) as (address, _), pytest.raises(StorageUnavailableError):
        find_credentials(
            {"AWS_REGION": "eu-central-1", "AWS_CONTAINER_CREDENTIALS_FULL_URI": address}
        )


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Callable[[str, str], None]:
    """A machine on which boto3 finds nothing but what is set."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, f"{tmp_path}/{name}")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch.setenv


def test_a_developers_machine_signs_with_what_boto3_finds(
    nowhere: Callable[[str, str], None],
) -> None:
    with pytest.raises(StorageUnavailableError, match="no credentials"):
        find_credentials({})
    for name, value in KEYS.items():
        nowhere(name, value)
    with pytest.raises(StorageUnavailableError, match="no credentials"):
        find_credentials({})
    assert find_credentials({"AWS_REGION": "us-west-2"}) == Credentials(
        "us-west-2", "ASIAEXAMPLE", "secret"
    )


def test_every_connection_has_a_token_of_its_own() -> None:
    now = [datetime(2026, 11, 29, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)]
    who = Credentials("eu-central-1", "ASIA", "secret")
    token = IamToken(HOST, 5432, "app_user", lambda: who, lambda: now.pop(0))

    assert signed_at(token()) < signed_at(token(fresh=True))
