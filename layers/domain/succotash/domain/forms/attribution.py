"""The origin of a submission, apart from the person's answers."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from succotash.domain.values import Json

PLATFORMS: Mapping[str, str] = {
    "gclid": "google",
    "gbraid": "google",
    "wbraid": "google",
    "dclid": "google",
    "fbclid": "facebook",
    "msclkid": "bing",
    "ttclid": "tiktok",
    "li_fat_id": "linkedin",
    "twclid": "twitter",
    "rdt_cid": "reddit",
}
"""The click ids that advertising platforms add to a link, and whose they are; by precedence."""
ATTRIBUTION_FIELDS = frozenset({"referrer", "campaign_id", "click_id", *PLATFORMS})
UTM_PREFIX = "utm_"
CONTROL_PREFIX = "_"
"""Fields that steer the answer or catch robots and are nobody's answer."""
HONEYPOT = "_gotcha"
"""A field people do not see; robots fill it in."""
TOKEN = "_token"  # noqa: S105 - a field's name
"""The field with the form token."""
CONSENT = "_consent"
"""The field by which a person agrees to the form's text."""
CHALLENGE = "cf-turnstile-response"
"""The field that Cloudflare's script adds to a form."""
DIRECT = "direct"


def is_attribution(name: str) -> bool:
    """Whether a field says where the person came from."""
    return name in ATTRIBUTION_FIELDS or name.startswith(UTM_PREFIX)


def split_answers(
    fields: Mapping[str, Json],
) -> tuple[dict[str, Json], dict[str, str], dict[str, Json]]:
    """A submission's fields as answers, attribution and controls."""
    answers: dict[str, Json] = {}
    attribution: dict[str, str] = {}
    controls: dict[str, Json] = {}
    for name, value in fields.items():
        if name.startswith(CONTROL_PREFIX) or name == CHALLENGE:
            controls[name] = value
        elif is_attribution(name):
            if isinstance(value, str) and value.strip():
                attribution[name] = value.strip()
        else:
            answers[name] = value
    return answers, attribution, controls


def source_of(attribution: Mapping[str, str]) -> str:
    """utm_source, else the platform of the click id, else the referrer's host, else direct.

    Lower case, at most 100 characters. A `click_id` by that name tells no platform. A link that was
    paid for goes before the page it stood on: a search engine's ads and its results are one host.
    """
    source = attribution.get("utm_source", "")
    if not source:
        source = next((PLATFORMS[name] for name in PLATFORMS if name in attribution), "")
    if not source:
        try:
            source = urlsplit(attribution.get("referrer", "")).hostname or ""
        except ValueError:  # a referrer is whatever the browser sent
            source = ""
    return source.lower()[:100] or DIRECT


def campaign_of(attribution: Mapping[str, str]) -> str | None:
    """utm_campaign, else campaign_id; at most 100 characters."""
    campaign = attribution.get("utm_campaign") or attribution.get("campaign_id")
    return campaign[:100] if campaign else None
