"""The routes by which the demo data comes and goes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient

from local.demo import Summary
from local.demo_removal import MemoryHoldsDemoError
from local.demo_routes import PATH, add_demo_routes

OWN = {"Authorization": "Bearer mine"}


class Demo:
    """Notes what is done, and when somebody is alone."""

    def __init__(self, clear: Callable[[], int] = lambda: 7) -> None:
        self.happened: list[str] = []
        self._clear = clear

    @contextmanager
    def alone(self) -> Iterator[None]:
        self.happened.append("begin")
        yield
        self.happened.append("end")

    def load(self) -> Summary:
        self.happened.append("load")
        return Summary(orders=3)

    def clear(self) -> int:
        self.happened.append("clear")
        return self._clear()

    def client(self) -> FlaskClient:
        app = Flask(__name__)
        mine = OWN["Authorization"]
        add_demo_routes(app, lambda given: given == mine, self.alone, self.load, self.clear)
        return app.test_client()


@pytest.mark.parametrize(
    ("method", "done", "said"), [("POST", "load", {"orders": 3}), ("DELETE", "clear", {"rows": 7})]
)
def test_nothing_else_is_at_work_meanwhile(method: str, done: str, said: dict[str, int]) -> None:
    demo = Demo()

    answer = demo.client().open(PATH, method=method, headers=OWN)

    assert answer.get_json() | said == answer.get_json()
    assert demo.happened == ["begin", done, "end"]


def test_who_is_not_the_developer_changes_nothing() -> None:
    demo = Demo()

    assert demo.client().post(PATH).status_code == 401
    assert demo.happened == []


def test_what_cannot_be_removed_is_a_conflict() -> None:
    def refuse() -> int:
        raise MemoryHoldsDemoError

    answer = Demo(refuse).client().delete(PATH, headers=OWN)

    assert (answer.status_code, answer.get_json()["status"]) == (409, 409)
