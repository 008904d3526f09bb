"""The demo data, loaded through the API like anybody else's.

Real purchases of a music shop, two invented customers whose ids the documentation names, and
invented addresses of some customers who agree to be written to.
Everything but form submissions lies before SCORED_AT, when the demo's last scoring run takes place.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any, Protocol, override

from local.demo_campaigns import (
    CAMPAIGN_RUNS,
    CAMPAIGNS,
    CONSENT_TEXT,
    address_of,
    consenting,
)
from succotash.domain.consents.consents import MARKETING
from succotash.domain.values import Json, counted

CDNOW = Path(__file__).parent / "data" / "cdnow_sample.csv"
CDNOW_CUSTOMERS = 2_357
CURRENCY = "USD"
BATCH = 500
SCORED_AT = datetime(1998, 7, 1, tzinfo=UTC)
"""The instant after the last purchase, as of which the demo is scored last."""
CONTACT = "contact"

type Item = dict[str, Json]
type Progress = Callable[[str], None]
"""Told, in a few words, what is being loaded."""


class DemoError(Exception):
    """The API refused demo data; the sentence says which and why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The response of the API; the body is parsed JSON, None without one."""

    status: int
    body: Any


class Call(Protocol):
    """A request to the API with a token that carries every scope."""

    def __call__(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer, whatever its status."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The number of things that a load added; all zero if everything was there before."""

    forms: int = 0
    submissions: int = 0
    orders: int = 0
    events: int = 0
    consents: int = 0
    campaigns: int = 0

    @override
    def __str__(self) -> str:
        """Say in a sentence what was added."""
        if self == Summary():
            return "The demo data was there already."
        return (
            f"Loaded {counted(self.orders, 'order')}, {counted(self.events, 'event')}, "
            f"{counted(self.submissions, 'form submission')} and "
            f"{counted(self.campaigns, 'campaign')}."
        )


CONTACT_FORM: Item = {
    "title": "Contact us",
    "fields": [
        {"name": "first_name", "label": "First name", "required": True},
        {"name": "last_name", "label": "Last name"},
        {"name": "email", "label": "E-mail", "kind": "email", "required": True},
        {"name": "company", "label": "Company"},
        {"name": "phone", "label": "Phone", "kind": "phone"},
        {
            "name": "interests",
            "label": "What are you interested in?",
            "kind": "choices",
            "choices": ["A demo", "Prices", "Support"],
        },
        {"name": "message", "label": "How can we help?", "kind": "textarea"},
    ],
    "rules": [
        {"field": "first_name", "kind": "length", "parameters": {"max": 100}},
        {"field": "message", "kind": "length", "parameters": {"max": 5000}},
    ],
}

CUSTOMER_EMAIL = "morgan.reyes@example.com"
"""The lead who became customer_123."""
SUBMISSIONS: Sequence[tuple[str, Item]] = (
    (
        CONTACT,
        {
            "first_name": "Morgan",
            "last_name": "Reyes",
            "email": CUSTOMER_EMAIL,
            "company": "Harbour Street Records",
            "phone": "+1 212 555 0123",
            "interests": ["A demo", "Prices"],
            "message": "We would like a quote for 40 seats and a demo next week.",
            "utm_source": "newsletter",
            "utm_campaign": "spring",
        },
    ),
    (
        CONTACT,
        {
            "first_name": "Priya",
            "last_name": "Natarajan",
            "email": "priya@example.org",
            "company": "Delta Analytics",
            "message": "What does the yearly plan cost for a team of twelve?",
            "utm_source": "google",
        },
    ),
    (
        CONTACT,
        {
            "first_name": "Jonas",
            "email": "jonas@example.net",
            "message": "Do you have an office in Hamburg?",
            "referrer": "https://blog.example.net/tools",
        },
    ),
    (
        "default",
        {"first_name": "John", "email": "john@example.com", "company": "Acme Corp"},
    ),
)

# Days before SCORED_AT and amounts. The first buys every few weeks and bought lately; the second
# bought and visited often for ten months, and has been silent for two.
CUSTOMER_123: Sequence[tuple[int, str]] = (
    (502, "39.00"),
    (470, "54.50"),
    (431, "42.25"),
    (396, "61.00"),
    (352, "39.00"),
    (310, "88.40"),
    (277, "45.10"),
    (233, "52.00"),
    (190, "71.35"),
    (148, "49.90"),
    (101, "64.00"),
    (63, "58.75"),
    (34, "47.20"),
    (9, "92.60"),
)
USER_456: Sequence[tuple[int, str]] = (
    (359, "25.00"),
    (336, "31.50"),
    (315, "28.00"),
    (287, "44.90"),
    (266, "27.25"),
    (242, "36.00"),
    (218, "29.80"),
    (195, "41.00"),
    (170, "33.40"),
    (147, "26.75"),
    (124, "38.20"),
    (103, "30.00"),
    (80, "24.50"),
    (62, "35.60"),
)
VISITS: Mapping[str, Sequence[int]] = {
    "customer_123": tuple(range(5, 500, 11)),
    "user_456": tuple(range(59, 360, 15)),
}
"""Days before SCORED_AT on which a customer came."""
INTERESTS: Mapping[str, list[Json]] = {
    "customer_123": ["jazz", "vinyl"],
    "user_456": ["soundtracks"],
}


def load(call: Call, progress: Progress) -> Summary:
    """Bring in all that is not there yet, in batches; DemoError where the API refuses.

    The last campaign comes last: where it is there, so is everything before it.
    """
    there = _own_campaigns(call)
    if CAMPAIGNS[-1][0]["name"] in there:
        return Summary()
    return Summary(
        forms=_define_contact_form(call, progress),
        submissions=_submit_forms(call, progress),
        orders=_send(call, progress, "orders", [*cdnow_orders(), *named_orders()]),
        events=_send(call, progress, "activity", list(visits()), envelope="events"),
        consents=_record_consents(call, progress),
        campaigns=_start_campaigns(call, progress, there),
    )


def is_contact_form_as_loaded(call: Call) -> bool:
    """Whether the form is there as the demo defines it."""
    answer = call("GET", f"/forms/{CONTACT}")
    return answer.status == 200 and _agrees(answer.body, CONTACT_FORM)  # noqa: PLR2004


def _agrees(found: Any, said: Any) -> bool:  # noqa: ANN401 - parsed JSON
    """Whether something is as was said, and more may have been filled in."""
    match said:
        case dict():
            return all(name in found and _agrees(found[name], said[name]) for name in said)
        case list():
            return len(found) == len(said) and all(map(_agrees, found, said))
        case _:
            return bool(found == said)


def scheduled_event(as_of: datetime) -> dict[str, Json]:
    """EventBridge's scheduled event for this instant."""
    return {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": _instant(as_of),
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/daily"],
        "detail": {},
    }


def cdnow_orders() -> Iterator[Item]:
    """The purchases of the CDNOW sample; a customer's orders are numbered as they stand there."""
    counts: dict[str, int] = {}
    with CDNOW.open(newline="", encoding="ascii") as file:
        for row in csv.DictReader(file):
            number = row["customer_id"]
            counts[number] = counts.get(number, 0) + 1
            order: Item = {
                "customer_id": f"cdnow-{number}",
                "order_id": f"cdnow-{number}-{counts[number]:03d}",
                "ordered_at": f"{row['date']}T00:00:00Z",
                "amount": row["amount"],
                "currency": CURRENCY,
            }
            if (email := address_of(number)) is not None:
                order["email"] = email
            yield order


def named_orders() -> Iterator[Item]:
    """The orders of customer_123, who is tied to a lead by e-mail, and of user_456."""
    for customer_id, orders in (("customer_123", CUSTOMER_123), ("user_456", USER_456)):
        for number, (days, amount) in enumerate(orders, start=1):
            order: Item = {
                "customer_id": customer_id,
                "order_id": f"{customer_id}-{number:03d}",
                "ordered_at": _instant(SCORED_AT - timedelta(days=days, hours=-10)),
                "amount": amount,
                "currency": CURRENCY,
            }
            if customer_id == "customer_123":
                order["email"] = CUSTOMER_EMAIL
            yield order


def visits() -> Iterator[Item]:
    """Sessions of the two named customers; every third with a click, every fifth converts."""
    for customer_id, days_before in VISITS.items():
        for number, days in enumerate(days_before):
            at = SCORED_AT - timedelta(days=days, hours=-19)
            session: Item = {
                "customer_id": customer_id,
                "event_id": f"{customer_id}-session-{number:03d}",
                "occurred_at": _instant(at),
                "kind": "session",
                "duration_seconds": 120 + 37 * (number % 7),
                "interests": INTERESTS[customer_id],
            }
            yield session
            for kind, every in (("click", 3), ("conversion", 5)):
                if number % every == 0:
                    yield {
                        "customer_id": customer_id,
                        "event_id": f"{customer_id}-{kind}-{number:03d}",
                        "occurred_at": _instant(at + timedelta(minutes=2)),
                        "kind": kind,
                    }


def _define_contact_form(call: Call, progress: Progress) -> int:
    progress("the form contact")
    if call("GET", f"/forms/{CONTACT}").status == 200:  # noqa: PLR2004 - it is there, perhaps changed
        return 0
    _ok(call("PUT", f"/forms/{CONTACT}", CONTACT_FORM))
    return 1


def _submit_forms(call: Call, progress: Progress) -> int:
    """Send what nobody with that address has sent yet to that form."""
    progress("form submissions")
    sent = 0
    for form_id, fields in SUBMISSIONS:
        address = f"/forms/{form_id}/submissions"
        there = _ok(call("GET", address))["submissions"]
        if any(each["answers"].get("email") == fields["email"] for each in there):
            continue
        _ok(call("POST", address, fields, headers={"Idempotency-Key": f"demo-{fields['email']}"}))
        sent += 1
    return sent


def _send(
    call: Call, progress: Progress, name: str, items: Iterable[Item], envelope: str | None = None
) -> int:
    """Post items in batches; how many of them were new."""
    items = list(items)
    new = done = 0
    for batch in batched(items, BATCH, strict=False):
        report = _ok(call("POST", f"/{name}", {envelope or name: list(batch)}))
        if report["rejected"] or report["conflicting"]:
            refused = next(each for each in report["results"] if each.get("errors"))
            error = refused["errors"][0]
            raise DemoError(f"{refused['id']} was refused: {error['field']} {error['message']}")
        new += report["recorded"]
        done += len(batch)
        progress(f"{done:,} of {len(items):,} {envelope or name}")
    return new


def _record_consents(call: Call, progress: Progress) -> int:
    """Record the consent of those of whom none is known yet; how many they were."""
    progress("consents")
    recorded = 0
    consent: Item = {"purpose": MARKETING, "state": "granted", "text": CONSENT_TEXT}
    for customer_id in consenting(CDNOW_CUSTOMERS):
        address = f"/customers/{customer_id}/consents"
        if not _ok(call("GET", address))["current"]:
            _ok(call("PUT", address, {"consents": [consent]}))
            recorded += 1
    return recorded


def _start_campaigns(call: Call, progress: Progress, there: Mapping[str, Any]) -> int:
    progress("retention campaigns")
    started = 0
    for campaign, is_active in CAMPAIGNS:
        found = there.get(str(campaign["name"]))
        if found is None:
            found = _ok(call("POST", "/retention/campaigns", campaign))
            started += 1
        if is_active and found["status"] == "draft":
            ends_at = _instant(datetime.now(UTC) + CAMPAIGN_RUNS)
            change: Item = {"status": "active", "ends_at": ends_at}
            _ok(call("PATCH", f"/retention/campaigns/{found['campaign_id']}", change))
    return started


def _own_campaigns(call: Call) -> dict[str, Any]:
    """The demo's, by name; others may have such a name, too."""
    described = {campaign["name"]: campaign["description"] for campaign, _ in CAMPAIGNS}
    campaigns = _ok(call("GET", "/retention/campaigns"))["campaigns"]
    return {
        each["name"]: each
        for each in campaigns
        if described.get(each["name"]) == each["description"]
    }


def _ok(answer: Answer) -> Any:  # noqa: ANN401 - parsed JSON of many shapes
    """The body of an answer that was no refusal."""
    if answer.status >= 400:  # noqa: PLR2004
        detail = answer.body.get("detail") if isinstance(answer.body, dict) else None
        raise DemoError(f"the API answered {answer.status}: {detail or 'no detail'}")
    return answer.body


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
