"""Statements by name, from files of SQL.

A file holds statements, each behind a line `-- name: its_name`, and parts that several of them
share, each behind `-- part: its_name`; a statement takes a part in with `${its_name}`, once, when
the file is read. Parts that several files share stand in files of the folder `parts`. `${shard}`
stays in a statement until `of_shard` names the partition.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Template
from typing import override

from succotash.errors import StorageError

_COMMENT = re.compile(r"^ *--(?! (?:name|part): ).*\n", re.MULTILINE)
_HEADING = re.compile(r"^-- (name|part): (\w+)\n", re.MULTILINE)
_SHARD = "${shard}"


class Statements(Mapping[str, str]):
    """Statements by name; StorageError for one about a shard, which `of_shard` gives."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._of_shards: dict[tuple[str, int | None], str] = {}

    @override
    def __getitem__(self, name: str, /) -> str:
        text = self._texts[name]
        if _SHARD in text:
            raise StorageError(f"the statement {name} needs a shard")
        return text

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    @override
    def __len__(self) -> int:
        return len(self._texts)

    def of_shard(self, name: str, shard: int | None) -> str:
        """The statement on the tables of one shard (`orders_p07`); on whole tables without one."""
        found = self._of_shards.get((name, shard))
        if found is None:
            suffix = "" if shard is None else f"_p{shard:02d}"
            found = self._of_shards[name, shard] = self._texts[name].replace(_SHARD, suffix)
        return found


def load_statements(path: Path) -> Statements:
    """The statements of a file, without comments and semicolon."""
    parts: dict[str, str] = {}
    statements: dict[str, str] = {}
    shared = sorted((path.parent / "parts").glob("*.sql"))
    for kind, name, text in (section for each in (*shared, path) for section in _sections(each)):
        # A part may take in those before it.
        filled = Template(text).safe_substitute(parts)
        (parts if kind == "part" else statements)[name] = filled
    return Statements(statements)


@cache
def _sections(path: Path) -> list[tuple[str, str, str]]:
    """Kind, name and text of each statement and part."""
    _, *found = _HEADING.split(_COMMENT.sub("", path.read_text(encoding="utf-8")))
    texts = (each.strip().removesuffix(";") for each in found[2::3])
    return list(zip(found[::3], found[1::3], texts, strict=True))
