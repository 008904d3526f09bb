"""The API on storage in memory, empty for each test, and with customers where they matter."""

import pytest

from tests.builders import a_cohort, a_prediction, a_profile, a_value, an_order
from tests.http.gateway import Gateway


@pytest.fixture
def gateway() -> Gateway:
    """The whole HTTP surface, on an empty storage."""
    return Gateway()


@pytest.fixture
def scored(gateway: Gateway) -> Gateway:
    """The same with customer_123 and user_456 in the current run."""
    values = gateway.container.get_ltv_repository()
    retention = gateway.container.get_retention_repository()
    for customer in ("customer_123", "user_456"):
        values.save_customer_ltv(a_value(customer))
        retention.save_churn_prediction(a_prediction(customer))
        retention.save_user_engagement_profile(a_profile(customer))
    values.save_cohort(a_cohort())
    values.record_orders([an_order(customer_id="customer_123", email="john@example.com")])
    return gateway
