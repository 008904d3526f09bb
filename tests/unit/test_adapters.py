"""A reader who knows one adapter finds their way in the others."""

import importlib
import inspect
from abc import ABC
from pathlib import Path

import pytest

from succotash import infrastructure
from succotash.domain import repositories
from succotash.domain.repositories.forms import FormRepository
from succotash.domain.repositories.ltv import LTVRepository
from succotash.domain.repositories.retention import RetentionRepository

ADAPTERS = {"postgres": "Postgres", "sqlite": "SQLite", "in_memory": "InMemory"}
LARGE_PORTS = (FormRepository, LTVRepository, RetentionRepository)
SMALL_PORTS = tuple(port for large in LARGE_PORTS for port in large.__bases__ if port is not ABC)
LONGEST = 400


def module_name(port: type) -> str:
    return port.__module__.removeprefix(f"{repositories.__name__}.")


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("port", [*LARGE_PORTS, *SMALL_PORTS])
def test_every_port_has_its_adapter_in_a_module_of_its_name(port: type, adapter: str) -> None:
    module = importlib.import_module(f"{infrastructure.__name__}.{adapter}.{module_name(port)}")
    adapters = [
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if each.__module__ == module.__name__ and issubclass(each, port)
    ]
    assert [each.__name__ for each in adapters] == [f"{ADAPTERS[adapter]}{port.__name__}"]
    assert not inspect.isabstract(adapters[0])


@pytest.mark.parametrize("port", [*LARGE_PORTS, *SMALL_PORTS])
def test_a_port_cannot_be_used_by_itself(port: type) -> None:
    assert inspect.isabstract(port)


def test_no_two_ports_have_a_method_in_common() -> None:
    names = [name for port in SMALL_PORTS for name in vars(port) if not name.startswith("_")]
    assert len(names) == len(set(names))


def test_no_module_of_ports_and_adapters_is_long() -> None:
    folders = [Path(repositories.__path__[0])]
    folders += [Path(infrastructure.__path__[0]) / adapter for adapter in ADAPTERS]
    lengths = {
        path: len(path.read_text().splitlines())
        for folder in folders
        for path in folder.rglob("*.py")
    }
    assert {path.name for path, lines in lengths.items() if lines > LONGEST} == set()
