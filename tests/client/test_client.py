"""The Python client against the real handlers, in process."""

from collections.abc import Callable

import httpx
import pytest

from succotash_client import (
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    PreconditionFailedError,
    Retries,
    SuccotashClient,
    UnavailableError,
)
from succotash_client.models import OrderItem
from tests.http.gateway import Gateway

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def client_of(transport: httpx.BaseTransport, waits: list[float] | None = None) -> SuccotashClient:
    waited = [] if waits is None else waits
    return SuccotashClient("http://127.0.0.1", "verified", transport=transport, sleep=waited.append)


@pytest.fixture
def client() -> SuccotashClient:
    return client_of(httpx.WSGITransport(app=Gateway().wsgi))


def an_order(number: int) -> OrderItem:
    return {
        "customer_id": f"c-{number}",
        "order_id": f"o-{number}",
        "ordered_at": "2026-01-31T10:00:00Z",
        "amount": "10.00",
    }


def test_orders_go_in_batches_and_again_change_nothing(client: SuccotashClient) -> None:
    orders = [an_order(number) for number in range(501)]

    reports = list(client.record_orders(orders))
    again = list(client.record_orders(orders))

    assert [each["recorded"] for each in reports] == [500, 1]
    assert [each["unchanged"] for each in again] == [500, 1]


def test_lists_are_read_page_by_page(client: SuccotashClient) -> None:
    for number in range(5):
        client.submit("default", {"email": f"lead{number}@example.com"})

    found = list(client.leads(page=2))

    assert {each["email"] for each in found} == {f"lead{n}@example.com" for n in range(5)}
    [lead] = client.find_leads("LEAD3@example.com")
    assert client.lead(lead["lead_id"])["email"] == "lead3@example.com"


def test_a_submission_with_its_key_counts_once(client: SuccotashClient) -> None:
    first = client.submit("default", {"email": "ada@example.com"}, key="one")

    assert client.submit("default", {"email": "ada@example.com"}, key="one") == first


def test_a_problem_is_an_exception_with_its_words(client: SuccotashClient) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        client.put_form("contact", {"title": ""})
    assert refused.value.status == 422
    assert [each.field for each in refused.value.errors] == ["title"]
    assert refused.value.lines[1].startswith("title: ")

    with pytest.raises(NotFoundError) as missing:
        client.customer("nobody")
    assert missing.value.type.startswith("urn:succotash:problem:")


def test_a_form_is_replaced_by_who_has_read_it_last(client: SuccotashClient) -> None:
    client.put_form("contact", {"title": "One"})
    form, tag = client.form("contact")
    assert form["title"] == "One"
    client.put_form("contact", {"title": "Two"}, tag=tag)

    with pytest.raises(PreconditionFailedError) as refused:
        client.put_form("contact", {"title": "Three"}, tag=tag)
    assert refused.value.status == 412
    assert client.form("contact")[0]["title"] == "Two"


def test_a_form_is_made_where_its_id_is_free(client: SuccotashClient) -> None:
    client.create_form("contact", {"title": "One"})
    with pytest.raises(PreconditionFailedError, match="There is one already"):
        client.create_form("contact", {"title": "Two"})
    assert client.form("contact")[0]["title"] == "One"


def test_a_draft_is_changed_and_deleted_by_who_has_read_it_last(client: SuccotashClient) -> None:
    campaign_id = client.create_campaign({"name": "One"})["campaign_id"]
    found, tag = client.tagged_campaign(campaign_id)
    assert found == client.campaign(campaign_id)
    client.update_campaign(campaign_id, {"name": "Two"}, tag=tag)

    with pytest.raises(PreconditionFailedError):
        client.update_campaign(campaign_id, {"name": "Three"}, tag=tag)
    with pytest.raises(PreconditionFailedError):
        client.delete_campaign(campaign_id, tag=tag)
    found, tag = client.tagged_campaign(campaign_id)
    assert found["name"] == "Two"
    client.delete_campaign(campaign_id, tag=tag)


@pytest.mark.parametrize(
    "change",
    [
        lambda client: client.create_form("contact", {"title": "One"}),
        lambda client: client.put_form("contact", {"title": "One"}, tag='"one"'),
        lambda client: client.update_campaign("one", {"name": "One"}, tag='"one"'),
        lambda client: client.delete_campaign("one", tag='"one"'),
    ],
)
def test_a_change_on_a_condition_is_not_sent_twice(
    change: Callable[[SuccotashClient], object],
) -> None:
    """The second would meet what the first saved."""
    seen: list[httpx.Request] = []
    with pytest.raises(UnavailableError):
        change(client_of(failing(1, httpx.Response(200, json={}), seen)))
    assert len(seen) == 1


def test_gateways_own_refusals_are_exceptions_too() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(403, json={"message": "Forbidden"}))

    with pytest.raises(ForbiddenError, match="Forbidden"):
        client_of(transport).runs()


def failing(times: int, answer: httpx.Response, seen: list[httpx.Request]) -> httpx.MockTransport:
    """Fails so many times and then answers."""

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) <= times:
            return httpx.Response(503, headers={"Retry-After": "7"}, json={"title": "Unavailable"})
        return answer

    return httpx.MockTransport(respond)


def test_an_outage_that_passes_is_waited_for_as_asked() -> None:
    seen: list[httpx.Request] = []
    waits: list[float] = []
    receipt = {"submission_id": "s", "form_id": "default", "submitted_at": "2026-01-01T00:00:00Z"}

    answer = httpx.Response(201, json=receipt)
    found = client_of(failing(2, answer, seen), waits).submit("default", {"email": "a@example.com"})

    assert found == receipt
    assert waits == [7, 7]
    assert len({each.headers["Idempotency-Key"] for each in seen}) == 1


def test_what_could_happen_twice_is_sent_once() -> None:
    seen: list[httpx.Request] = []

    with pytest.raises(UnavailableError, match="503: Unavailable"):
        client_of(failing(9, httpx.Response(201), seen)).create_campaign({"name": "Once"})

    assert len(seen) == 1


def test_an_outage_that_stays_ends_with_words() -> None:
    seen: list[httpx.Request] = []
    client = SuccotashClient(
        "http://127.0.0.1",
        "verified",
        transport=failing(9, httpx.Response(200), seen),
        retries=Retries(times=2),
        sleep=lambda _: None,
    )

    with pytest.raises(UnavailableError):
        client.runs()

    assert len(seen) == 3


@pytest.mark.parametrize("content", ["[]", "null", "5", "", "<html>"])
def test_an_answer_of_another_server_ends_with_words(content: str) -> None:
    other = httpx.MockTransport(lambda _: httpx.Response(200, text=content))
    with pytest.raises(UnavailableError, match="is it Succotash"):
        list(client_of(other).leads())


@pytest.mark.parametrize("errors", [None, [1], [{"code": "x"}]])
def test_a_problem_with_half_its_words_is_an_exception_too(errors: object) -> None:
    answer = httpx.Response(422, json={"title": "Odd", "errors": errors})
    with pytest.raises(InvalidRequestError, match="Odd"):
        list(client_of(httpx.MockTransport(lambda _: answer)).leads())


def test_customers_are_found_by_address(client: SuccotashClient) -> None:
    list(client.record_orders([an_order(1) | {"email": "ada@example.com"}]))

    [found] = client.search_customers("ADA@example.com")

    assert found["customer_id"] == "c-1"
    assert client.search_customers("nobody@example.com") == []
