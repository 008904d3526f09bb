"""Statements by name, from files of SQL."""

import re
from collections.abc import Mapping
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def load_statements(path: Path) -> Mapping[str, str]:
    """The statements of a file, each behind a line `-- name: its_name`, without the semicolon."""
    _, *parts = _NAME.split(path.read_text(encoding="utf-8"))
    return {
        name: statement.strip().removesuffix(";")
        for name, statement in zip(parts[::2], parts[1::2], strict=True)
    }
