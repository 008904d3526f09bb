"""Tables of documents that programs write."""

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

DOCUMENT = Path("docs/models.md")
"""The document of the models: several programs write tables in it."""
_PARTS = 4
"""The parts before the one place, its two marks, and after it."""


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
            raise ValueError(f"the document has {len(parts) // 3} places for the table {name}")
        before, start, end, after = parts
        text = f"{before}{start}{found}\n{end}{after}"
    return text


def keep_tables(
    document: Path,
    written: Callable[[str], str],
    *,
    description: str | None,
    refusal: str,
    after_writing: Callable[[], None] = lambda: None,
) -> int:
    """Write what `written` makes of the document; with --check only compare. The exit status.

    A document that is not as it would be written is refused with "DOCUMENT is not REFUSAL".
    """
    arguments = argparse.ArgumentParser(description=description)
    arguments.add_argument("--check", action="store_true", help="write nothing, compare")
    is_check = arguments.parse_args().check
    known = document.read_text("utf-8")
    text = written(known)
    if not is_check:
        document.write_text(text, "utf-8")
        after_writing()
    elif text != known:
        sys.stderr.write(f"{document} is not {refusal}\n")
        return 1
    return 0
