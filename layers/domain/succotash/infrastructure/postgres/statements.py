"""Statements with named parameters, and how values go in and come back."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Self

from pg8000.converters import PY_TYPES, json_out, make_param
from pg8000.native import to_statement

from succotash.domain.values import Json
from succotash.errors import StorageError


@dataclass(frozen=True, slots=True)
class Jsonb:
    """A parameter that goes in as JSON, whatever its type: a list by itself is an array."""

    value: Json


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with numbered parameters, and the names of these in order."""

    text: str
    names: tuple[str, ...]
    reads: bool
    """Surely changes nothing; a statement that only seems to change something is not."""

    @classmethod
    @lru_cache(maxsize=1024)
    def of(cls, text: str) -> Self:
        """The statement written with named parameters."""
        numbered, values_of = to_statement(text)
        return cls(
            numbered,
            values_of(_Names()),
            reads=READS.match(text) is not None and CHANGES.search(text) is None,
        )

    def values(self, parameters: Mapping[str, object]) -> tuple[str | None, ...]:
        """The parameters in order and as text, proved to be text that can be sent.

        The driver would find out half-way through, and lose step with the server.
        """
        try:
            values = tuple(make_param(PARAMETERS, parameters[name]) for name in self.names)
            for value in values:
                if value is not None:
                    value.encode()
        except KeyError as missing:
            raise StorageError(f"a statement lacks its parameter {missing}") from None
        except (ValueError, TypeError):
            raise StorageError("a value of this type cannot be stored") from None
        return values


READS = re.compile(r"(?:\s+|--[^\n]*\n)*(?:select|with|values|table)\b", re.IGNORECASE)
CHANGES = re.compile(r"\b(?:insert|update|delete|merge|into|call|nextval|setval)\b", re.IGNORECASE)


class _Names(dict[str, str]):
    """Answers every name with itself."""

    def __missing__(self, name: str) -> str:
        return name


def instant(text: str) -> datetime:
    """The driver's own parser is six times slower, and wrong about zones of half an hour."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _array(values: list[object]) -> str:
    """Every element quoted: the driver's own writer turns the text "null" into NULL."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return _array(value)
    text: str = make_param(PARAMETERS, value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _jsonb(document: Jsonb) -> str:
    return str(json_out(document.value))


PARAMETERS: dict[type, Callable[[Any], str | None]] = {**PY_TYPES, list: _array, Jsonb: _jsonb}
