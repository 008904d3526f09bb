"""Opens files of orders of every known kind, and reads those of shops in bounded memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import override

from succotash.application.shops.files.cells import currency, decimal_sign_of
from succotash.application.shops.files.formats import (
    FileContext,
    RowReader,
    ShopFormat,
    UsualOrder,
    in_usual_spelling,
    looks_plain,
    recognised,
    refuse_unusable,
)
from succotash.application.shops.files.mapping import MappedFile, Mapping
from succotash.application.shops.files.shopify import ShopifyOrders
from succotash.application.shops.files.stripe import StripePayments
from succotash.application.shops.files.tables import Rows, header_of
from succotash.application.shops.files.usual_recording import (
    enter_usual_orders,
    record_usual_consents,
)
from succotash.application.shops.files.woocommerce import AdvancedExportOrders, WebToffeeOrders
from succotash.application.shops.marketing import usual_consents_of
from succotash.application.shops.plausibility import require_plausible
from succotash.application.shops.recording import import_shop_orders
from succotash.application.value.file_options import AUTO, PLAIN, FileOptions
from succotash.application.value.order_blocks import (
    FileBlock,
    OpenOrders,
    OrderFile,
    Recording,
)
from succotash.application.value.previews import Preview
from succotash.domain.consents.consents import ImportedConsents
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
from succotash.domain.people.identities import NameCustomer, NameEmail
from succotash.domain.repositories.objects import ObjectStore, StoredObject
from succotash.domain.repositories.storage import Repositories, Storage
from succotash.domain.shops.columns import ShopOrderColumns
from succotash.domain.shops.orders import ShopOrder, ShopOrderChange, Skip, in_currency
from succotash.domain.value.ledgers import RecordOutcome
from succotash.domain.value.order_import import Position, RejectedLine, skipped_line
from succotash.domain.value.orders import OrderRules
from succotash.domain.values import Clock, Currency, Money
from succotash.errors import InvalidInputError, Violation

BLOCK_ORDERS = 20_000
"""Each of which takes 0.5 to 2 KB of memory."""
FIRST_SHARE = 0.1
"""The size of the first block: the storage waits until it is read."""
USUAL_SHARE = 0.4
"""The weight of a usual order: of columns alone memory holds more."""
CUSTOMERS_REMEMBERED = 50_000
"""A customer's orders repeat the e-mail, and finding what it stands for is dear."""
SAMPLE = 200
"""Rows that tell how a file writes amounts."""
FORMATS: Sequence[ShopFormat] = (
    ShopifyOrders(),
    WebToffeeOrders(),
    AdvancedExportOrders(),
    StripePayments("Stripe, payments", "Created date (UTC)"),
    StripePayments("Stripe, payments of an older export", "Created (UTC)"),
)

_ORPHAN = Violation("", "no_order", "Line item without its order right above")
_UNNAMED = Violation("", "no_order_id", "Must name its order")
_WRONG_WIDTH = Violation("", "column_count", "Number of columns differs from the header")


class KnownFiles:
    """Opens files by their format; what is no shop's file is for `open_plain`."""

    def __init__(
        self,
        open_plain: OpenOrders,
        own_currency: Currency,
        zone: tzinfo,
        name_customer: NameCustomer,
        name_email: NameEmail,
        clock: Clock,
        tombstones: Tombstones = NO_TOMBSTONES,
        block_orders: int = BLOCK_ORDERS,
    ) -> None:
        self._open_plain = open_plain
        self._own_currency = own_currency
        self._zone = zone
        self._name_customer = name_customer
        self._name_email = name_email
        self._clock = clock
        self._tombstones = tombstones
        self._block_orders = block_orders

    def __call__(self, store: ObjectStore, found: StoredObject, options: FileOptions) -> OrderFile:
        """The file in this object; InvalidInputError where it is of no known kind."""
        given = None if options.currency is None else currency("currency", options.currency)
        if options.mapping is not None:
            mapping = Mapping.of_json(options.mapping, self._zone, given or self._own_currency)
            return MappedFile(
                store,
                found,
                mapping,
                self._name_customer,
                self._block_orders,
                is_ndjson=_is_ndjson(store, found),
            )
        if options.format == PLAIN or _is_ndjson(store, found):
            return self._open_plain(store, found, options)
        delimiter, written, start = header_of(store.read(found))
        header = in_usual_spelling(written, FORMATS)
        refuse_unusable(header)
        chosen = None if options.format == AUTO else options.format
        if chosen is None and looks_plain(header, FORMATS):
            return self._open_plain(store, found, options)
        shop_format = recognised(header, FORMATS, chosen)
        context = FileContext(
            self._zone,
            self._clock(),
            given,
            self._decimal_sign(store, found, shop_format, header, delimiter, start),
            self._own_currency,
        )
        reader = shop_format.reader(header, context)
        source = _Source(store, found, delimiter, start, len(header))
        return _ShopFile(
            source,
            reader,
            context,
            self._own_currency,
            self._name_email,
            self._tombstones,
            self._block_orders,
        )

    def _decimal_sign(
        self,
        store: ObjectStore,
        found: StoredObject,
        shop_format: ShopFormat,
        header: Sequence[str],
        delimiter: str,
        start: Position,
    ) -> str:
        places = [header.index(each) for each in shop_format.amounts if each in header]
        sample = islice(Rows(store.read(found, start.offset), delimiter, start), SAMPLE)
        return decimal_sign_of(
            [
                cells[place]
                for _, cells in sample
                for place in places
                if isinstance(cells, list) and len(cells) == len(header)
            ]
        )


def _is_ndjson(store: ObjectStore, found: StoredObject) -> bool:
    name = found.key.lower()
    if name.endswith((".ndjson", ".jsonl")):
        return True
    first = next(store.read(found), b"").removeprefix(b"\xef\xbb\xbf").lstrip()
    return not name.endswith(".csv") and first.startswith(b"{")


@dataclass(frozen=True, slots=True)
class _Source:
    """The source of a file's rows."""

    store: ObjectStore
    found: StoredObject
    delimiter: str
    start: Position
    width: int


@dataclass(slots=True)
class ShopBlock(FileBlock):
    """Orders of a shop; those that do not count may be known, and then count no longer."""

    name_email: NameEmail = field(kw_only=True)
    now: datetime = field(kw_only=True)
    orders: list[ShopOrder] = field(default_factory=list)
    usual: ShopOrderColumns | None = None
    """Further ones, which need less work."""
    consents: ImportedConsents | None = None
    """The consents of their buyers, until they are recorded."""
    entered: Sequence[RecordOutcome | None] = ()
    """The outcome of each usual one when it was recorded, unless it was told like the others."""
    changes: Sequence[ShopOrderChange] = ()
    """The changes that recording the others made."""

    @override
    def record_ahead(self, storage: Storage, tombstones: Tombstones) -> None:
        if self.usual is not None and self.consents is not None:
            record_usual_consents(storage, tombstones, self.usual, self.consents, self.now)
            self.consents = None

    @override
    def record(self, repositories: Repositories, tombstones: Tombstones) -> Recording:
        told = [*zip(self.lines, self.orders, strict=True)]
        outcomes: list[RecordOutcome | None] = []
        self.entered, self.changes = (), ()
        if self.usual is not None:
            entered = enter_usual_orders(repositories, tombstones, self.usual, self.orders)
            self.entered = entered
            outcomes = [each for each in entered if each is not None]
            left = [row for row, each in enumerate(entered) if each is None]
            told += [(self.usual.lines[row], self.usual.order(row)) for row in left]
            told.sort(key=itemgetter(0))
        orders = [order for _, order in told]
        if orders:
            imported = import_shop_orders(
                repositories, tombstones, self.name_email, orders, self.now
            )
            outcomes += imported.outcomes
            self.changes = imported.changes
        return Recording([each for each in outcomes if each is not None])

    @override
    def preview(self, found: Preview) -> None:
        usual = self.usual
        for row, outcome in enumerate(self.entered):
            if usual is not None and outcome is RecordOutcome.RECORDED:
                total = Money(Decimal(usual.amounts[row]), usual.currency)
                found.add(total.units(), usual.currency)
        for change in self.changes:
            before = [each for state in change.before for each in state.ledger()]
            found.change(before, change.after.ledger())
        for order in self.orders:
            if order.skip is Skip.OTHER_CURRENCY:
                found.other_totals[order.total.currency] += order.net_units()


class _ShopFile(OrderFile):
    """A shop's file. A block ends where an order begins, so that no order's rows are parted."""

    def __init__(
        self,
        source: _Source,
        reader: RowReader,
        context: FileContext,
        own_currency: Currency,
        name_email: NameEmail,
        tombstones: Tombstones,
        block_orders: int,
    ) -> None:
        self._source = source
        self._reader = reader
        self._now = context.now
        self._own_currency = own_currency
        self._name_email = name_email
        self._name_usual = lru_cache(CUSTOMERS_REMEMBERED)(name_email)
        self._tombstones = tombstones
        self._block_orders = block_orders

    @override
    def blocks(self, after: Position, rules: OrderRules) -> Iterator[FileBlock]:
        source = self._source
        start = max(after, source.start, key=lambda position: position.offset)
        block, usual, begun = self._new_block(), _UsualRows(), start
        limit = FIRST_SHARE * self._block_orders
        group = _Group()
        rows = Rows(source.store.read(source.found, start.offset), source.delimiter, start)
        for line, cells in rows:
            row = cells if isinstance(cells, Violation) else self._group_of(cells, group)
            if isinstance(row, Violation):
                if group.key is None and len(block.rejected) >= self._block_orders:
                    block.end = begun = rows.row_begin
                    yield block
                    block = self._new_block()
                block.rejected.append(RejectedLine(line, (row,)))
            elif row is not group:
                unusual = len(block.orders) + len(block.rejected)
                if unusual + USUAL_SHARE * len(usual.orders) >= limit:
                    block.end = begun = rows.row_begin
                    yield self._whole(block, usual)
                    limit = min(2 * limit, self._block_orders)
                    block, usual = self._new_block(), _UsualRows()
                row.line, group = line, row
                if (order := self._reader.usual(row.first)) is not None:
                    row.is_usual = True
                    usual.lines.append(line)
                    usual.orders.append(order)
                else:
                    self._take(block, row)
            elif (found := self._contradiction(group, cells)) is not None:
                self._refuse(block, usual, group, found)
        end = rows.row_begin
        if end.offset > begun.offset:
            block.end = end
            yield self._whole(block, usual)

    def _whole(self, block: ShopBlock, usual: "_UsualRows") -> ShopBlock:
        if usual.orders:
            names, numbers, told_at, ordered_at, amounts, emails, marketing = zip(
                *usual.orders, strict=True
            )
            system = self._reader.system
            block.usual = ShopOrderColumns(
                system,
                self._own_currency,
                usual.lines,
                [f"{system}:{each}" for each in names],
                numbers,
                told_at,
                ordered_at,
                amounts,
                [*map(self._name_usual, emails)],
                emails,
                marketing,
            )
            # Made while the storage works on the block before.
            block.consents = usual_consents_of(block.usual, self._now, self._tombstones)
        return block

    def _group_of(self, cells: list[str], current: "_Group") -> "_Group | Violation":
        """The group of rows that a row belongs to, or what is wrong with it."""
        reader = self._reader
        if len(cells) != self._source.width and not _fit(cells, self._source.width):
            return _WRONG_WIDTH
        key = reader.key(cells)
        if key is None:
            return _UNNAMED
        is_same = key == current.key
        if reader.continues(cells):
            return current if is_same else _ORPHAN
        return current if is_same and reader.repeats(current.first, cells) else _Group(key, cells)

    def _contradiction(self, group: "_Group", cells: list[str] | Violation) -> Violation | None:
        if isinstance(cells, Violation) or group.is_refused:
            return None
        return self._reader.differs(group.first, cells)

    def _new_block(self) -> ShopBlock:
        return ShopBlock(name_email=self._name_email, now=self._now)

    def _take(self, block: ShopBlock, group: "_Group") -> None:
        """Add the order that a row tells to the block, or what is wrong with it."""
        try:
            order = in_currency(self._reader.order(group.first), self._own_currency)
            require_plausible(order, self._now)
        except InvalidInputError as error:
            block.rejected.append(RejectedLine(group.line, error.violations))
            group.is_refused = True
            return
        block.orders.append(order)
        block.lines.append(group.line)
        if order.skip is not None:
            block.skipped.append(skipped_line(group.line, order.skip))

    def _refuse(
        self, block: ShopBlock, usual: "_UsualRows", group: "_Group", found: Violation
    ) -> None:
        """Take the order out again whose rows contradict each other."""
        group.is_refused = True
        (usual if group.is_usual else block).orders.pop()
        (usual if group.is_usual else block).lines.pop()
        if block.skipped and block.skipped[-1].line == group.line:
            block.skipped.pop()
        block.rejected.append(RejectedLine(group.line, (found,)))


@dataclass(slots=True)
class _Group:
    """The rows of one order, by its first one."""

    key: str | None = None
    first: list[str] = field(default_factory=list)
    line: int = 0
    is_usual: bool = False
    is_refused: bool = False


@dataclass(slots=True)
class _UsualRows:
    """The usual orders of a block that is being read."""

    lines: list[int] = field(default_factory=list)
    orders: list[UsualOrder] = field(default_factory=list)


def _fit(cells: list[str], width: int) -> bool:
    """Drop empty cells behind the last column, where there are no others; whether it fits then."""
    if len(cells) < width or any(cells[width:]):
        return False
    del cells[width:]
    return True
