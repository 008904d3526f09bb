"""Campaigns as programs create them."""

from succotash.domain.values import Json
from tests.http.gateway import Gateway

CAMPAIGNS = "/retention/campaigns"
AUDIENCE: Json = {
    "all": [
        {"field": "churn_probability", "operator": ">", "value": 0.25},
        {"any": [{"field": "risk_level", "operator": "in", "value": ["medium", "high"]}]},
    ]
}
MESSAGE: dict[str, Json] = {
    "subject": "Hello {{ first_name | there }}",
    "text": "We miss you, {{ first_name | friend }}. {{ unsubscribe_url }}",
    "html": '<p>We miss you, {{ first_name | friend }}. <a href="{{ unsubscribe_url }}">No</a></p>',
}
READY: dict[str, Json] = {
    "audience": AUDIENCE,
    "message": MESSAGE,
    "ends_at": "2998-01-01T00:00:00Z",
}
"""What a campaign needs to be activated."""


def create(gateway: Gateway, **changes: Json) -> str:
    answer = gateway.call("POST", CAMPAIGNS, json_body={"name": "Come back"} | changes)
    assert answer.status == 201, answer
    return f"{CAMPAIGNS}/{answer.json['campaign_id']}"
