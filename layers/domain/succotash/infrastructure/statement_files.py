"""Statements by name, from files of SQL.

A file holds statements, each behind a line `-- name: its_name`, and parts that several of them
share, each behind `-- part: its_name`; a statement takes a part in with `${its_name}`, once, when
the file is read. `${shard}` stays in a statement until `of_shard` names the partition.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template

_COMMENT = re.compile(r"^ *--(?! (?:name|part): ).*\n", re.MULTILINE)
_HEADING = re.compile(r"^-- (name|part): (\w+)\n", re.MULTILINE)


def load_statements(*paths: Path) -> Mapping[str, str]:
    """The statements of files, by name, without comments and semicolon; files share their parts."""
    parts: dict[str, str] = {}
    statements: dict[str, str] = {}
    for path in paths:
        _, *found = _HEADING.split(_COMMENT.sub("", path.read_text(encoding="utf-8")))
        for kind, name, text in zip(found[::3], found[1::3], found[2::3], strict=True):
            # A part may take in those before it.
            filled = Template(text.strip().removesuffix(";")).safe_substitute(parts)
            (parts if kind == "part" else statements)[name] = filled
    return statements


@cache
def of_shard(statement: str, shard: int | None) -> str:
    """The statement on the tables of one shard (`orders_p07`); on whole tables without a shard."""
    return Template(statement).safe_substitute(shard="" if shard is None else f"_p{shard:02d}")
