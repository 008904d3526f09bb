"""Reading files of shops as an import does."""

from collections.abc import Iterator
from datetime import UTC, datetime
from operator import itemgetter
from zoneinfo import ZoneInfo

import pytest

from succotash.application.shops.files.shop_files import BLOCK_ORDERS, KnownFiles, ShopBlock
from succotash.application.value.file_options import FileOptions
from succotash.application.value.order_blocks import FileBlock
from succotash.domain.people.erasures import NO_TOMBSTONES, Tombstones
from succotash.domain.shops.orders import ShopOrder
from succotash.domain.value.order_import import START, Position
from succotash.domain.value.orders import OrderRules
from succotash.domain.values import Clock
from succotash.errors import InvalidInputError
from succotash.http.order_files import OrderFiles
from tests.builders import PSEUDONYMS, USD, name_customer
from tests.contract.shelf import Shelf

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def known_files(
    clock: Clock = lambda: NOW,
    tombstones: Tombstones = NO_TOMBSTONES,
    block_orders: int = BLOCK_ORDERS,
) -> KnownFiles:
    """Files of a deployment in Berlin with dollars."""
    return KnownFiles(
        OrderFiles(USD, name_customer),
        USD,
        BERLIN,
        name_customer,
        PSEUDONYMS.name_of_email,
        clock,
        tombstones,
        block_orders,
    )


def blocks(
    content: str | bytes,
    name: str = "orders.csv",
    options: FileOptions | None = None,
    *,
    block_orders: int = 1000,
    part: int = 1000,
    after: Position = START,
) -> Iterator[FileBlock]:
    encoded = content.encode() if isinstance(content, str) else content
    store = Shelf({name: encoded}, part=part)
    files = known_files(block_orders=block_orders)
    opened = files(store, store.describe(name), options or FileOptions())
    return opened.blocks(after, OrderRules(USD, NOW))


def orders(
    content: str | bytes, options: FileOptions | None = None, *, part: int = 1000
) -> list[ShopOrder]:
    found = []
    for block in blocks(content, options=options, part=part):
        assert isinstance(block, ShopBlock)
        told = [*zip(block.lines, block.orders, strict=True)]
        if block.usual is not None:
            told += [(line, block.usual.order(row)) for row, line in enumerate(block.usual.lines)]
        found += [order for _, order in sorted(told, key=itemgetter(0))]
    return found


def rejected(content: str | bytes, options: FileOptions | None = None) -> list[tuple[int, str]]:
    """Line and code of all that is wrong."""
    return [
        (line.line, each.code)
        for block in blocks(content, options=options)
        for line in block.rejected
        for each in line.violations
    ]


def refusal(content: str | bytes, options: FileOptions | None = None) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as refused:
        list(blocks(content, options=options))
    return [(each.code, each.message) for each in refused.value.violations]
