"""Tables of documents that programs write."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

DOCUMENT = Path("docs/models.md")
_PARTS = 4
"""What is before the one place, its two marks, and what is after it."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The rows as Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def replaced(text: str, tables: Mapping[str, str]) -> str:
    """The text with these tables between their marks; ValueError where one has no single place."""
    for name, found in tables.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        parts = pattern.split(text)
        if len(parts) != _PARTS:
            raise ValueError(f"{DOCUMENT} has {len(parts) // 3} places for the table {name}")
        before, start, end, after = parts
        text = f"{before}{start}{found}\n{end}{after}"
    return text
