"""Selects the fields of a shop's event that are read, without names and streets."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from succotash.application.shops.files.cells import amount, total
from succotash.domain.values import Json

type Fields = Mapping[str, Fields | None]
"""Names of fields, with those of the objects in them; None for a text, a number or a list."""


def chosen(value: Mapping[str, Json], fields: Fields) -> dict[str, Json]:
    """The fields of an object that are named, as far as it has them."""
    return {name: _chosen(value[name], inner) for name, inner in fields.items() if name in value}


def _chosen(value: Json, fields: Fields | None) -> Json:
    match value:
        case dict():
            return None if fields is None else chosen(value, fields)
        case list():
            return [_chosen(each, fields) for each in value]
        case _:
            return value


def text_of(body: Mapping[str, Json], name: str) -> str:
    """A text, or a number as it was written; empty where there is neither."""
    match body.get(name):
        case bool() | None | list() | dict():
            return ""
        case found:
            return str(found)


def object_of(body: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    """An object within; empty without one."""
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def objects_of(body: Mapping[str, Json], name: str) -> Iterator[Mapping[str, Json]]:
    """The objects of a list within."""
    found = body.get(name)
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict):
            yield each


def amount_of(body: Mapping[str, Json], name: str) -> Decimal:
    """An amount that is written with a point; zero where it is not told."""
    return amount(name, text_of(body, name))


def total_of(body: Mapping[str, Json], name: str) -> Decimal:
    """The amount of an order, which has to be told."""
    return total(name, text_of(body, name))


def in_sequence(at: datetime, progress: int) -> datetime:
    """An instant of whole seconds, later by microseconds the further an order has come.

    Of two states as of one second, which may arrive in any order, the further one counts.
    """
    return at + timedelta(microseconds=progress)
