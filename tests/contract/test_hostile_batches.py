"""Batches and files between whose good items stands anything at all, on every storage."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lead_scoring
from succotash.application.value.order_import import BulkImport
from succotash.domain.repositories.storage import Storage
from succotash.domain.values import CustomerId
from succotash.http.order_files import OrderFiles
from tests.builders import NOON, USD, name_customer
from tests.containers import StorageContainer
from tests.contexts import Context
from tests.contract.conftest import NewStorage
from tests.contract.shelf import Shelf
from tests.http.gateway import Answered, Gateway
from tests.strategies import MODEST

BATCHES = [("/orders", "orders"), ("/activity", "events")]
KINDS = ["json", "ndjson"]
OFFSETS = ["+16:00", "-16:00", "+23:59", "-23:59"]
FIELDS = (
    "customer_id",
    "order_id",
    "event_id",
    "ordered_at",
    "occurred_at",
    "amount",
    "currency",
    "refund_of",
    "email",
    "kind",
    "name",
    "duration_seconds",
    "interests",
    "campaign_id",
    "colour",
)
AWKWARD_TEXTS = (
    "",
    "\0",
    "\ud800",
    "\ud83d",
    "\u202e",
    "null",
    "\\N",
    "\t",
    "e\u0301" + "\u0300" * 300,
    "1e9999999999999999999",
    "NaN",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "1998-01-01T00:00:00+16:00",
    "1998-01-01T24:00:00Z",
    "1998-02-30T00:00:00Z",
    "a@\u0300" + "\u0300" * 300,
    "ada@example.com",
    "٣",
)
AWKWARD_NUMBERS = (
    "1e9999999999999999999",
    "-1e-9999999999999999999",
    "1e308",
    "1e-308",
    "-0.0",
    "NaN",
    "Infinity",
    "9223372036854775808",
    "9" * 5000,
    "999999999999.9999",
    "0.1" + "1" * 38,
)

texts = st.sampled_from(AWKWARD_TEXTS) | st.text(st.characters(exclude_characters="\n"), max_size=8)
values: st.SearchStrategy[str] = st.recursive(
    st.sampled_from(("null", "true", *AWKWARD_NUMBERS)) | texts.map(json.dumps),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]"),
        st.lists(st.tuples(texts.map(json.dumps), inner), max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{name}: {value}" for name, value in pairs) + "}"
        ),
    ),
    max_leaves=5,
)
"""Texts of JSON: what JSON can say, and numbers that nothing can hold."""


@st.composite
def junk(draw: st.DrawFn) -> str:
    """An item as JSON that is wrong in any way, or even right, but never JSON's syntax."""
    if draw(st.booleans()):
        return draw(values)
    item = {
        "customer_id": '"junk"',
        "order_id": '"junk"',
        "ordered_at": '"1998-01-01T00:00:00Z"',
        "amount": '"1"',
    }
    if draw(st.booleans()):
        del item["order_id"], item["ordered_at"], item["amount"]
        item |= {
            "event_id": '"junk"',
            "occurred_at": '"1998-01-01T00:00:00Z"',
            "kind": '"click"',
        }
    item |= draw(st.dictionaries(st.sampled_from(FIELDS), values, min_size=1, max_size=3))
    return "{" + ", ".join(f'"{name}": {value}' for name, value in item.items()) + "}"


lines_of_junk = st.one_of(
    junk().map(str.encode),
    st.binary(min_size=1, max_size=30).filter(lambda each: b"\n" not in each),
    st.sampled_from([b"[" * 3000, b'{"a":' * 3000, b"\xff", b'"', b"\x00", b"\xef\xbb\xbf"]),
)


@pytest.fixture
def gateway(storage: Storage) -> Gateway:
    return on(storage)


def on(storage: Storage) -> Gateway:
    """The API on this storage."""
    return Gateway(container=StorageContainer(storage))


def a_good_item(path: str, number: int, at: str = "1998-01-01T00:00:00Z") -> dict[str, Any]:
    if path == "/orders":
        return {"customer_id": "c", "order_id": f"{number}", "ordered_at": at, "amount": "9.99"}
    return {"customer_id": "c", "event_id": f"{number}", "occurred_at": at, "kind": "click"}


def send(gateway: Gateway, path: str, kind: str, items: Sequence[str | bytes]) -> Answered:
    """Post items that are JSON already."""
    raw = [each if isinstance(each, bytes) else each.encode() for each in items]
    if kind == "ndjson":
        body, content_type = b"\n".join(raw), "application/x-ndjson"
    else:
        body = b'{"%s": [%s]}' % (dict(BATCHES)[path].encode(), b", ".join(raw))
        content_type = "application/json"
    return gateway.call("POST", path, body=body, headers={"content-type": content_type})


def stored(storage: Storage, path: str) -> dict[str, datetime]:
    """Ids and instants of what customer c did."""
    customer, repositories = CustomerId("c"), storage.repositories
    if path == "/orders":
        return {each.order_id: each.ordered_at for each in repositories.ltv.get_orders(customer)}
    events = repositories.retention.get_activity(customer)
    return {each.event_id: each.occurred_at for each in events}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("path", "_"), BATCHES)
def test_an_instant_may_have_any_offset_there_is(
    path: str, _: str, kind: str, gateway: Gateway, storage: Storage
) -> None:
    instants = [f"1998-01-02T12:00:00{offset}" for offset in OFFSETS]
    items = [json.dumps(a_good_item(path, number, at)) for number, at in enumerate(instants)]

    answer = send(gateway, path, kind, items)

    assert answer.json["recorded"] == len(OFFSETS)
    assert stored(storage, path) == {
        str(number): datetime.fromisoformat(at) for number, at in enumerate(instants)
    }


@pytest.mark.parametrize("name", ["orders.csv", "orders.ndjson"])
def test_a_line_of_a_file_may_have_any_offset_there_is(name: str, storage: Storage) -> None:
    instants = [f"1998-01-02T12:00:00{offset}" for offset in OFFSETS]
    items = [a_good_item("/orders", number, at) for number, at in enumerate(instants)]
    lines = [json.dumps(each) for each in items]
    if name == "orders.csv":
        lines = [",".join(items[0]), *(",".join(each.values()) for each in items)]

    report = imported(storage, name, [each.encode() for each in lines])

    assert (report["recorded"], report["rejected"]) == (len(OFFSETS), 0)
    assert stored(storage, "/orders") == {
        str(number): datetime.fromisoformat(at) for number, at in enumerate(instants)
    }


@pytest.mark.parametrize("offset", OFFSETS)
def test_questions_and_plans_may_have_any_offset_there_is(offset: str, gateway: Gateway) -> None:
    at = f"1998-01-02T12:00:00{offset}"
    in_utc = datetime.fromisoformat(at).astimezone(UTC)
    asked = {"start": at, "end": f"1998-03-01T12:00:00{offset}"}

    analytics = gateway.call("GET", "/forms/analytics", query=asked)
    export = gateway.call("GET", "/forms/default/submissions/export", query=asked)
    rescoring = gateway.call("POST", "/leads/rescoring", json_body={"as_of": at})
    campaign = gateway.call(
        "POST", "/retention/campaigns", json_body={"name": "Spring", "starts_at": at}
    )
    run = lead_scoring.scoring(gateway.container)({"time": at}, Context())

    assert [each.status for each in (analytics, export, rescoring, campaign)] == [
        200,
        200,
        200,
        201,
    ]
    assert datetime.fromisoformat(campaign.json["starts_at"]) == in_utc
    assert campaign.json["starts_at"].endswith("Z")
    assert datetime.fromisoformat(run["as_of"]) == in_utc
    assert datetime.fromisoformat(rescoring.json["as_of"]) == in_utc


@pytest.mark.parametrize("end", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
@pytest.mark.parametrize(("path", "_"), BATCHES)
def test_an_instant_at_an_end_of_the_calendar_is_rejected_alone(
    path: str, _: str, end: str, gateway: Gateway, storage: Storage
) -> None:
    items = [json.dumps(a_good_item(path, 1)), json.dumps(a_good_item(path, 2, end))]

    results = send(gateway, path, "json", items).json["results"]

    assert [each["status"] for each in results] == ["recorded", "rejected"]
    assert results[1]["errors"][0]["code"] == "instant_out_of_range"
    assert list(stored(storage, path)) == ["1"]


def imported(storage: Storage, name: str, lines: Sequence[bytes]) -> Any:  # noqa: ANN401 - a report
    shelf = Shelf({name: b"\n".join(lines)})
    return BulkImport(storage, shelf, OrderFiles(USD, name_customer), lambda: NOON, USD).run(name)


@pytest.mark.parametrize(("path", "_"), BATCHES)
@MODEST
@given(found=st.lists(junk(), max_size=4))
def test_junk_in_a_batch_of_json_costs_no_good_item(
    path: str, _: str, found: list[str], new_storage: NewStorage
) -> None:
    storage = new_storage()
    items = surrounded(found, path)

    answer = send(on(storage), path, "json", items)

    assert answer.status == 200, answer.body
    assert len(answer.json["results"]) == len(items)
    assert {str(each) for each in range(len(found) + 1)} <= stored(storage, path).keys()


@pytest.mark.parametrize(("path", "_"), BATCHES)
@MODEST
@given(found=st.lists(lines_of_junk, max_size=4))
def test_junk_in_a_batch_of_lines_costs_no_good_line(
    path: str, _: str, found: list[bytes], new_storage: NewStorage
) -> None:
    storage = new_storage()
    found = [each.decode(errors="replace").encode() for each in found]

    answer = send(on(storage), path, "ndjson", surrounded(found, path))

    assert answer.status == 200, answer.body
    assert {str(each) for each in range(len(found) + 1)} <= stored(storage, path).keys()


@pytest.mark.parametrize("name", ["orders.csv", "orders.ndjson"])
@MODEST
@given(found=st.lists(lines_of_junk, max_size=4))
def test_junk_in_a_file_costs_no_good_line(
    name: str, found: list[bytes], new_storage: NewStorage
) -> None:
    storage = new_storage()
    lines = surrounded(found, "/orders")
    if name == "orders.csv":
        good = [a_good_item("/orders", number) for number in range(len(found) + 1)]
        lines[::2] = [",".join(each.values()).encode() for each in good]
        lines.insert(0, ",".join(good[0]).encode())

    report = imported(storage, name, lines)

    assert report["status"] == "finished"
    assert {str(each) for each in range(len(found) + 1)} <= stored(storage, "/orders").keys()


def surrounded[Item: (str, bytes)](found: Sequence[Item], path: str) -> list[Any]:
    """A good item, then each of these with a good one behind it."""
    good = [json.dumps(a_good_item(path, number)) for number in range(len(found) + 1)]
    items: list[str | bytes] = [each.encode() for each in good[:1]]
    for each, behind in zip(found, good[1:], strict=True):
        items += [each, behind.encode()]
    return items
