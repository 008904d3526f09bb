"""Plain files with columns of any name."""

from datetime import UTC, datetime

import pytest

from succotash.application.value.file_options import FileOptions
from succotash.application.value.order_blocks import Block
from tests.builders import PSEUDONYMS
from tests.shop_files import blocks, refusal


class TestMapping:
    COLUMNS = '{"order_id": "No", "ordered_at": "When", "amount": "Sum", "email": "Who"}'

    def test_columns_of_any_name_are_read(self) -> None:
        chosen = FileOptions(mapping=f'{{"columns": {self.COLUMNS}, "currency": "USD"}}')
        [block] = blocks("No,When,Sum,Who\n1,2026-01-01 12:00,5,Ada@example.com\n", options=chosen)
        assert isinstance(block, Block)
        [order] = block.orders.orders()
        assert order.customer_id == PSEUDONYMS.name("ada@example.com").customer_id
        assert order.ordered_at == datetime(2026, 1, 1, 11, tzinfo=UTC)

    def test_ndjson_is_read_likewise(self) -> None:
        chosen = FileOptions(mapping=f'{{"columns": {self.COLUMNS}}}')
        line = '{"No": 1, "When": "2026-01-01T12:00:00Z", "Sum": 0.1, "Who": "ada@example.com"}'
        [block] = blocks(f"{line}\nbroken\n", "orders.ndjson", chosen)
        assert isinstance(block, Block)
        assert [str(each.amount.amount) for each in block.orders.orders()] == ["0.1000"]
        assert [each.line for each in block.rejected] == [2]

    def test_ndjson_is_known_by_its_first_character_too(self) -> None:
        chosen = FileOptions(mapping=f'{{"columns": {self.COLUMNS}}}')
        line = '{"No": 1, "When": "2026-01-01T12:00:00Z", "Sum": 5, "Who": "ada@example.com"}'
        [block] = blocks(f"{line}\n", "sent.upload", chosen)
        assert isinstance(block, Block)
        assert len(block.orders) == 1

    @pytest.mark.parametrize(
        ("mapping", "code"),
        [
            ("[]", "malformed"),
            ("{", "malformed"),
            ("{}", "missing"),
            ('{"columns": {"order_id": "No"}}', "missing"),
            (f'{{"columns": {COLUMNS}, "colour": "red"}}', "unknown_field"),
            (f'{{"columns": {COLUMNS}, "time_zone": "Europe/Atlantis"}}', "time_zone"),
            (f'{{"columns": {COLUMNS}, "decimal_sign": ";"}}', "decimal_sign"),
            (f'{{"columns": {COLUMNS}, "date_format": "%Q"}}', "date_format"),
            (f'{{"columns": {COLUMNS.replace("Sum", "No")}}}', "column_shared"),
            (f'{{"columns": {COLUMNS.replace("Who", "Whom")}}}', "column_missing"),
            (f'{{"columns": {COLUMNS.replace(chr(34) + "Sum" + chr(34), "5")}}}', "text"),
        ],
    )
    def test_a_mapping_that_does_not_fit_is_refused(self, mapping: str, code: str) -> None:
        told = refusal("No,When,Sum,Who\n", FileOptions(mapping=mapping))
        assert code in [each for each, _ in told]

    def test_a_missing_column_is_named(self) -> None:
        mapping = f'{{"columns": {self.COLUMNS}}}'
        assert refusal("No,When,Who\n", FileOptions(mapping=mapping)) == [
            ("column_missing", "Missing column: Sum")
        ]

    def test_a_list_in_json_is_refused_as_such(self) -> None:
        mapping = f'{{"columns": {self.COLUMNS}}}'
        for content in ('[{"No": 1}]', "[\n{}\n]\n"):
            assert refusal(content, FileOptions(mapping=mapping))[0][0] == "json_list"

    def test_an_email_may_be_the_customers_id(self) -> None:
        columns = self.COLUMNS.replace("}", ', "customer_id": "Who"}')
        chosen = FileOptions(mapping=f'{{"columns": {columns}}}')
        [block] = blocks("No,When,Sum,Who\n1,2026-01-01 12:00,5,ada@example.com\n", options=chosen)
        assert len(block.lines) == 1

    @pytest.mark.parametrize("year", ["0001", "1900", "9999"])
    def test_years_out_of_the_calendar_are_refused_by_line(self, year: str) -> None:
        settings = '"date_format": "%Y", "time_zone": "Asia/Tokyo"'
        chosen = FileOptions(mapping=f'{{"columns": {self.COLUMNS}, {settings}}}')
        content = f"No,When,Sum,Who\n1,{year},5,ada@example.com\n2,2025,5,ada@example.com\n"
        [block] = blocks(content, options=chosen)
        assert [each.line for each in block.rejected] == [2]
        assert block.lines == [3]
