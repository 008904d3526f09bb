"""What the screen says is what the API says: of CDNOW, of nothing, of 100,000 customers."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest
from playwright.sync_api import Browser

from local.demo import SCORED_AT, Call, load, scheduled_event
from local.server import Gateway
from local.serving import serving
from tests.browser.rounding import is_rounded
from tests.browser.visits import PAGES, Visit
from tests.databases import environment_of, migrated_database
from tests.populations import AS_OF, fill_business
from tests.servers import PostgresServer

# SAM CLI calls what the libraries under it deprecate.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

MANY = 100_000
SAID = """numbers => numbers.map(each => [each.value, each.textContent])"""
MAIN_FIGURES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "risk": {
        "Value at risk": ("/retention/analytics", "value_at_risk"),
        "Customers at high risk": ("/retention/analytics", "high_risk_customers"),
        "Average chance of leaving": ("/retention/analytics", "average_churn_probability"),
    },
    "value": {
        "Customers": ("/ltv/analysis", "total_customers"),
        "Value so far": ("/ltv/analysis", "total_revenue"),
        "Expected in total": ("/ltv/analysis", "total_predicted_clv"),
        "Average per customer": ("/ltv/analysis", "average_ltv"),
    },
    "campaigns": {
        "Messages sent, in all campaigns": ("/retention/campaigns", "summary.metrics.sent"),
        "Customers assigned": ("/retention/campaigns", "summary.metrics.targeted"),
    },
}
"""By page and label: the request, and where in its answer the number is."""


class Deployment:
    """What is served, and a token for all of it."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.call: Call = gateway.call(gateway.issue_token())

    def score(self, as_of: datetime) -> None:
        self.gateway.functions.invoke("ChurnScoring", json.dumps(scheduled_event(as_of)))


@pytest.fixture(scope="module", params=["nothing", "CDNOW", "100,000 customers"])
def deployment(
    request: pytest.FixtureRequest,
    postgres_server: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("numbers")
    with migrated_database(postgres_server) as settings:
        storage = {"SUCCOTASH_STORAGE": "postgres", **environment_of(settings)}
        # The many are no shop: their model is bad, and withheld unless somebody says otherwise.
        with serving(folder, {"PUBLISH_WORSE": "true", **storage}) as gateway:
            deployment = Deployment(gateway)
            if request.param == "CDNOW":
                load(deployment.call, lambda _: None)
                deployment.score(SCORED_AT)
            elif request.param != "nothing":
                with postgres_server.connect(settings.database) as connection:
                    fill_business(connection, MANY)
                    deployment.score(AS_OF)
                    connection.run("ANALYZE")
            yield deployment


@pytest.fixture
def visit(deployment: Deployment, browser: Browser) -> Visit:
    return Visit(browser.new_page(), deployment.gateway)


def test_every_number_is_one_of_the_api_rounded_for_people(
    deployment: Deployment, visit: Visit
) -> None:
    wrong: dict[str, list[str]] = {}
    found = 0
    for place in PAGES:
        visit.sign_in("admin", place)  # so that nothing is shown that another page asked for
        answers = [deployment.call("GET", each).body for each in visit.asked]
        known = {value for answer in answers for value in numbers_of(answer)}
        for exact, text in visit.page.eval_on_selector_all("main data", SAID):
            found += 1
            if Decimal(exact) not in known:
                wrong.setdefault(place, []).append(f"{exact} is in no answer")
            if not is_rounded(exact, text):
                wrong.setdefault(place, []).append(f"{exact} is shown as {text}")
    assert wrong == {}
    assert found > 0


def test_main_figures_are_those_that_their_labels_say(deployment: Deployment, visit: Visit) -> None:
    visit.sign_in("admin")
    nobody = deployment.call("GET", "/ltv/analysis").body["total_customers"] == 0
    for place, figures in MAIN_FIGURES.items():
        if nobody and place != "campaigns":
            continue  # the page says so instead
        visit.go(place)
        for label, (address, name) in figures.items():
            value = at(deployment.call("GET", address).body, name)
            assert Decimal(visit.shown(label)) == Decimal(str(value)), (place, label)


def numbers_of(answer: object) -> Iterator[Decimal]:
    """Every number in an answer, also where it is written as a text."""
    match answer:
        case dict():
            for value in answer.values():
                yield from numbers_of(value)
        case list():
            for value in answer:
                yield from numbers_of(value)
        case bool() | None:
            return
        case _:
            try:
                yield Decimal(str(answer))
            except InvalidOperation:
                return


def at(answer: Any, path: str) -> object:  # noqa: ANN401 - parsed JSON of many shapes
    """What is at a place in an answer, such as `summary.metrics.sent`."""
    for name in path.split("."):
        answer = answer[name]
    return answer
