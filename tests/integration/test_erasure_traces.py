"""An erased person's address is found nowhere: not in a table, file, object, queue or log.

On every storage, with files on this machine and with S3, SQS and EventBridge (moto).
"""

import base64
import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from succotash.domain.messages.outbox import MessageKind, Settlement
from succotash.infrastructure.files.events import EventFile
from tests.builders import a_message, a_submission, days, minutes
from tests.databases import environment_of, migrated_database
from tests.deployment import EXPORTS, ORDER_FILES, World
from tests.servers import PostgresServer
from tests.traces import (
    holding,
    patterns_of,
)

pytestmark = pytest.mark.long

ADA = "ada.lovelace@analytical.example"
TYPED = "Ada.Lovelace@Analytical.Example"
BOB = "bob@example.com"
PATTERN = patterns_of((ADA, TYPED))
REGION = "us-east-1"
CUSTOMERS = ("shop-1", "shop-2", ADA, TYPED)
"""What the shop calls Ada: ids of its own, and her address in two spellings."""
YESTERDAY = time.time() - 86_400


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def storage_settings(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[dict[str, str], PostgresServer | None]]:
    """Settings of an empty storage, and its server where it has one."""
    if request.param != "postgres":
        path = {"SQLITE_PATH": str(tmp_path / "succotash.db")} if request.param == "sqlite" else {}
        yield {"SUCCOTASH_STORAGE": request.param} | path, None
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with migrated_database(server) as settings:
        yield environment_of(settings), server


@pytest.fixture(params=["files", "aws"])
def world(
    request: pytest.FixtureRequest,
    storage_settings: tuple[dict[str, str], PostgresServer | None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    storage, server = storage_settings
    with ExitStack() as closing:
        if request.param == "files":
            around = {
                "PARKING_QUEUE_URL": f"file:{tmp_path / 'parked.db'}",
                "EXPORTS": f"file:{tmp_path / 'exports'}",
                "EVENT_BUS": f"file:{tmp_path / 'events.ndjson'}",
                "MAIL_FOLDER": str(tmp_path / "mail"),
                "MAIL_FROM": "Succotash <succotash@localhost>",
            }
            made = World(tmp_path, storage | around, server, typed=TYPED)
        else:
            monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
            closing.enter_context(mock_aws())
            for bucket in (EXPORTS, ORDER_FILES):
                boto3.client("s3").create_bucket(Bucket=bucket)
            sqs = boto3.client("sqs")
            urls = tuple(
                sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"})[
                    "QueueUrl"
                ]
                for name in ("parked", "failures", "jobs", "failed-jobs")
            )
            around = {
                "PARKING_QUEUE_URL": urls[0],
                "PARKING_FAILURES_URL": urls[1],
                "DELIVERIES_QUEUE_URL": urls[2],
                "DELIVERY_FAILURES_URL": urls[3],
                "EXPORTS": EXPORTS,
                "EVENT_BUS": "default",
                "MAIL_FROM": "Succotash <succotash@example.com>",
            }
            made = World(tmp_path, storage | around, server, urls, TYPED)
        yield made
        made.container.close()


def an_instant(passed: float = 0) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(YESTERDAY + passed))


def an_order(customer: str, order_id: str, **given: object) -> dict[str, object]:
    order = {"customer_id": customer, "order_id": order_id, "ordered_at": an_instant()}
    return order | {"amount": "10", "email": TYPED} | given


def files_of_orders() -> Mapping[str, str]:
    """As NDJSON and as CSV; lines that cannot be taken name the person, too."""
    good = [
        an_order(customer, f"{customer}-{number}") for customer in CUSTOMERS for number in range(3)
    ]
    rejected = [
        an_order(CUSTOMERS[0], "of-no-amount", amount=TYPED),
        an_order(CUSTOMERS[0], "of-no-time", ordered_at=TYPED),
        an_order(CUSTOMERS[0], "of-no-currency", currency=TYPED),
        an_order(CUSTOMERS[0], "of-an-unknown-field", **{TYPED: 1}),
        an_order(CUSTOMERS[0], "of-no-address", email=f"{TYPED}@{ADA}"),
        an_order(CUSTOMERS[0], f"{CUSTOMERS[0]}-0", amount="11"),
    ]
    lines = [json.dumps(each) for each in good + rejected]
    columns = "customer_id,order_id,ordered_at,amount,email"
    rows = [f"{CUSTOMERS[1]},csv,{an_instant()},10,{TYPED}", f"{TYPED}", f'"{TYPED}, {ADA}"x,1']
    return {
        "orders.ndjson": "\n".join([*lines, f'{{"{TYPED}": ', f"{TYPED}\x00"]) + "\n",
        "orders.csv": "\n".join([columns, *rows]) + "\n",
        "refused.csv": f"customer_id,{TYPED}\n{TYPED},1\n",
    }


def ask_what_is_refused(world: World) -> None:
    """Requests with the address where none belongs, which must leave no word of it."""
    order = an_order(TYPED, TYPED, email=f"{TYPED}@", amount=TYPED)
    for method, path, body in (
        ("GET", f"/leads/{TYPED}", None),
        ("GET", f"/{TYPED}", None),
        ("PUT", f"/forms/{TYPED}", {"title": TYPED}),
        ("POST", f"/forms/{TYPED}/submissions", {"email": TYPED}),
        ("POST", "/forms/contact/submissions", {"email": f"{TYPED}@", TYPED: "1"}),
        ("POST", "/people/erasures", {"email": f"{TYPED}@"}),
        ("POST", "/people/erasures", {"email": [TYPED]}),
        ("POST", "/orders", {"orders": [order], TYPED: 1}),
        ("POST", "/activity", {TYPED: []}),
    ):
        answer = world.gateway.call(method, path, json_body=body)
        assert 400 <= answer.status < 500
        named = json.loads(answer.body)
        assert holding(PATTERN, {"detail": repr(named | {"errors": []}).encode()}) == []
    for query in ({"status": TYPED}, {"cursor": TYPED}):
        assert world.gateway.call("GET", "/leads", query=query).status == 422


def put_ada_everywhere(world: World) -> None:
    form = {
        "title": "Contact",
        "fields": [
            {"name": "email", "label": "E-mail", "kind": "email", "required": True},
            {"name": "message", "label": "Message", "kind": "text", "required": False},
            {"name": "offers", "label": "Send me offers.", "kind": "consent"},
        ],
        "notify": ["owner@example.com"],
        "confirms": True,
    }
    world.call("PUT", "/forms/contact", form)
    world.call("PUT", "/forms/newsletter", form | {"double_opt_in": True})
    # Accepted, repeated, suspected, to be confirmed; with all that comes along.
    world.submit("contact", message=f"I am {ADA}", offers="yes", key=f"{ADA}-1")
    for _ in range(2):
        world.submit(message="hello", referrer=f"https://example.com/?e={ADA.replace('@', '%40')}")
    world.submit(message="a", _gotcha="a robot", utm_campaign=TYPED)
    world.submit("newsletter", message="please")
    world.submit(email=BOB, message="hello from another person")
    world.call("POST", "/orders", {"orders": [an_order(each, "posted") for each in CUSTOMERS]})
    ask_what_is_refused(world)
    events = [
        {
            "customer_id": each,
            "event_id": f"visit-{number}",
            "occurred_at": an_instant(number),
            "kind": "session",
            "name": f"opened a mail to {ADA}",
            "interests": [TYPED],
        }
        for each in CUSTOMERS
        for number in range(3)
    ]
    world.call("POST", "/activity", {"events": events})
    for name, content in files_of_orders().items():
        world.import_orders(name, content)
    world.run(YESTERDAY + 3600)
    world.fail_deliveries()
    # Messages in every state.
    world.submit("contact", message="once more")
    outbox = world.container.storage.repositories.outbox
    now = world.container.get_form_handler().get_submissions("contact")["submissions"][0]
    at = now["submitted_at"] + minutes(1)
    [first, *_] = outbox.take(at, at + minutes(1), limit=9)
    outbox.settle([Settlement(first, at, "refused", None)])
    # A large export; what makes it large is another's.
    with world.container.storage.transaction() as repositories:
        for number in range(560):
            repositories.forms.save_form_submission(
                a_submission(
                    f"{number:04}",
                    email=BOB,
                    answers={"email": BOB, "message": "x" * 9_000},
                    submitted_at=at - days(1) + minutes(number),
                )
            )
    exported = world.gateway.call("GET", "/forms/default/submissions/export")
    assert exported.status == 303
    # Of the file that stands for the bus, what a campaign put there.
    if not world.is_on_aws:
        mailed = a_message("mailed", kind=MessageKind.CAMPAIGN_MESSAGE, payload={"email": TYPED})
        EventFile(world.folder / "events.ndjson").publish([mailed])
    # Set aside by failures; more of one form than a queue gives at once.
    for number in range(12):
        world.park("unknown", message=f"{number}", email=TYPED if number % 2 else BOB)
    world.park("another", contact=TYPED, email="")
    world.set_aside_parked()
    # And still waiting.
    world.park("contact", message="while it is away")
    world.park("unknown", message="while it is away")


def test_after_an_erasure_a_run_and_the_same_files_the_address_is_found_nowhere(
    world: World, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    put_ada_everywhere(world)
    before = holding(PATTERN, world.everything(""))
    tables = {"form_submissions", "leads", "customers", "idempotency_keys"}
    if world.container.settings.storage == "memory":
        tables = {"submissions", "leads", "customers", "idempotency"}
    assert {f"table {each}" for each in tables} <= set(before)
    places = (
        "object exports/",
        *(f"message {each}" for each in ("failures", "parked", "jobs", "failed-jobs")),
    )
    files = ("file exports/", "file parked.db", "file mail/", "file events.ndjson")
    for place in places if world.is_on_aws else files:
        assert any(each.startswith(place) for each in before), place

    report = world.call("POST", "/people/erasures", {"email": ADA})

    assert report["unfinished"] == []
    elsewhere = {"parked_submissions": 7, "exports": 1}
    if world.is_on_aws:
        elsewhere |= {"deliveries": 3}
    else:
        elsewhere |= {"parked_submissions": 9, "mails": 3, "events": 1}
    assert report["erased_elsewhere"] == elsewhere
    assert all(each["what"] and each["why"] for each in report["kept"])
    is_postgres = world.container.settings.storage == "postgres"
    assert any("backups" in each["what"] for each in report["kept"]) is is_postgres

    world.take_queued()
    world.call("POST", "/orders", {"orders": [an_order(each, "posted") for each in CUSTOMERS]})
    world.call("POST", "/orders", {"orders": [an_order(each, "late") for each in CUSTOMERS]})
    for name, content in files_of_orders().items():
        world.import_orders(name, content)
    world.run(YESTERDAY + 7200)
    assert world.gateway.call("GET", "/forms/default/submissions/export").status == 303
    world.container.storage.purge_deleted()

    written = capfd.readouterr()
    records = "\n".join(repr(vars(each)) for each in caplog.records)
    logs = f"{written.out}\n{written.err}\n{records}"
    assert "relayed" in logs
    assert holding(PATTERN, world.everything(logs)) == []
    again = world.call("POST", "/people/export", {"email": ADA})
    assert (again["lead"], again["submissions"], again["customers"]) == (None, [], [])


def test_a_search_finds_an_address_however_it_is_written() -> None:
    for shift in range(4):
        text = base64.b64encode(b"x" * shift + TYPED.encode() + b"yz")
        assert holding(PATTERN, {"it": b'{"a": "' + text}) == ["it"]
    for each in (
        ADA.upper(),
        ADA.replace("@", "%40"),
        ADA.replace("@", "\\u0040"),
        ADA.encode().hex(),
    ):
        assert holding(PATTERN, {"it": each.encode()}) == ["it"]
    assert holding(PATTERN, {"it": BOB.encode()}) == []
