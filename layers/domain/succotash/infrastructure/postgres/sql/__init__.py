"""The statements of the PostgreSQL adapter, in files of SQL."""

from collections.abc import Mapping
from pathlib import Path

from succotash.infrastructure.statement_files import load_statements

_FOLDER = Path(__file__).parent


def statements(name: str) -> Mapping[str, str]:
    """The statements of a file of this folder, by name."""
    return load_statements(_FOLDER / "parts.sql", _FOLDER / f"{name}.sql")
