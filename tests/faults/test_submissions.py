"""How often a submission makes the function wait for the database, whatever becomes of it."""

from collections.abc import Iterator

import pytest

from succotash.domain.values import Json
from tests.faults.proxy import Proxy, database_behind_proxy
from tests.http.gateway import Answered, Gateway
from tests.servers import PostgresServer

ROUND_TRIPS = 4
"""BEGIN with the locks, what is judged by, what became of it, COMMIT."""
ORIGIN = "https://example.com"


class Desk:
    """Sends submissions to the whole function, from a page of another origin."""

    def __init__(self, gateway: Gateway, proxy: Proxy) -> None:
        self._gateway = gateway
        self._proxy = proxy
        self._sent = 0

    def send(self, key: str | None = None, /, **fields: Json) -> tuple[Answered, int]:
        """The answer, and the round trips it took."""
        headers = {"origin": ORIGIN} | ({} if key is None else {"idempotency-key": key})
        before = self._proxy.round_trips
        answer = self._gateway.call(
            "POST",
            "/forms/contact/submissions",
            json_body=fields,
            headers=headers,
            scopes=None,
        )
        return answer, self._proxy.round_trips - before

    def send_new(self, **fields: Json) -> tuple[Answered, int]:
        """The same for somebody who never wrote before."""
        self._sent += 1
        return self.send(None, email=f"person-{self._sent}@example.com", **fields)

    def state_of(self, answer: Answered) -> str:
        """What became of the submission."""
        path = f"/submissions/{answer.json['submission_id']}"
        state: str = self._gateway.call("GET", path).json["state"]
        return state


@pytest.fixture(scope="module")
def desk(postgres_server: PostgresServer) -> Iterator[Desk]:
    with database_behind_proxy(postgres_server) as (proxy, settings):
        gateway = Gateway(settings)
        form: dict[str, Json] = {
            "title": "Contact",
            "rules": [{"field": "email", "kind": "required"}, {"field": "email", "kind": "email"}],
            "allowed_origins": [ORIGIN],
        }
        assert gateway.call("PUT", "/forms/contact", json_body=form).status == 200
        desk = Desk(gateway, proxy)
        desk.send_new()  # connects, and prepares the statements
        yield desk
        gateway.container.storage.close()


def test_an_accepted_submission_takes_four_round_trips(desk: Desk) -> None:
    answer, taken = desk.send_new(message="hello")
    assert (answer.status, desk.state_of(answer)) == (201, "accepted")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert taken == ROUND_TRIPS


def test_a_lead_that_comes_back_takes_four(desk: Desk) -> None:
    desk.send(email="again@example.com", message="one")
    answer, taken = desk.send(email="again@example.com", message="two")
    assert desk.state_of(answer) == "accepted"
    assert taken == ROUND_TRIPS


def test_a_duplicate_takes_four(desk: Desk) -> None:
    desk.send(email="twice@example.com")
    answer, taken = desk.send(email="twice@example.com")
    assert desk.state_of(answer) == "duplicate"
    assert taken == ROUND_TRIPS


def test_a_quarantined_submission_takes_four(desk: Desk) -> None:
    answer, taken = desk.send_new(_gotcha="robot")
    assert desk.state_of(answer) == "quarantined"
    assert taken == ROUND_TRIPS


def test_a_submission_with_a_key_takes_four_and_its_repetition_three(desk: Desk) -> None:
    answer, taken = desk.send("one", email="keyed@example.com")
    assert (answer.status, taken) == (201, ROUND_TRIPS)
    again, taken = desk.send("one", email="keyed@example.com")
    assert (again.json, taken) == (answer.json, ROUND_TRIPS - 1)


def test_a_key_with_another_body_is_refused_after_three(desk: Desk) -> None:
    desk.send("two", email="two@example.com")
    answer, taken = desk.send("two", email="other@example.com")
    assert (answer.status, taken) == (422, ROUND_TRIPS - 1)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_a_submission_that_breaks_a_rule_is_refused_after_three(desk: Desk) -> None:
    answer, taken = desk.send(message="who am I?")
    assert (answer.status, taken) == (422, ROUND_TRIPS - 1)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
