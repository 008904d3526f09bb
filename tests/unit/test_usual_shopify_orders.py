"""Usual rows of a Shopify export are read by one pattern, just as they are cell by cell."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.application.shops.files.formats import FileContext, RowReader
from succotash.application.shops.files.shopify import ShopifyOrders
from succotash.domain.shops.columns import ShopOrderColumns
from succotash.domain.shops.orders import ShopOrder, in_currency
from succotash.domain.values import Currency
from succotash.errors import InvalidInputError
from tests.builders import PSEUDONYMS, USD

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
USUAL = {
    "Name": "#1001",
    "Email": "ada@example.com",
    "Financial Status": "paid",
    "Currency": "USD",
    "Total": "49.90",
    "Created at": "2026-03-01 10:00:05 +0100",
    "Paid at": "2026-03-01 10:00:07 +0100",
    "Fulfilled at": "",
    "Cancelled at": "",
    "Accepts Marketing": "yes",
    "Payment Method": "Shopify Payments",
    "Refunded Amount": "0.00",
    "Id": "5550000000001",
}
COLUMNS = [*USUAL]
INSTANTS = (
    "2026-03-01 10:00:05 +0100",
    "2026-03-29 03:30:00 +0200",
    "2026-02-29 10:00:00 +0000",
    "2026-13-01 10:00:00 +0000",
    "2026-05-31 23:59:59 -1100",
    "2026-06-01 13:00:00 +0000",
    "2027-01-01 00:00:00 +0000",
    "2026-03-01 10:00:05",
    "1899-03-01 10:00:05 +0000",
    "2026-03-01T10:00:05Z",
    "",
)
CELLS = {
    "Name": ("#1001", "1001", "EU-7", "5E7", "5E+12", "", " #1", "#\u0661", "a\nb", "x" * 150),
    "Email": ("ada@example.com", "Ada@Example.com", "", " ", "ada", "b\u00f6@example.com", "a\nb"),
    "Financial Status": (
        "paid",
        "PAID",
        "refunded",
        "pending",
        "voided",
        "partially_refunded",
        "x",
    ),
    "Currency": ("USD", "usd", "EUR", ""),
    "Total": ("49.90", "1", "0.00", "-5.00", "49,90", "1.23456", "9" * 13, "", "\u0661.00"),
    "Created at": INSTANTS,
    "Paid at": INSTANTS,
    "Fulfilled at": INSTANTS,
    "Cancelled at": ("", "2026-03-02 10:00:05 +0100"),
    "Accepts Marketing": ("yes", "no", "", "Yes", "true", "maybe"),
    "Payment Method": ("Shopify Payments", "", "bogus", "a Bogus gateway", "cash\nbogus"),
    "Refunded Amount": ("0.00", "0", "", "5.00"),
    "Id": ("5550000000001", "", "5.55E+12", "gid"),
}


def reader(sign: str = ".", own_currency: Currency = USD) -> RowReader:
    context = FileContext(ZoneInfo("Europe/Berlin"), NOW, None, sign, own_currency)
    return ShopifyOrders().reader(COLUMNS, context)


def quickly(rows: RowReader, cells: list[str]) -> ShopOrder | None:
    """The order that the pattern reads."""
    found = rows.usual(cells)
    if found is None:
        return None
    name = PSEUDONYMS.name_of_email(found.email)
    return ShopOrderColumns(
        rows.system,
        USD,
        [2],
        [f"{rows.system}:{found.name}"],
        [found.number],
        [found.told_at],
        [found.ordered_at],
        [found.amount],
        [name],
        [found.email],
        [found.accepts_marketing],
    ).order(0)


def test_a_usual_row_is_read_by_the_pattern() -> None:
    rows, cells = reader(), [*USUAL.values()]
    assert quickly(rows, cells) == rows.order(cells)


@given(st.fixed_dictionaries({name: st.sampled_from(cells) for name, cells in CELLS.items()}))
def test_what_the_pattern_reads_is_what_is_read_cell_by_cell(said: dict[str, str]) -> None:
    rows = reader()
    # Mostly usual, so that the pattern often fits.
    for name in (*COLUMNS[::2], "Id"):
        usual = [*(USUAL | {name: said[name]}).values()]
        if (found := quickly(rows, usual)) is not None:
            assert found == in_currency(rows.order(usual), USD)
    for cells in ([*said.values()], [*(USUAL | {"Paid at": said["Paid at"]}).values()]):
        if (found := quickly(rows, cells)) is not None:
            assert found == in_currency(rows.order(cells), USD)


@pytest.mark.parametrize(
    ("name", "cell"), [(name, cell) for name, cells in CELLS.items() for cell in cells]
)
def test_a_row_that_is_refused_or_does_not_count_is_none_of_the_usual(name: str, cell: str) -> None:
    rows, cells = reader(), [*(USUAL | {name: cell}).values()]
    found = quickly(rows, cells)
    try:
        order = in_currency(rows.order(cells), USD)
    except InvalidInputError:
        assert found is None
        return
    if order.skip is not None or order.refunded is not None or order.ordered_at > NOW:
        assert found is None
    elif found is not None:
        assert found == order


def test_files_with_a_decimal_comma_or_in_another_currency_are_read_cell_by_cell() -> None:
    cells = [*USUAL.values()]
    assert quickly(reader(own_currency=Currency("EUR")), cells) is None
    comma = reader(",")
    assert comma.usual([*(USUAL | {"Total": "49,90"}).values()]) is None
    assert comma.usual(cells) is None
    with pytest.raises(InvalidInputError):
        comma.order(cells)


def test_an_order_is_told_as_of_its_latest_instant() -> None:
    later = "2026-03-05 08:00:00 +0100"
    rows = reader()
    found = quickly(rows, [*(USUAL | {"Fulfilled at": later}).values()])
    assert found is not None
    assert found.told_at == datetime.fromisoformat("2026-03-05T07:00:00Z")
    assert replace(found, told_at=NOW) == replace(rows.order([*USUAL.values()]), told_at=NOW)
