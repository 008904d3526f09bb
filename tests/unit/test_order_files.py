"""Files of orders: what is read of them, and what is said of what cannot be."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import override

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.application.value.order_blocks import Block, OrderFile
from succotash.domain.people.identities import CustomerName
from succotash.domain.repositories.objects import ObjectStore, StoredObject
from succotash.domain.value.ledgers import Order
from succotash.domain.value.order_import import START
from succotash.domain.value.orders import OrderRules
from succotash.domain.values import Currency
from succotash.errors import InvalidInputError, StorageUnavailableError
from succotash.http.order_files import BLOCK_LINES, LINE_LIMIT, VIOLATIONS_KEPT, OrderFiles
from succotash.http.rejections import UNREADABLE
from tests.builders import NOON, an_order, name_customer

HEADER = "customer_id,order_id,ordered_at,amount"
GOOD = "c,1,2024-05-06T12:00:00Z,10"
EURO = OrderFiles("EUR", name_customer)
RULES = OrderRules(Currency("EUR"), NOON)


@dataclass
class OneObject(ObjectStore):
    """An object that comes in parts of this size."""

    content: bytes
    part: int = 7

    @override
    def describe(self, key: str) -> StoredObject:
        return StoredObject("place", key, "1", len(self.content))

    @override
    def read(self, found: StoredObject, offset: int = 0) -> Iterator[bytes]:
        for start in range(offset, len(self.content), self.part):
            yield self.content[start : start + self.part]

    @override
    def write(self, key: str, content: Iterable[bytes]) -> None:
        raise AssertionError(key)

    @override
    def remove(self, found: StoredObject) -> None:
        raise AssertionError(found.key)


def opened(content: str | bytes, name: str = "orders.csv", part: int = 7) -> OrderFile:
    store = OneObject(content.encode() if isinstance(content, str) else content, part)
    return EURO(store, store.describe(name))


def blocks(content: str | bytes, name: str = "orders.csv", part: int = 7) -> list[Block]:
    found = [*opened(content, name, part).blocks(START, RULES)]
    assert all(isinstance(each, Block) for each in found)
    return [each for each in found if isinstance(each, Block)]


def orders(content: str | bytes, name: str = "orders.csv", part: int = 7) -> list[Order]:
    return [order for block in blocks(content, name, part) for order in block.orders.orders()]


def rejected(content: str | bytes, name: str = "orders.csv") -> list[tuple[int, str, str]]:
    """Line, field and code of all that is wrong."""
    return [
        (line.line, each.field, each.code)
        for block in blocks(content, name)
        for line in block.rejected
        for each in line.violations
    ]


def refused(content: str | bytes, name: str = "orders.csv") -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        opened(content, name)
    return [(each.field, each.code) for each in caught.value.violations]


def test_columns_stand_in_any_order_and_empty_cells_are_absent() -> None:
    content = (
        "email,refund_of,amount,currency,ordered_at,order_id,customer_id\n"
        "Ada@Example.com,,10,EUR,2024-05-06T14:00:00+02:00,1,c\n"
        ",1,-10.5000,,2024-05-06T12:00:00Z,2,c\n"
    )
    assert orders(content) == [
        an_order("1", customer_id="c", amount="10", currency="EUR", email="ada@example.com"),
        an_order("2", customer_id="c", amount="-10.5", currency="EUR", refund_of="1"),
    ]


@pytest.mark.parametrize("part", [1, 2, 3, 1000])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_marks_and_ends_of_lines_are_those_of_any_program(
    part: int, mark: bytes, end: str, *, last: bool
) -> None:
    text = end.join([HEADER, GOOD, "", GOOD.replace("1,", "ü,")]) + (end if last else "")
    [first, second] = orders(mark + text.encode(), part=part)
    assert (first.order_id, second.order_id, first.ordered_at) == ("1", "ü", NOON)
    [block] = blocks(mark + text.encode(), part=part)
    assert block.lines == [2, 4]
    assert (block.end.offset, block.end.line) == (len(mark + text.encode()), 4)


def test_quoted_cells_are_read_as_spreadsheets_write_them() -> None:
    [order] = orders(f'{HEADER}\n"a, ""b""",1,"2024-05-06T12:00:00Z","10"\r\n')
    assert (order.customer_id, order.amount.amount) == ('a, "b"', Decimal(10))


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        ('"c,1,2024-05-06T12:00:00Z,10', "", "malformed"),
        ('"c"x,1,2024-05-06T12:00:00Z,10', "", "malformed"),
        ("c,1,2024-05-06T12:00:00Z", "", "column_count"),
        ("c,1,2024-05-06T12:00:00Z,10,USD", "", "column_count"),
        (",1,2024-05-06T12:00:00Z,10", "customer_id", "required"),
        ("c,1,2024-05-06T12:00:00,10", "ordered_at", "timezone_missing"),
        ("c,1,06.05.2024,10", "ordered_at", "instant"),
        ("c,1,2024-05-06T12:00:00Z,ten", "amount", "amount"),
        ("c,1,2024-05-06T12:00:00Z, 10", "amount", "amount"),
        (f"{'c' * 201},1,2024-05-06T12:00:00Z,10", "customer_id", "string_too_long"),
        ("a\0b,1,2024-05-06T12:00:00Z,10", "customer_id", "control_character"),
        (f"{'c' * LINE_LIMIT},1,2024-05-06T12:00:00Z,10", "", "line_too_long"),
    ],
)
def test_a_broken_line_is_rejected_alone(line: str, field: str, code: str) -> None:
    content = f"{HEADER}\n{GOOD}\n{line}\n{GOOD}\n"
    assert rejected(content) == [(3, field, code)]
    assert len(orders(content)) == 2


def test_a_line_that_is_no_utf8_is_rejected_alone() -> None:
    content = f"{HEADER}\n{GOOD}\nZo\xeb,1,2024-05-06T12:00:00Z,10\n{GOOD}\n".encode("latin-1")
    assert rejected(content) == [(3, "", "encoding")]
    assert len(orders(content)) == 2


def test_a_line_without_end_is_passed_over_without_being_kept() -> None:
    store = OneObject(HEADER.encode() + b"\n" + b"x" * 40 * LINE_LIMIT + b"\n", part=LINE_LIMIT)
    file = EURO(store, store.describe("orders.csv"))
    [block] = file.blocks(START, RULES)
    assert [each.violations[0].code for each in block.rejected] == ["line_too_long"]
    assert block.end.offset == len(store.content)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", [("customer_id", "column_missing"), ("order_id", "column_missing")]),
        ("customer_id;order_id", [("customer_id", "column_missing")]),
        (f"{HEADER},amount", [("amount", "column_repeated")]),
        (f"{HEADER},ada@example.com", [("", "column_unknown")]),
        (HEADER.upper(), [("", "column_unknown")]),
        (f'{HEADER},"', [("", "malformed")]),
        ("x" * (LINE_LIMIT + 1), [("", "line_too_long")]),
    ],
)
def test_a_wrong_header_refuses_the_file(header: str, expected: list[tuple[str, str]]) -> None:
    found = refused(f"{header}\n{GOOD}\n")
    assert set(expected) <= set(found)


def test_nothing_at_all_is_refused() -> None:
    assert refused(b"", "orders.csv") == refused(b"", "orders.ndjson") == [("", "empty")]


def test_a_header_with_nothing_behind_it_is_a_file_of_no_orders() -> None:
    assert blocks(HEADER) == []


def a_line(**changes: object) -> str:
    order = {"customer_id": "c", "order_id": "1", "ordered_at": "2024-05-06T12:00:00Z"}
    return json.dumps(order | {"amount": 10.10} | changes)


@pytest.mark.parametrize("name", ["orders.ndjson", "ORDERS.JSONL", "orders"])
def test_ndjson_is_known_by_its_name_or_its_first_character(name: str) -> None:
    [order] = orders("\ufeff" + a_line() + "\r\n\r\n", name)
    assert order == an_order("1", customer_id="c", amount="10.1", currency="EUR")


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        ("{", "", "malformed"),
        ("[]", "", "object_type"),
        (a_line(amount=None), "amount", "amount"),
        (a_line().replace("10.1", "1e9999999999999999999"), "", "malformed"),
        (a_line(ordered_at="9999-12-31T23:59:59-23:59"), "ordered_at", "instant_out_of_range"),
        (a_line(customer_id="a\0b"), "", "malformed"),
        (a_line(**{"ada@example.com": 1}), "", "unknown_field"),
        ("[" * 5000, "", "malformed"),
        ('{"order_id": 1, "order_id": 2}', "", "malformed"),
    ],
)
def test_a_broken_line_of_ndjson_is_rejected_alone(line: str, field: str, code: str) -> None:
    content = f"{a_line()}\n{line}\n{a_line()}"
    assert (2, field, code) in rejected(content, "orders.ndjson")
    assert len(orders(content, "orders.ndjson")) == 2


def test_no_violation_of_a_line_names_a_field_that_the_file_made_up() -> None:
    [block] = blocks(a_line(**{"ada@example.com": 1}), "orders.ndjson")

    [violation] = block.rejected[0].violations
    assert (violation.field, violation.message) == ("", "Unknown field")


def test_a_line_with_very_much_wrong_is_not_answered_with_all_of_it() -> None:
    content = a_line(**{f"field {number}": "" for number in range(150)})
    assert len(rejected(content, "orders.ndjson")) == VIOLATIONS_KEPT


def test_a_failure_nobody_expected_rejects_its_line_and_is_logged_by_its_class(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def name(customer_id: str, email: str | None) -> CustomerName:
        if customer_id == "secret":
            raise ZeroDivisionError(customer_id)
        return name_customer(customer_id, email)

    bad = GOOD.replace("c,", "secret,", 1)
    source = OneObject(f"{HEADER}\n{GOOD}\n{bad}\n{bad}\n{GOOD}".encode())
    opened = OrderFiles("EUR", name)(source, source.describe("orders.csv"))
    [block] = opened.blocks(START, RULES)

    assert block.lines == [2, 5]
    assert [(each.line, each.violations) for each in block.rejected] == [
        (3, (UNREADABLE,)),
        (4, (UNREADABLE,)),
    ]
    assert caplog.text.count("ZeroDivisionError") == 1
    assert "secret" not in caplog.text


def test_an_amount_that_no_rule_stopped_still_spoils_no_other_line() -> None:
    class NoRules(OrderRules):
        @override
        def violation(self, order: Order) -> None:
            pass

    dear = GOOD.removesuffix("10") + "9" * 15

    [block] = opened(f"{HEADER}\n{GOOD}\n{dear}\n{GOOD}").blocks(
        START, NoRules(Currency("EUR"), NOON)
    )
    assert isinstance(block, Block)

    assert [each.line for each in block.rejected] == [3]
    assert len(list(block.orders.orders())) == len(block.lines) == 2


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        (OrderRules(Currency("USD"), NOON), "currency"),
        (OrderRules(Currency("EUR"), datetime(2024, 5, 6, 11, 54, tzinfo=UTC)), "ordered_at"),
    ],
)
def test_an_order_that_breaks_a_rule_rejects_its_line(rules: OrderRules, field: str) -> None:
    [block] = opened(f"{HEADER}\n{GOOD}\n").blocks(START, rules)
    assert isinstance(block, Block)
    assert len(block.orders) == 0
    assert [(each.line, each.violations[0].field) for each in block.rejected] == [(2, field)]


def usually(usual: str, *others: str) -> st.SearchStrategy[str]:
    """This cell, or in one of three lines another."""
    return st.one_of(st.just(usual), st.just(usual), st.sampled_from(others))


CELLS = {
    "customer_id": usually("c", "ü", " c", "", "c" * 201, "+12015550123", "ada@example.com"),
    "order_id": usually("1", "c", "\x00", "1" * 200, "order 1"),
    "ordered_at": usually(
        "2024-05-06T12:00:00Z",
        "2024-05-06T12:00:00.5Z",
        "2024-05-06T14:00:00+02:00",
        "2024-02-30T12:00:00Z",
        "2024-05-06T24:00:00Z",
        "2024-05-06T12:00Z",
        "2024-05-06T12:00:00",
        "2099-01-01T00:00:00Z",
        "٢٠٢٤-05-06T12:00:00Z",
    ),
    "amount": st.one_of(
        st.decimals("0", "999999999999", places=4).map(str),
        st.decimals("-10", "10", places=2).map(str),
        st.sampled_from(["0", "007.5", "12", "1.23450", "1.00001", "1e3", "1.", "9" * 13, ""]),
    ),
    "currency": usually("", "EUR", "USD", "eur"),
    "refund_of": usually("", "1", "other"),
    "email": usually("", "ada@example.com", "Ada@Example.com", "nobody", "a" * 321),
}
REQUIRED = ("customer_id", "order_id", "ordered_at", "amount")


@given(
    lines=st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=20),
    more=st.lists(st.sampled_from(["currency", "refund_of", "email"]), unique=True),
    seed=st.randoms(use_true_random=False),
)
def test_a_line_is_read_alike_whether_its_cells_are_quoted_or_not(
    lines: list[dict[str, str]], more: list[str], seed: Random
) -> None:
    columns = [*REQUIRED, *more]
    seed.shuffle(columns)
    rows = [columns, *([line[name] for name in columns] for line in lines)]

    [plain] = blocks("\n".join(",".join(row) for row in rows))
    [quoted] = blocks("\n".join(",".join(f'"{cell}"' for cell in row) for row in rows))

    assert replace(plain, end=quoted.end) == quoted


@given(
    lines=st.lists(st.sampled_from([GOOD, "", "broken", '"', "ü" * 30]), max_size=30),
    part=st.integers(1, 60),
)
def test_reading_on_from_any_block_gives_what_reading_through_gives(
    lines: list[str], part: int
) -> None:
    content = "\n".join([HEADER, *lines])
    whole = blocks(content, part=part)
    for number, block in enumerate(whole):
        rest = list(opened(content, part=part).blocks(block.end, RULES))
        assert rest == whole[number + 1 :]


def test_a_long_file_comes_in_blocks_that_follow_each_other() -> None:
    count = BLOCK_LINES + 10
    content = "\n".join([HEADER, *[GOOD] * count])
    first, second = blocks(content, part=1 << 16)
    assert (len(first.orders), len(second.orders)) == (BLOCK_LINES, 10)
    assert (first.end.line, second.lines[0]) == (BLOCK_LINES + 1, BLOCK_LINES + 2)
    [again] = opened(content, part=1 << 16).blocks(first.end, RULES)
    assert again == second


def test_a_fault_of_ours_rejects_no_line() -> None:
    def cannot_be_had(_: str, __: str | None) -> CustomerName:
        raise StorageUnavailableError("the keys")

    files = OrderFiles("EUR", cannot_be_had)
    source = OneObject(f"{HEADER}\n{GOOD}\n".encode())
    opened = files(source, source.describe("orders.csv"))
    with pytest.raises(StorageUnavailableError):
        next(opened.blocks(START, RULES))
