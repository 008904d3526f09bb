"""The statements of the PostgreSQL adapter, in files of SQL."""

from pathlib import Path

from succotash.infrastructure.statement_files import Statements, load_statements

_FOLDER = Path(__file__).parent


def statements(name: str) -> Statements:
    """The statements of a file of this folder, by name."""
    return load_statements(_FOLDER / f"{name}.sql")
