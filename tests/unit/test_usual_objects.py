"""Lines of NDJSON: those of the plainest kind are read as all others are, and faster."""

import json
from dataclasses import replace
from datetime import datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.application.value.order_blocks import Block
from succotash.domain.value.order_import import START
from succotash.domain.value.orders import OrderColumns, OrderRules
from succotash.domain.values import Currency
from succotash.http.order_files import OrderFiles
from succotash.http.usual_orders import UsualObjects
from tests.builders import NOON, name_customer
from tests.contract.shelf import Shelf

RULES = OrderRules(Currency("EUR"), NOON)


def block(*lines: str) -> Block:
    shelf = Shelf({"orders.ndjson": "\n".join(lines).encode()})
    opened = OrderFiles("EUR", name_customer)(shelf, shelf.describe("orders.ndjson"))
    [found] = opened.blocks(START, RULES)
    assert isinstance(found, Block)
    return found


def is_usual(line: str, reader: UsualObjects | None = None) -> bool:
    return (reader or UsualObjects("EUR", name_customer)).add(line, RULES, OrderColumns())


def a_line(**changes: object) -> str:
    order = {"customer_id": "c", "order_id": "1", "ordered_at": "2024-05-06T12:00:00Z"}
    return json.dumps(order | {"amount": 10.10} | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"amount": "10.10"},
        {"amount": 0},
        {"order_id": "order 1, the first"},
        {"ordered_at": "2024-05-06T14:00:00.250+02:00"},
        {"email": "ada@example.com", "currency": "EUR", "refund_of": None},
        {"email": None, "currency": None},
    ],
)
def test_what_programs_mostly_write_is_usual(changes: dict[str, object]) -> None:
    line = a_line(**changes)
    assert is_usual(line)
    assert is_usual(line.replace(": ", ":").replace(", ", ",") + "\r")


@pytest.mark.parametrize(
    "line",
    [
        a_line(amount=-1),
        a_line(amount="1e3"),
        a_line(refund_of="1"),
        a_line(currency="USD"),
        a_line(order_id='"'),
        a_line(more=1),
        a_line(ordered_at="2099-01-01T00:00:00Z"),
        a_line().replace("10.1", "010.1"),
        a_line().replace("}", ', "amount": 1}'),
        "{}",
        "broken",
    ],
)
def test_everything_else_is_not(line: str) -> None:
    assert not is_usual(line)


def test_fields_may_change_their_order_within_a_file() -> None:
    reader = UsualObjects("EUR", name_customer)
    other = {"amount": "1", "order_id": "2", "ordered_at": "2024-05-06T12:00:00Z"}
    lines = [a_line(), json.dumps(other | {"customer_id": "c"}), a_line(email="ada@example.com")]
    assert [is_usual(line, reader) for line in lines * 2] == [True] * 6


def usually(usual: object, *others: object) -> st.SearchStrategy[object]:
    """This value, or in one of three lines another."""
    return st.one_of(st.just(usual), st.just(usual), st.sampled_from(others))


VALUES = {
    "customer_id": usually("c", "ü", " c", "", "c" * 201, "+12015550123", "ada@example.com", 1),
    "order_id": usually("1", "c", "\x00", "1" * 200, "order 1", 'a "b"', "\\", None),
    "ordered_at": usually(
        "2024-05-06T12:00:00Z",
        "2024-05-06T12:00:00.5Z",
        "2024-05-06T14:00:00+02:00",
        "2024-05-06T14:00:00+24:00",
        "2024-02-30T12:00:00Z",
        "2024-05-06T12:00:00",
        "2099-01-01T00:00:00Z",
        "٢٠٢٤-05-06T12:00:00Z",
    ),
    "amount": st.one_of(
        st.decimals("0", "999999999999", places=4).map(str),
        st.floats(-10, 10, allow_nan=False).map(lambda each: round(each, 2)),
        st.sampled_from([0, 12, "007.5", "1.00001", "1e3", "9" * 13, 10**13, True, None, ""]),
    ),
    "currency": usually("EUR", "USD", "eur", "", None),
    "refund_of": usually(None, "1", "", "other"),
    "email": usually("ada@example.com", "Ada@Example.com", "nobody", "", None, "a" * 321),
}
REQUIRED = ("customer_id", "order_id", "ordered_at", "amount")


@given(
    lines=st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=20),
    more=st.lists(st.sampled_from(["currency", "refund_of", "email"]), unique=True),
    seed=st.randoms(use_true_random=False),
)
def test_a_line_is_read_alike_whether_its_names_are_escaped_or_not(
    lines: list[dict[str, object]], more: list[str], seed: Random
) -> None:
    names = [*REQUIRED, *more]
    seed.shuffle(names)
    plain = [json.dumps({name: line[name] for name in names}) for line in lines]
    escaped = [line.replace('_id":', '\\u005fid":') for line in plain]
    assert not any(map(is_usual, escaped))

    one, other = block(*plain), block(*escaped)

    assert replace(one, end=other.end) == other


def test_an_instant_with_an_offset_is_kept_in_utc() -> None:
    found = block(a_line(ordered_at="2024-05-06T14:00:00.250+02:00"))
    assert [datetime.fromisoformat(each) for each in found.orders.ordered_at] == [
        datetime.fromisoformat("2024-05-06T12:00:00.250Z")
    ]
