"""`python -m local.bulk_import FILE`."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from local.bulk_import import main
from succotash.container import Container
from succotash.domain.values import CustomerId

HEADER = "customer_id,order_id,ordered_at,amount\n"


class Terminal:
    """Runs the command, and remembers what it told."""

    def __init__(self) -> None:
        self.parts = Container({"SUCCOTASH_STORAGE": "memory"})
        self._text = io.StringIO()

    def run(self, *arguments: str) -> tuple[int, str]:
        console = Console(file=self._text, width=200)
        return main(arguments, self.parts, console), self._text.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "orders.csv"


def test_a_file_is_imported_with_its_progress_told(file: Path) -> None:
    file.write_text(f"{HEADER}c,1,1998-06-01T00:00:00Z,10\n")
    terminal = Terminal()
    status, told = terminal.run(str(file))
    assert status == 0
    assert "2 lines" in told
    assert "1 recorded, 0 unchanged, 0 conflicting, 0 rejected" in told
    assert len(terminal.parts.get_ltv_repository().get_orders(CustomerId("c"))) == 1


def test_what_could_not_be_taken_is_told_and_listed(file: Path) -> None:
    file.write_text(f"{HEADER}broken\n")
    status, told = Terminal().run(str(file))
    assert (status, "1 rejected" in told) == (1, True)
    assert f"{file}.result.json" in told
    result = json.loads(Path(f"{file}.result.json").read_text())
    assert [line["line"] for line in result["rejected_lines"]] == [2]


def test_a_wrong_header_is_told(file: Path) -> None:
    file.write_text("customer\n")
    status, told = Terminal().run(str(file))
    assert (status, "order_id: Missing column: order_id" in told) == (1, True)


def test_a_file_that_is_not_there_is_told(file: Path) -> None:
    assert Terminal().run(str(file)) == (2, "file not found\n")


def test_without_a_file_it_says_how_to_call_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert Terminal().run() == (2, "")
    assert "usage: python -m local.bulk_import" in capsys.readouterr().err


EXPORTS = Path(__file__).parents[1] / "exports"


def test_a_dry_run_says_what_would_be_recorded_and_records_nothing(file: Path) -> None:
    file.write_bytes((EXPORTS / "shopify.csv").read_bytes())
    terminal = Terminal()
    status, told = terminal.run(str(file), "--from", "shopify", "--dry-run")
    assert status == 0
    assert "4 orders and 2 refunds would be recorded" in told
    assert "net total: 127.40 USD" in told
    assert "skipped for their currency: 80.00 EUR" in told
    assert "1 cancelled, 1 free, 1 nobody named, 1 other currency, 1 test, 1 unpaid" in told
    assert terminal.parts.get_ltv_repository().get_customers_by_email("ada@example.com") == []


def test_a_mapping_names_the_columns_of_a_plain_file(file: Path, tmp_path: Path) -> None:
    file.write_text("No;When;Sum;Who\n7;01.06.1998 10:00;12,50;ada@example.com\n")
    mapping = tmp_path / "mapping.json"
    columns = {"order_id": "No", "ordered_at": "When", "amount": "Sum", "email": "Who"}
    said = {"columns": columns, "date_format": "%d.%m.%Y %H:%M", "decimal_sign": ","}
    mapping.write_text(json.dumps(said))
    terminal = Terminal()
    status, told = terminal.run(str(file), "--mapping", str(mapping))
    assert (status, "1 recorded" in told) == (0, True)
    [ada] = terminal.parts.get_ltv_repository().get_customers_by_email("ada@example.com")
    [order] = terminal.parts.get_ltv_repository().get_orders(ada.customer_id)
    assert (order.order_id, str(order.amount.exact())) == ("7", "12.50")
