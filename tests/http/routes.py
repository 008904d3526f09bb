"""All routes of the API."""

import re

from succotash.container import Container
from succotash.http.requests import Route
from tests.http.gateway import APIS

ROUTES = [(route, api.name) for api in APIS for route in api.routes]
IDS = {
    "system": "shopify",
    "form_id": "default",
    "segment_id": "vip",
    "cohort_id": "2024-05",
    "month": "2024-05",
}


def a_path(route: Route[Container]) -> str:
    return re.sub(r"{(\w+)}", lambda name: IDS.get(name[1], "customer_123"), route.path)
