"""Files of shops: told by their headers, read row by row, with what is wrong told by line."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.application.shops.files.shop_files import FORMATS
from succotash.application.value.file_options import FileOptions, options_of
from succotash.application.value.order_blocks import Block, FileBlock
from succotash.domain.shops.orders import Skip
from succotash.domain.values import Currency
from succotash.errors import InvalidInputError
from tests.builders import USD
from tests.shop_files import NOW, blocks, orders, refusal, rejected

EXPORTS = Path(__file__).parents[1] / "exports"
SHOPIFY = (EXPORTS / "shopify.csv").read_text(encoding="utf-8")
SMALL = "Name,Email,Financial Status,Currency,Total,Created at,Id"
GOOD = "#1,ada@example.com,paid,USD,5.00,2026-03-01 10:00:05 +0100,1"


def small(*rows: str) -> str:
    return "\n".join([SMALL, *rows]) + "\n"


class TestShopify:
    def test_line_items_collapse_and_the_first_row_tells_the_order(self) -> None:
        [first, second, *_] = orders(SHOPIFY)
        assert (first.number, first.name) == ("5550000000001", "#1001")
        assert first.total.amount == Decimal("49.90")
        assert first.ordered_at == datetime(2026, 3, 1, 9, 0, 5, tzinfo=UTC)
        assert first.told_at == datetime(2026, 3, 1, 9, 0, 7, tzinfo=UTC)
        assert first.refunded is None
        assert second.email == "grace@example.com"
        assert second.refunded is not None
        assert second.refunded.amount.amount == Decimal("12.50")
        assert second.refunded.told_at == NOW

    def test_what_does_not_count_is_said_by_line(self) -> None:
        [block] = blocks(SHOPIFY)
        assert [(each.line, each.violations[0].code) for each in block.skipped] == [
            (8, "skipped_nobody_named"),
            (9, "skipped_unpaid"),
            (10, "skipped_cancelled"),
            (11, "skipped_test"),
            (12, "skipped_free"),
            (13, "skipped_other_currency"),
        ]
        assert block.rejected == []

    def test_a_refund_is_dated_by_the_cancellation_or_else_the_order(self) -> None:
        [_, partial, cancelled, *_] = orders(SHOPIFY)
        assert partial.refunded is not None
        assert cancelled.refunded is not None
        assert partial.refunded.refunded_at == partial.ordered_at
        assert cancelled.refunded.refunded_at == datetime(2026, 3, 6, 8, tzinfo=UTC)

    @pytest.mark.parametrize("column", ["", ",Refunded Amount"])
    def test_what_was_refunded_without_an_amount_was_refunded_wholly(self, column: str) -> None:
        # Exports of 2012 have no column for the amount.
        row = GOOD.replace("paid", "refunded") + (column and ",0.00")
        [order] = orders(f"{SMALL}{column}\n{row}\n")
        assert order.refunded is not None
        assert order.refunded.amount == order.total

    def test_a_negative_refund_is_refused_by_line(self) -> None:
        content = f"{SMALL},Refunded Amount\n{GOOD},-4.00\n"
        assert rejected(content) == [(2, "negative_refund")]

    def test_marketing_is_yes_no_or_not_known(self) -> None:
        assert [each.accepts_marketing for each in orders(SHOPIFY)][:4] == [True, False, True, None]

    @pytest.mark.parametrize("spelling", ["Cancelled at", "Canceled at"])
    def test_both_spellings_of_cancelled_are_read(self, spelling: str) -> None:
        content = (
            f"{SMALL},{spelling}\n{GOOD.replace('paid', 'voided')},2026-03-02 10:00:00 +0100\n"
        )
        assert [each.skip for each in orders(content)] == [Skip.CANCELLED]

    @pytest.mark.parametrize(
        ("row", "code"),
        [
            ("#1,ada@example.com,paid,USD,5.00,2026-03-01 10:00:05,1", "timezone_missing"),
            ("#1,ada@example.com,paid,USD,5.00,01/03/2026 10:00,1", "not_an_instant"),
            ("#1,ada@example.com,paid,USD,5.00,2026-03-01 10:00:05 +0100,5.55E+12", "rounded_id"),
            ("#1,ada@example.com,paid,EURO,5.00,2026-03-01 10:00:05 +0100,1", "unknown_currency"),
            ("#1,ada@example.com,paid,USD,five,2026-03-01 10:00:05 +0100,1", "not_an_amount"),
            ('#1,ada@example.com,paid,USD,"1,234.00",2026-03-01 10:00:05 +0100,1', "not_an_amount"),
            ("#1,ada@example.com,paid,USD,-5.00,2026-03-01 10:00:05 +0100,1", "negative_total"),
            ("#1,ada@example.com,paid,USD,=1+1,2026-03-01 10:00:05 +0100,1", "not_an_amount"),
            ("#1,nobody,paid,USD,5.00,2026-03-01 10:00:05 +0100,1", "email"),
            ("#1,ada@example.com,bezahlt,USD,5.00,2026-03-01 10:00:05 +0100,1", "unknown_status"),
            ("#1,ada@example.com,paid,USD,5.00,2027-03-01 10:00:05 +0100,1", "in_the_future"),
            (",ada@example.com,paid,USD,5.00,2026-03-01 10:00:05 +0100,1", "no_order_id"),
            (" ,ada@example.com,paid,USD,5.00,2026-03-01 10:00:05 +0100,", "no_order_id"),
            ("#1,ada@example.com,paid,USD,,2026-03-01 10:00:05 +0100,1", "required"),
            ("#1,ada@example.com,paid,USD,5.00", "column_count"),
            ("#9,ada@example.com,,,,,", "no_order"),
            ("#\x07,ada@example.com,paid,USD,5.00,2026-03-01 10:00:05 +0100,1", "invalid_id"),
        ],
    )
    def test_what_is_wrong_with_a_row_is_said_by_line_and_costs_no_other(
        self, row: str, code: str
    ) -> None:
        content = small(GOOD, row, GOOD.replace("#1", "#2"))
        assert rejected(content) == [(3, code)]
        assert [each.name for each in orders(content)] == ["#1", "#2"]


class TestWooCommerce:
    def test_webtoffee_uses_billing_emails_and_sums_refunds(self) -> None:
        first, held, refunded = orders((EXPORTS / "woocommerce_webtoffee.csv").read_bytes())
        assert (first.email, first.customer_number) == ("ada@example.com", None)
        assert first.ordered_at == datetime(2026, 3, 1, 9, 0, 5, tzinfo=UTC)
        assert first.refunded is not None
        assert first.refunded.amount.amount == 20
        assert first.refunded.refunded_at == datetime(2026, 3, 6, 11, tzinfo=UTC)
        assert (held.skip, held.customer_number) == (Skip.UNPAID, "5")
        assert refunded.email == "account@example.com"
        assert refunded.refunded is not None
        assert refunded.refunded.amount == refunded.total

    def test_advanced_export_needs_a_currency_and_counts_an_order_once(self) -> None:
        content = (EXPORTS / "woocommerce_advanced.csv").read_bytes()
        [(code, message)] = refusal(content)
        assert (code, "name the file's currency" in message) == ("column_missing", True)
        paid, held = orders(content, FileOptions(currency="usd"))
        assert (paid.name, paid.total.amount, paid.total.currency) == ("727", Decimal("49.90"), USD)
        assert paid.refunded is not None
        assert paid.refunded.amount.amount == 15
        assert held.skip is Skip.UNPAID

    def test_rows_of_one_order_with_different_totals_are_refused(self) -> None:
        content = (EXPORTS / "woocommerce_advanced.csv").read_text()
        differing = content.replace("15.00,49.90,7.97,TEA", "15.00,12.00,7.97,TEA")
        chosen = FileOptions(currency="USD")
        assert rejected(differing, chosen) == [(2, "differing_rows")]
        assert [each.name for each in orders(differing, chosen)] == ["728"]

    @pytest.mark.parametrize(
        "header",
        [
            "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Items sold",
            "Date,Order #,Status,Customer,Customer type,Payment method,Items sold,Net sales",
        ],
    )
    def test_the_core_export_is_refused_with_the_one_to_choose(self, header: str) -> None:
        [(code, message)] = refusal(f"{header}\n")
        assert code == "unusable_format"
        assert "Advanced Order Export" in message


class TestStripe:
    def test_amounts_are_decimal_whatever_the_currency(self) -> None:
        found = orders((EXPORTS / "stripe_payments.csv").read_bytes())
        assert [(each.number, each.total.amount, each.skip) for each in found] == [
            ("ch_1", Decimal("49.90"), None),
            ("ch_2", Decimal(1200), Skip.OTHER_CURRENCY),
            ("ch_3", Decimal(20), Skip.FAILED),
            ("ch_4", Decimal(20), None),
            ("ch_5", Decimal(20), Skip.UNPAID),
            ("ch_6", Decimal(20), Skip.NOBODY_NAMED),
        ]
        assert (found[0].email, found[0].customer_number) == ("ada@example.com", "cus_1")
        assert (found[3].email, found[3].customer_number) == (None, "cus_2")

    def test_an_older_export_with_decimal_commas_is_read(self) -> None:
        content = (
            "id;Created (UTC);Amount;Amount Refunded;Currency;Captured;Status;Customer Email;"
            "Mode\r\n"
            "ch_1;2016-07-14 07:45;49,90;0,00;usd;true;Paid;ada@example.com;Live\r\n"
            "ch_2;2016-07-14 07:45;49,90;0,00;usd;true;Paid;ada@example.com;Test\r\n"
        )
        first, second = orders(content)
        assert (first.total.amount, first.skip) == (Decimal("49.90"), None)
        assert second.skip is Skip.TEST

    def test_a_lost_dispute_is_money_given_back(self) -> None:
        content = (
            "id,Created (UTC),Amount,Amount Refunded,Currency,Captured,Status,Customer Email,"
            "Disputed Amount,Dispute Status,Dispute Date (UTC)\n"
            "ch_1,2026-03-01 09:00:00,30.00,0.00,usd,true,Paid,a@example.com,30.00,lost,"
            "2026-04-01 09:00\n"
            "ch_2,2026-03-01 09:00:00,30.00,0.00,usd,true,Paid,a@example.com,30.00,won,\n"
        )
        lost, won = orders(content)
        assert [(each.refund_id, each.amount.amount) for each in lost.refunds] == [
            ("dispute", Decimal(30))
        ]
        assert (lost.refunded, won.refunds) == (None, ())

    @pytest.mark.parametrize(
        "header",
        [
            "id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Transfer",
            "balance_transaction_id,created,currency,gross,fee,net,reporting_category",
        ],
    )
    def test_balance_files_are_refused_with_the_one_to_choose(self, header: str) -> None:
        [(code, message)] = refusal(f"{header}\n")
        assert (code, "Export Payments instead" in message) == ("unusable_format", True)


class TestRecognition:
    def test_an_unknown_header_is_refused_with_the_nearest_format_and_its_columns(self) -> None:
        [(code, message), *missing] = refusal("Name,Email,Financial Status,Currency,Sum\n")
        assert code == "unknown_header"
        assert "nearest format is Shopify, orders (shopify)" in message
        assert "Created at" in message
        assert [each for _, each in missing] == [
            "Missing column: Total",
            "Missing column: Created at",
        ]

    def test_what_a_file_made_up_is_not_repeated(self) -> None:
        told = refusal("Name,Email,Financial Status,Currency,ada@example.com\n")
        assert all("ada@example.com" not in message for _, message in told)

    def test_a_chosen_format_is_not_guessed_away(self) -> None:
        [(code, message), *_] = refusal(SHOPIFY, FileOptions("stripe"))
        assert code == "unknown_header"
        assert "(stripe)" in message

    def test_columns_are_found_by_name_among_a_thousand_others(self) -> None:
        others = ",".join(f"Extra {n}" for n in range(1000))
        content = f"{others},{SMALL}\n{',' * 1000}{GOOD}\n"
        assert [each.name for each in orders(content)] == ["#1"]

    @pytest.mark.parametrize("spelled", [str.lower, str.upper, str.title])
    def test_columns_are_found_in_whatever_capitals(self, spelled: Callable[[str], str]) -> None:
        assert [each.number for each in orders(f"{spelled(SMALL)}\n{GOOD}\n")] == ["1"]

    def test_a_column_in_other_capitals_than_a_known_one_is_another(self) -> None:
        assert [each.number for each in orders(f"{SMALL},total\n{GOOD},9.00\n")] == ["1"]

    def test_a_doubled_column_is_refused(self) -> None:
        [(code, _)] = refusal(f"{SMALL},Total\n")
        assert code == "column_repeated"

    def test_every_format_knows_what_it_requires(self) -> None:
        for each in FORMATS:
            assert set(each.required) <= set(each.known)

    @pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
    def test_an_empty_file_is_refused(self, content: bytes) -> None:
        assert [code for code, _ in refusal(content)] in [["empty"], ["unknown_header"]]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (SHOPIFY.encode("utf-16-le"), "UTF-16"),
            (b"PK\x03\x04" + bytes(300), "Workbooks"),
            (bytes(range(256)), "Not a text file"),
        ],
    )
    def test_what_is_no_text_is_refused_by_its_kind(self, content: bytes, said: str) -> None:
        [(code, message)] = refusal(content)
        assert (code, said in message, "CSV UTF-8" in message) == ("encoding", True, True)

    def test_utf_16_is_refused_with_what_to_do(self) -> None:
        [(code, message)] = refusal(SHOPIFY.encode("utf-16"))
        assert (code, "CSV UTF-8" in message) == ("encoding", True)

    def test_plain_files_are_read_as_before(self) -> None:
        [block] = blocks("customer_id,order_id,ordered_at,amount\nc,1,2026-01-01T00:00:00Z,5\n")
        assert isinstance(block, Block)
        assert len(block.orders) == 1

    def test_metadata_choose_as_options_do(self) -> None:
        said = {"format": "stripe", "dry-run": "true", "currency": "EUR"}
        assert options_of(said) == FileOptions("stripe", None, "EUR", dry_run=True)
        for wrong in ({"format": "magento"}, {"dry-run": "maybe"}):
            with pytest.raises(InvalidInputError):
                options_of(wrong)


class TestTables:
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    def test_spreadsheets_own_ways_are_read(self, end: str, delimiter: str, mark: str) -> None:
        content = mark + small(GOOD).replace(",", delimiter).replace("\n", end)
        assert [each.name for each in orders(content)] == ["#1"]

    def test_a_quotation_mark_that_is_never_closed_spoils_its_own_line(self) -> None:
        open_quote = '#2,"ada@example.com,paid,USD,5.00,2026-03-01 10:00:05 +0100,2'
        content = small(GOOD, open_quote, GOOD.replace("#1", "#3"))
        assert rejected(content) == [(3, "malformed")]
        assert [each.name for each in orders(content)] == ["#1", "#3"]

    def test_what_is_no_utf_8_spoils_its_own_line(self) -> None:
        bad = GOOD.replace("#1", "#2").encode().replace(b"paid", b"\xff\xfe")
        content = small(GOOD).encode() + bad + b"\n" + GOOD.replace("#1", "#3").encode()
        assert rejected(content) == [(3, "encoding")]

    def test_lines_of_old_macs_are_refused_as_such(self) -> None:
        assert refusal(small(GOOD).replace("\n", "\r"))[0][0] == "line_ends"

    def test_a_file_of_wrong_lines_alone_is_read_in_parts(self) -> None:
        parts = [len(each.rejected) for each in blocks(small(*["x"] * 25), block_orders=10)]
        assert parts == [10, 10, 5]

    def test_a_row_without_end_is_not_kept(self) -> None:
        endless = b'#2,"' + b"x" * 600_000
        content = small(GOOD).encode() + endless + b"\n" + GOOD.replace("#1", "#3").encode()
        assert rejected(content) == [(3, "row_too_long")]
        assert [each.name for each in orders(content, part=50_000)] == ["#1", "#3"]

    @given(
        rows=st.lists(
            st.sampled_from(
                [
                    GOOD,
                    '#2,"ada@example.com",paid,USD,5.00,2026-03-01 10:00:05 +0100,"2"',
                    "#2,,,,,,",
                    '#3,"a\nb",paid,USD,1.00,2026-03-01 10:00:05 +0100,3',
                    '#4,"a',
                    'x"y',
                    "",
                ]
            ),
            max_size=12,
        ),
        size=st.integers(1, 4),
        part=st.integers(1, 300),
    )
    def test_reading_goes_on_behind_any_block_as_if_there_were_none(
        self, rows: list[str], size: int, part: int
    ) -> None:
        content = small(*rows)

        def told(found: Iterator[FileBlock]) -> list[tuple[int, object]]:
            return [
                each
                for block in found
                for each in (
                    *((line, "order") for line in block.lines),
                    *((line.line, line.violations) for line in block.rejected),
                )
            ]

        whole = list(blocks(content, part=part))
        parted = list(blocks(content, part=part, block_orders=size))
        assert sorted(told(iter(parted)), key=str) == sorted(told(iter(whole)), key=str)
        for done, block in enumerate(parted):
            rest = blocks(content, part=part, block_orders=size, after=block.end)
            assert told(rest) == told(iter(parted[done + 1 :]))


def test_an_import_ahead_of_the_clock_by_minutes_is_accepted() -> None:
    ahead = (NOW + timedelta(minutes=4)).strftime("%Y-%m-%d %H:%M:%S +0000")
    assert rejected(small(GOOD.replace("2026-03-01 10:00:05 +0100", ahead))) == []
    assert Currency("USD") == USD
