"""Plain files with columns of any name: a mapping says which of them holds what."""

import json
from collections.abc import Iterator
from collections.abc import Mapping as Names
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import override
from zoneinfo import ZoneInfo

from succotash.application.shops.files.cells import (
    amount,
    currency,
    email,
    instant,
    instant_in,
    system_id,
)
from succotash.application.shops.files.tables import Rows, TextLines, header_of
from succotash.application.value.order_blocks import Block, FileBlock, OrderFile
from succotash.domain.people.identities import NameCustomer
from succotash.domain.repositories.objects import ObjectStore, StoredObject
from succotash.domain.value.ledgers import Order
from succotash.domain.value.order_import import START, Position, RejectedLine
from succotash.domain.value.orders import OrderRules
from succotash.domain.values import Currency, Money, OrderId
from succotash.errors import InvalidInputError, Violation

FIELDS = ("order_id", "ordered_at", "amount", "customer_id", "email", "currency", "refund_of")
_REQUIRED = ("order_id", "ordered_at", "amount")
_SETTINGS = ("columns", "currency", "time_zone", "date_format", "decimal_sign")

CUSTOMERS_REMEMBERED = 50_000
"""A customer's orders repeat id and e-mail, and finding what they stand for is dear."""

_SOME_DAY = datetime(2026, 1, 31, 12, tzinfo=UTC)

_WRONG_WIDTH = Violation("", "column_count", "Number of columns differs from the header")
_NOT_AN_OBJECT = Violation("", "malformed", "Must be a JSON object")
_NOBODY = Violation("customer_id", "nobody_named", "Must name the customer or an e-mail")


@dataclass(frozen=True, slots=True)
class Mapping:
    """The columns of a file by meaning, and how it writes instants and amounts."""

    columns: Names[str, str]
    """The name of a column, by field."""
    zone: tzinfo
    currency: Currency
    """The currency where no column names one."""
    date_format: str | None = None
    """The format that strptime reads; ISO 8601 by default."""
    decimal_sign: str = "."

    @classmethod
    def of_json(cls, text: str, zone: tzinfo, own_currency: Currency) -> "Mapping":
        """The mapping that a JSON text says; InvalidInputError names what is wrong with it."""
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            raise InvalidInputError.of("mapping", "malformed", "Invalid JSON") from None
        if not isinstance(said, dict):
            raise InvalidInputError.of("mapping", "malformed", "Must be a JSON object")
        columns = said.get("columns")
        if not isinstance(columns, dict):
            raise InvalidInputError.of("columns", "missing", "Must say which column holds what")
        wrong = [Violation.unknown_field("mapping", each) for each in said if each not in _SETTINGS]
        wrong += [
            Violation.unknown_field("columns", each) for each in columns if each not in FIELDS
        ]
        wrong += [
            Violation(each, "missing", f"Missing from columns: {each}")
            for each in _REQUIRED
            if each not in columns
        ]
        if not {"customer_id", "email"} & columns.keys():
            wrong.append(Violation("customer_id", "missing", "Needs customer_id or email"))
        texts = {**columns, **{each: said[each] for each in _SETTINGS[1:] if each in said}}
        wrong += [
            Violation(name, "text", "Must be a text")
            for name, each in texts.items()
            if not isinstance(each, str)
        ]
        if said.get("decimal_sign", ".") not in {".", ","}:
            wrong.append(Violation("decimal_sign", "decimal_sign", "Must be . or ,"))
        wrong = wrong or [*_shared_columns(columns), *_unreadable_format(said.get("date_format"))]
        if wrong:
            raise InvalidInputError(wrong)
        return cls(
            columns,
            _zone(said["time_zone"]) if "time_zone" in said else zone,
            currency("currency", said["currency"]) if "currency" in said else own_currency,
            said.get("date_format"),
            said.get("decimal_sign", "."),
        )

    def order(self, cells: Names[str, str], name_customer: NameCustomer) -> Order:
        """The order that a row says, by column; InvalidInputError with the fields at fault."""
        of = {each: cells.get(column, "") for each, column in self.columns.items()}
        address = email("email", of.get("email", ""))
        called = of.get("customer_id", "").strip() or address
        if called is None:
            raise InvalidInputError([_NOBODY])
        name = name_customer(system_id("customer_id", called) or called, address)
        order_id, refund_of = system_id("order_id", of["order_id"]), of.get("refund_of", "")
        if order_id is None:
            raise InvalidInputError.of("order_id", "no_order_id", "Must not be empty")
        if not of["amount"].strip():
            raise InvalidInputError.of("amount", "not_an_amount", "Must not be empty")
        code = of.get("currency", "").strip()
        refunded = system_id("refund_of", refund_of)
        return Order(
            name.customer_id,
            OrderId(order_id),
            self._instant(of["ordered_at"]),
            Money(
                amount("amount", of["amount"], self.decimal_sign),
                currency("currency", code) if code else self.currency,
            ),
            None if refunded is None else OrderId(refunded),
            name.canonical_email,
            name.former_ids,
        )

    def _instant(self, text: str) -> datetime:
        if self.date_format is None:
            return instant("ordered_at", text.strip(), self.zone)
        try:
            found = datetime.strptime(text.strip(), self.date_format)  # noqa: DTZ007 - zone follows
        except ValueError:
            raise InvalidInputError.of(
                "ordered_at", "not_an_instant", "Must be of the mapping's date_format"
            ) from None
        return instant_in("ordered_at", found, self.zone)


def _shared_columns(columns: Names[str, str]) -> list[Violation]:
    """The fields that name the column of another one; an e-mail may be the customer's id."""
    fields = [each for each in columns if each != "email" or "customer_id" not in columns]
    names = [columns[each] for each in fields]
    return [
        Violation(each, "column_shared", f"Stands for another field, too: {columns[each]}")
        for each in fields
        if names.count(columns[each]) > 1
    ]


def _unreadable_format(date_format: str | None) -> list[Violation]:
    """The violation of a format in which no date can be written and read."""
    if date_format is not None:
        try:
            datetime.strptime(_SOME_DAY.strftime(date_format), date_format)  # noqa: DTZ007 - a trial
        except ValueError:
            return [Violation("date_format", "date_format", "Must be as %d.%m.%Y %H:%M")]
    return []


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InvalidInputError.of("time_zone", "time_zone", "Unknown time zone") from None


class MappedFile(OrderFile):
    """A CSV or NDJSON file that is read by a mapping."""

    def __init__(
        self,
        store: ObjectStore,
        found: StoredObject,
        mapping: Mapping,
        name_customer: NameCustomer,
        block_lines: int,
        *,
        is_ndjson: bool,
    ) -> None:
        self._store = store
        self._found = found
        self._mapping = mapping
        self._name_customer = lru_cache(CUSTOMERS_REMEMBERED)(name_customer)
        self._block_lines = block_lines
        self._header: list[str] | None = None
        self._delimiter, self._start = "\n", START
        if not is_ndjson:
            self._delimiter, self._header, self._start = header_of(store.read(found))
            self._require_columns(self._header)

    def _require_columns(self, header: list[str]) -> None:
        missing = [
            Violation(name, "column_missing", f"Missing column: {column}")
            for name, column in self._mapping.columns.items()
            if column not in header
        ]
        repeated = [
            Violation(name, "column_repeated", f"Duplicate column: {column}")
            for name, column in self._mapping.columns.items()
            if header.count(column) > 1
        ]
        if missing or repeated:
            raise InvalidInputError(missing + repeated)

    @override
    def blocks(self, after: Position, rules: OrderRules) -> Iterator[FileBlock]:
        start = max(after, self._start, key=lambda position: position.offset)
        parts = self._store.read(self._found, start.offset)
        is_table = self._header is not None
        rows = Rows(parts, self._delimiter, start) if is_table else TextLines(parts, start)
        block, begun = Block(), start
        for line, row in rows:
            if len(block.lines) + len(block.rejected) >= self._block_lines:
                block.end = begun = rows.row_begin
                yield block
                block = Block()
            self._take(block, line, self._cells(row), rules)
        if rows.row_begin.offset > begun.offset:
            block.end = rows.row_begin
            yield block

    def _cells(self, row: list[str] | str | Violation) -> Names[str, str] | Violation:
        if isinstance(row, Violation):
            return row
        if isinstance(row, str):
            return _object(row)
        if self._header is None or len(row) != len(self._header):
            return _WRONG_WIDTH
        return dict(zip(self._header, row, strict=True))

    def _take(
        self, block: Block, line: int, cells: Names[str, str] | Violation, rules: OrderRules
    ) -> None:
        violations: tuple[Violation, ...] = ()
        if isinstance(cells, Violation):
            violations = (cells,)
        else:
            try:
                order = self._mapping.order(cells, self._name_customer)
            except InvalidInputError as error:
                violations = error.violations
            else:
                if (violation := rules.violation(order)) is None:
                    block.orders.append(order)
                    block.lines.append(line)
                    return
                violations = (violation,)
        block.rejected.append(RejectedLine(line, violations))


def _object(text: str) -> Names[str, str] | Violation:
    """The texts of a JSON object by name; numbers as they are written."""
    try:
        found = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return _NOT_AN_OBJECT
    return {name: _text(each) for name, each in found.items()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)
