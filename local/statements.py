"""Writes every SQL statement as it is sent, parts filled in, for the linter.

`python -m local.statements FOLDER` writes one file for each file of statements, under the dialect
it is written in.
"""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from succotash.infrastructure import statement_files
from succotash.infrastructure.statement_files import load_statements

_ADAPTERS = Path(statement_files.__file__).parent
FOLDERS = {
    "postgres": [_ADAPTERS / "postgres" / "sql", Path(__file__).parent / "sql"],
    "sqlite": [_ADAPTERS / "sqlite" / "sql", _ADAPTERS / "files"],
}
"""The folders of a dialect's statements."""


def statements_of(path: Path) -> Mapping[str, str]:
    """The statements of a file as they are sent, on the tables of a shard where they are of one."""
    statements = load_statements(path)
    return {name: statements.of_shard(name, 7) for name in statements}


def write_statements(target: Path) -> int:
    """Write all statements as the server sees them; how many there are."""
    written = 0
    for dialect, folders in FOLDERS.items():
        shutil.rmtree(target / dialect, ignore_errors=True)
        (target / dialect).mkdir(parents=True)
        for folder in folders:
            for path in sorted(folder.glob("*.sql")):
                statements = statements_of(path)
                text = "\n\n".join(
                    f"-- {name}\n{statement};" for name, statement in statements.items()
                )
                if statements:
                    (target / dialect / path.name).write_text(f"{text}\n", "utf-8")
                written += len(statements)
    return written


if __name__ == "__main__":
    print(f"{write_statements(Path(sys.argv[1]))} statements")
