"""What the functions answer to the sample events where the demo data is loaded and scored."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

type Answer = Mapping[str, Any]

CDNOW_AND_TWO = 2_359
"""The customers of the CDNOW sample, customer_123 and user_456."""

EXPECTED: Mapping[str, tuple[HTTPStatus | None, Mapping[str, object]]] = {
    "campaign_dispatch.requested": (None, {"is_finished": True, "campaigns": []}),
    "campaign_dispatch.run_finished": (None, {"is_finished": True, "campaigns.0.assigned": 14}),
    "campaign_dispatch.scheduled": (None, {"is_finished": True, "campaigns.0.assigned": 14}),
    "churn_scoring.scheduled": (
        None,
        {"run_id": "1998-07-01T00:00:00Z", "state": "current", "customers": CDNOW_AND_TWO},
    ),
    "churn_scoring.backfill": (None, {"months": []}),
    "connectors.shopify_cancellation": (HTTPStatus.OK, {"result": "accepted"}),
    "connectors.shopify_consent": (HTTPStatus.OK, {"result": "accepted"}),
    "connectors.shopify_data_request": (HTTPStatus.OK, {"result": "accepted"}),
    "connectors.shopify_order": (HTTPStatus.OK, {"result": "accepted"}),
    "connectors.shopify_redact": (HTTPStatus.OK, {"result": "accepted"}),
    "connectors.shopify_refund": (HTTPStatus.OK, {"result": "accepted"}),
    "connectors.shopify_shop_redact": (HTTPStatus.OK, {"result": "ignored"}),
    # Signed at a time that is long over.
    "connectors.stripe_charge": (HTTPStatus.UNAUTHORIZED, {}),
    "connectors.stripe_dispute": (HTTPStatus.UNAUTHORIZED, {}),
    "connectors.stripe_refund": (HTTPStatus.UNAUTHORIZED, {}),
    "connectors.stripe_total_refund": (HTTPStatus.UNAUTHORIZED, {}),
    "connectors.woocommerce_deletion": (HTTPStatus.OK, {"result": "accepted"}),
    "connectors.woocommerce_order": (HTTPStatus.OK, {"result": "accepted"}),
    "connectors.woocommerce_ping": (HTTPStatus.OK, {"result": "ping"}),
    "connectors.woocommerce_refund": (HTTPStatus.OK, {"result": "accepted"}),
    "delivery.jobs": (None, {"batchItemFailures": []}),
    "event_intake.activity": (HTTPStatus.OK, {"recorded": 2, "rejected": 0}),
    "event_intake.shop_events": (None, {"batchItemFailures": []}),
    "event_intake.orders": (HTTPStatus.OK, {"recorded": 3, "rejected": 0}),
    # On SQLite there is no place for files.
    "event_intake.upload": (HTTPStatus.CONFLICT, {}),
    "form_intake.health": (HTTPStatus.OK, {"status": "ok", "storage": "sqlite"}),
    "form_intake.page": (HTTPStatus.OK, {}),
    "form_intake.thanks": (HTTPStatus.OK, {}),
    "form_intake.parked": (None, {"batchItemFailures": []}),
    "form_intake.parked_unsubscription": (None, {"batchItemFailures": []}),
    # Its token was signed with another key: so is every one that a file could hold.
    "form_intake.unsubscribe": (HTTPStatus.NOT_FOUND, {}),
    "form_intake.submission": (
        HTTPStatus.CREATED,
        {"form_id": "default"},
    ),
    "form_intake.submission_urlencoded": (HTTPStatus.SEE_OTHER, {}),
    "form_intake.submission_multipart": (HTTPStatus.SEE_OTHER, {}),
    "form_intake.token": (HTTPStatus.OK, {"expires_in": 86_400}),
    "lead_queries.analytics": (
        HTTPStatus.OK,
        {"submission_metrics.total_submissions": 4, "lead_metrics.new_leads": 4},
    ),
    "lead_queries.lead_analytics": (HTTPStatus.OK, {"leads": 4}),
    "lead_queries.consents": (HTTPStatus.OK, {"suppressed": []}),
    "lead_queries.put_consents": (
        HTTPStatus.OK,
        {"current.0.purpose": "marketing", "current.0.state": "granted", "suppressed": []},
    ),
    "lead_queries.search": (HTTPStatus.OK, {"leads.0.email": "john@example.com"}),
    "lead_queries.export_customers": (HTTPStatus.OK, {}),
    "lead_queries.export_leads": (HTTPStatus.OK, {}),
    "lead_queries.export_submissions": (HTTPStatus.OK, {}),
    "lead_queries.shop_requests": (None, {"batchItemFailures": []}),
    "lead_queries.leads": (HTTPStatus.OK, {"leads.0.email": "john@example.com"}),
    "lead_queries.rescoring": (HTTPStatus.OK, {"rules_version": 1, "is_finished": True}),
    "lead_queries.scoring_rules": (HTTPStatus.OK, {"version": 1, "grades.A": 80}),
    "lead_scoring.scheduled": (None, {"rules_version": 1, "is_finished": True}),
    "lead_queries.openapi": (HTTPStatus.OK, {"info.title": "Succotash"}),
    "lead_queries.put_form": (HTTPStatus.OK, {"form_id": "newsletter"}),
    "ltv_queries.analysis": (HTTPStatus.OK, {"run.as_of": "1998-07-01T00:00:00Z"}),
    "ltv_queries.cohorts": (
        HTTPStatus.OK,
        {"cohorts.0.cohort_id": "1997-01", "cohorts.0.customers": 781},
    ),
    "ltv_queries.customer": (
        HTTPStatus.OK,
        {"customer_id": "customer_123", "order_count": 14, "actual_clv": "805.05"},
    ),
    "ltv_queries.costs": (HTTPStatus.OK, {"months": []}),
    "ltv_queries.put_costs": (HTTPStatus.OK, {"month": "1998-06", "total": "1280.50"}),
    "ltv_queries.overview": (
        HTTPStatus.OK,
        {"start": "1998-06-03", "revenue.through": "1998-06-30", "attention.quarantined": 0},
    ),
    "ltv_queries.sources": (HTTPStatus.OK, {"sources.0.source": "unknown"}),
    "ltv_queries.distribution": (
        HTTPStatus.OK,
        {"measure": "actual_clv", "customers": CDNOW_AND_TWO, "bins.0.low": "0.00"},
    ),
    "ltv_queries.segments": (
        HTTPStatus.OK,
        {"segments.0.segment_id": "low_value", "segments.0.customers": 1179},
    ),
    "outbox_relay.messages": (None, {"batchItemFailures": []}),
    "outbox_relay.put_back": (None, {"failed": 0, "waiting": 0, "put_back": 0}),
    "outbox_relay.scheduled": (None, {"failed": 0, "waiting": 0, "set_aside_in_all": 0}),
    "token_scopes.sign_in": (
        None,
        {
            "response.claimsAndScopeOverrideDetails.accessTokenGeneration.scopesToSuppress": [
                "succotash/forms:write"
            ]
        },
    ),
    "schema_migration.by_hand": (None, {"status": "SUCCESS", "reason": ""}),
    "retention_analysis.analytics": (HTTPStatus.OK, {"run.run_id": "1998-07-01T00:00:00Z"}),
    "retention_analysis.campaigns": (HTTPStatus.OK, {"campaigns.1.name": "We kept your shelf"}),
    "retention_analysis.cohorts": (HTTPStatus.OK, {"run.run_id": "1998-07-01T00:00:00Z"}),
    "retention_analysis.lifecycle": (HTTPStatus.OK, {"run.run_id": "1998-07-01T00:00:00Z"}),
    # Campaigns' ids are made when they are created: a file can name none.
    "retention_analysis.outcomes": (HTTPStatus.NOT_FOUND, {}),
    "retention_analysis.search": (
        HTTPStatus.OK,
        {"customers.0.customer_id": "customer_123", "customers.0.value.order_count": 14},
    ),
    "retention_analysis.scoring_run": (HTTPStatus.ACCEPTED, {"state": "planned"}),
    "retention_analysis.scoring_runs": (HTTPStatus.OK, {"runs.0.state": "finished"}),
    "retention_analysis.receipts": (
        HTTPStatus.OK,
        {"receipts.0.month": "1998-07-01", "receipts.1.is_backfilled": True},
    ),
    "retention_analysis.customer": (
        HTTPStatus.OK,
        {"customer_id": "user_456", "churn_risk.risk_level": "high"},
    ),
}
"""By event: the status, None where it is no HTTP answer, and some of what the body says."""


NEEDS_S3 = frozenset({"bulk_import.uploaded"})
"""Events about an object of a bucket: they are answered where there is an S3 to read it from."""


def function_of(event: str) -> str:
    """The folder of the function whose event this is."""
    return event.partition(".")[0]


FIRST_EVENTS: Mapping[str, str] = {
    function_of(event): event for event in sorted(EXPECTED, reverse=True)
}
"""An event of each function."""


def logical_id_of(event: str) -> str:
    """What the template calls the function whose event this is."""
    return function_of(event).title().replace("_", "")


def require_expected(event: str, answer: Answer) -> None:
    """Fail unless this is the answer to that sample event."""
    status, expected = EXPECTED[event]
    body: Any = answer
    if status is not None:
        assert answer["statusCode"] == status, answer
        is_json = answer["headers"].get("Content-Type", "").endswith("json")
        body = json.loads(answer["body"]) if is_json else answer["body"]
    for place, value in expected.items():
        assert found_at(body, place) == value, place


def found_at(body: Any, place: str) -> object:  # noqa: ANN401 - parsed JSON
    """What stands at a dotted place, such as `leads.0.email`."""
    for step in place.split("."):
        body = body[int(step)] if isinstance(body, list) else body[step]
    found: object = body
    return found
