"""Campaigns as programs create them."""

from succotash.domain.values import Json
from tests.http.gateway import Gateway

CAMPAIGNS = "/retention/campaigns"
COUNTS: dict[str, Json] = {"targeted": 10, "sent": 8, "opened": 4, "clicked": 2, "converted": 1}


def create(gateway: Gateway, **changes: Json) -> str:
    answer = gateway.call("POST", CAMPAIGNS, json_body={"name": "Come back"} | changes)
    assert answer.status == 201
    return f"{CAMPAIGNS}/{answer.json['campaign_id']}"
