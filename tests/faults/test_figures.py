"""How often figures of the business make a reader wait for the database."""

from collections.abc import Iterator

import pytest

from succotash.domain.retention.retention import RetentionAnalytics
from tests.builders import (
    NOON,
    a_lead,
    a_prediction,
    a_profile,
    a_receipt,
    a_run,
    a_submission,
    a_tally,
    a_value,
    an_order,
    usd,
)
from tests.faults.proxy import Proxy, database_behind_proxy
from tests.http.gateway import Gateway
from tests.servers import PostgresServer


@pytest.fixture(scope="module")
def proxy_and_gateway(postgres_server: PostgresServer) -> Iterator[tuple[Proxy, Gateway]]:
    """A business of one run, and the proxy before its database."""
    with database_behind_proxy(postgres_server) as (proxy, settings):
        gateway = Gateway(settings)
        repositories = gateway.container.storage.repositories
        repositories.forms.save_lead(a_lead())
        repositories.forms.save_form_submission(a_submission(lead_id="lead"))
        repositories.ltv.record_orders([an_order()])
        run = a_run(NOON)
        repositories.retention.open_scoring_run(run)
        repositories.ltv.build_revenue_days(run.run_id, NOON, "UTC")
        found = RetentionAnalytics(run.run_id, 1, {"high": 1}, {}, 0.5, None, usd(10))
        repositories.retention.finish_scoring_run(run.run_id, 1, summary=found.to_dict())
        repositories.retention.save_churn_prediction(a_prediction())
        repositories.retention.save_user_engagement_profile(a_profile())
        repositories.ltv.save_customer_ltv(a_value())
        receipt = a_receipt()
        repositories.retention.save_forecast_tallies(receipt.run_id, None, [a_tally()])
        repositories.retention.seal_receipt(receipt, [30])
        yield proxy, gateway
        gateway.container.close()


@pytest.mark.parametrize(
    "path",
    [
        "/overview",
        "/acquisition-costs",
        "/ltv/sources",
        "/ltv/distribution",
        "/retention/receipts",
        "/leads/analytics",
        "/leads/lead",
        "/retention/customers/customer",
    ],
)
def test_figures_of_the_business_are_one_round_trip(
    proxy_and_gateway: tuple[Proxy, Gateway], path: str
) -> None:
    proxy, gateway = proxy_and_gateway
    assert gateway.call("GET", path).status == 200  # connects and prepares the statement
    before = proxy.round_trips

    assert gateway.call("GET", path).status == 200

    assert proxy.round_trips - before == 1
